"""Reads a live PostgreSQL database in one read-only transaction, through the same COPY text as a dump."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dvdrental.local.landing import copytext
from dvdrental.local.landing.database import Database, Row, SourceError, require_tables
from dvdrental.local.landing.schema import TABLES
from dvdrental.local.landing.spelling import same_spelling

if TYPE_CHECKING:
    from psycopg import Connection

# With public first, format_type names the types of that schema without their schema.
_SESSION = """
    SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL bytea_output = 'hex'; SET LOCAL client_encoding = 'UTF8';
    SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL search_path = public
"""
_COLUMNS = """
    SELECT class.relname, attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
    FROM pg_attribute AS attribute
    JOIN pg_class AS class ON class.oid = attribute.attrelid
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE namespace.nspname = 'public' AND class.relkind IN ('r', 'p', 'f')
      AND attribute.attnum > 0 AND NOT attribute.attisdropped
"""


def is_postgres(place: str) -> bool:
    return place.startswith(("postgres://", "postgresql://"))


def read_postgres(url: str) -> Database:
    with connected(url) as (connection, where):
        from psycopg import IsolationLevel
        from psycopg.errors import InsufficientPrivilege

        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        try:
            return _database(connection, where)
        except InsufficientPrivilege as error:
            raise SourceError(
                f"{where}: {error.diag.message_primary}; "
                "as its owner: GRANT USAGE ON SCHEMA public and GRANT SELECT ON ALL TABLES IN SCHEMA public"
            ) from None


@contextmanager
def connected(url: str) -> Iterator[tuple[Connection, str]]:
    """A transaction, and the server's name without user and password. What the server says of an error becomes one
    line, without the password."""
    try:
        import psycopg
    except ImportError:
        raise SourceError("PostgreSQL needs psycopg: pip install 'psycopg[binary]'") from None

    parameters = _parameters(url)
    where = _where(parameters)
    try:
        with psycopg.connect(**parameters) as connection:
            yield connection, where
    except psycopg.errors.LockNotAvailable:
        raise SourceError(f"{where}: another session holds a lock on a table: try again once it has ended") from None
    except psycopg.OperationalError as error:
        raise SourceError(
            f"{where}: {_reason(error, parameters)}; check host, port, database, user and password"
        ) from None
    except psycopg.Error as error:
        raise SourceError(f"{where}: {_reason(error, parameters)}") from None


def _parameters(url: str) -> dict[str, Any]:
    from psycopg import ProgrammingError, conninfo

    # libpq would split such a password and then print a piece of it as host or port.
    if not re.fullmatch(r"\w+://([^@/?#]*@)?[^@#]*", url):
        raise SourceError(
            "the PostgreSQL URL has a special character in user, password or name: write @ as %40, "
            "/ as %2F, ? as %3F, # as %23"
        )
    try:
        return {"connect_timeout": 10, **conninfo.conninfo_to_dict(url)}
    except ProgrammingError:
        raise SourceError(
            "the PostgreSQL URL cannot be understood: write postgresql://user:password@host:port/database, "
            "with special characters percent-encoded"
        ) from None


def _where(parameters: dict[str, Any]) -> str:
    host, port = parameters.get("host", "localhost"), parameters.get("port", "5432")
    return f"postgresql://{host}:{port}/{parameters.get('dbname', '')}"


def _reason(error: Exception, parameters: dict[str, Any]) -> str:
    reason, password = str(error).partition("\n")[0], parameters.get("password")
    return reason.replace(password, "***") if password else reason


def _database(connection: Connection, where: str) -> Database:
    connection.execute(_SESSION)
    types: dict[str, dict[str, str]] = {}
    for table, column, pg_type in connection.execute(_COLUMNS):
        types.setdefault(table, {})[column] = pg_type
    require_tables(types, where)
    _require_types(types, where)
    return {table: _rows(connection, table) for table in TABLES}


def _require_types(found: dict[str, dict[str, str]], where: str) -> None:
    other = [
        f"{table}.{column} is {found[table][column]} instead of {pg_type}"
        for table in TABLES
        for column, pg_type in TABLES[table].columns.items()
        if not same_spelling(found[table][column], pg_type)
    ]
    if other:
        raise SourceError(f"{where} is not the DVD Rental database (perhaps Pagila?): {', '.join(other)}")


def _rows(connection: Connection, table: str) -> list[Row]:
    from psycopg import sql

    columns = list(TABLES[table].columns)
    query = sql.SQL("COPY (SELECT {} FROM public.{} ORDER BY {}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, TABLES[table].key)),
    )
    with connection.cursor().copy(query) as copy:
        data = b"".join(copy)
    try:
        return copytext.parse_rows(data, columns, columns)
    except UnicodeDecodeError:
        raise SourceError(f"table {table}: text that is not UTF-8; correct it in the database") from None
