"""Tables and views of the lake as files, or in a PostgreSQL database. Spark writes: a view is as good as a table,
and no table has to fit into memory. What fails leaves nothing behind."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql.types import DataType, DecimalType

from dvdrental.lake import Lake
from dvdrental.local.landing.postgres import connected
from dvdrental.local.output import as_text, is_nested
from dvdrental.table import Table, View

if TYPE_CHECKING:
    from psycopg import Connection

FORMATS = ("csv", "parquet")

CSV = {"quote": '"', "escape": '"', "ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"}
"""As PostgreSQL and Excel read it: a quote is doubled; NULL is nothing at all, an empty text is two quotes."""

BLOCK = 1 << 20

LOCK_TIMEOUT = "30s"
"""A reader who never ends would otherwise hold up the export, and the export all others."""

COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod), attnum = ANY(coalesce(conkey, '{}'))
    FROM pg_attribute LEFT JOIN pg_constraint ON conrelid = attrelid AND contype = 'p'
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


def to_file(lake: Lake, thing: Table | View, folder: Path, form: str) -> Path:
    """Write `<folder>/<layer>.<table>.<form>`, over an older one; it is complete, or it is not there."""
    target = folder / f"{thing.full_name}.{form}"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=folder) as beside:
        parts = Path(beside).resolve() / "parts"  # Java has a working directory of its own
        _one_file(lake.table(thing), parts, form, header=True).replace(target)
    return target


def _one_file(rows: DataFrame, folder: Path, form: str, *, header: bool) -> Path:
    if form == "parquet":
        rows.repartition(1).write.parquet(str(folder))
    else:
        as_text(rows).repartition(1).write.csv(str(folder), header=header, **CSV)
    return next(folder.glob("part-*"))


def to_postgres(lake: Lake, things: Sequence[Table | View], url: str) -> str:
    """Put them into schemas named as the layers, in the place of older ones, all in one transaction. Spark computes all
    of them first, so that readers wait only while rows are copied. Gives the name of the server. Raises SourceError
    with what the server says."""
    with connected(url) as (connection, where), tempfile.TemporaryDirectory() as folder:
        tables = [(thing, lake.table(thing)) for thing in things]
        files = [_one_file(rows, Path(folder) / thing.full_name, "csv", header=False) for thing, rows in tables]
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        for (thing, rows), file in zip(tables, files, strict=True):
            _replace(connection, thing, rows)
            _copy(connection, thing, file)
    return where


def _replace(connection: "Connection", thing: Table | View, rows: DataFrame) -> None:
    """Leave an empty table. One with the same columns and key is emptied: it keeps grants and indexes."""
    from psycopg import sql

    name = sql.Identifier(thing.layer, thing.name)
    columns = [(field.name, _type(field.dataType), field.name in _key(thing)) for field in rows.schema]
    if connection.execute(COLUMNS, [name.as_string(connection)]).fetchall() == columns:
        connection.execute(sql.SQL("TRUNCATE {}").format(name))
        return
    definitions = [sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind, _ in columns]
    if key := _key(thing):
        definitions.append(sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(map(sql.Identifier, key))))
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(thing.layer)))
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(name, sql.SQL(", ").join(definitions)))


def _key(thing: Table | View) -> Sequence[str]:
    """Only of those whose keys every publication checks."""
    return thing.key if isinstance(thing, Table) and thing.layer in ("silver", "gold") else ()


def _type(kind: DataType) -> str:
    if isinstance(kind, DecimalType):
        return f"numeric({kind.precision},{kind.scale})"
    return "jsonb" if is_nested(kind) else TYPES[kind.typeName()]


TYPES = {  # as PostgreSQL's format_type spells them
    "boolean": "boolean",
    "integer": "integer",
    "long": "bigint",
    "double": "double precision",
    "string": "text",
    "date": "date",
    "timestamp_ntz": "timestamp without time zone",
    "timestamp": "timestamp with time zone",
}


def _copy(connection: "Connection", thing: Table | View, file: Path) -> None:
    from psycopg import sql

    statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(sql.Identifier(thing.layer, thing.name))
    with file.open("rb") as rows, connection.cursor().copy(statement) as copy:
        while block := rows.read(BLOCK):
            copy.write(block)
