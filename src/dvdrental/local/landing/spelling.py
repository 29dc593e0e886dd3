"""Rows in PostgreSQL text -> JSON as Airbyte's PostgreSQL source spells it."""

from collections.abc import Callable
from functools import partial
from typing import Literal

from dvdrental.local.landing import tokens
from dvdrental.local.landing.database import Row, SourceError
from dvdrental.local.landing.schema import TABLES
from dvdrental.local.landing.tokens import INFINITY, quoted

Spelling = Literal["jdbc", "wal", "v38"]
"""How the source read the row.

- `jdbc`: source 3.7 through JDBC: full refresh, xmin, cursor, and the snapshot a CDC sync begins with.
- `wal`: source 3.7 from the write-ahead log: CDC changes.
- `v38`: source 3.8, which spells a value the same way whatever it was read from.
"""


def encoder(table: str, spelling: Spelling = "jdbc") -> Callable[[Row], str]:
    """Function from a row to its JSON object: keys in column order, no spaces, NULL as null."""
    source = TABLES[table]
    fields = [(name, f"{quoted(name)}:", speller(pg_type, spelling)) for name, pg_type in source.columns.items()]

    def encode(row: Row) -> str:
        if row.keys() != source.columns.keys():
            odd = ", ".join(sorted(row.keys() ^ source.columns.keys()))
            raise SourceError(f"table {table}: a row has a column too many or too few: {odd}")
        spelled = []
        for name, label, spell in fields:
            text = row[name]
            try:
                spelled.append(label + ("null" if text is None else spell(text)))
            except (ValueError, ArithmeticError):
                raise _unspellable(table, name, row) from None
        return "{" + ",".join(spelled) + "}"

    return encode


def speller(pg_type: str, spelling: Spelling = "jdbc") -> Callable[[str], str]:
    base, arguments = _parsed(pg_type)
    return partial(_SPELLINGS[spelling][base], arguments)


def unserialisable(table: str, row: Row, spelling: Spelling) -> list[str]:
    """Columns that hold a value the source fails on, gives as null, and reports."""
    if spelling != "v38":
        return []
    types = TABLES[table].columns
    return [name for name, text in row.items() if text in INFINITY and types[name] in _WITH_INFINITY]


def same_spelling(pg_type: str, other: str) -> bool:
    """Whether values of the two types look alike in JSON, as those of integer and smallint do."""
    return _JDBC.get(_parsed(pg_type)[0]) is _JDBC.get(_parsed(other)[0])


def _unspellable(table: str, column: str, row: Row) -> SourceError:
    key = ", ".join(f"{name} {row[name]}" for name in TABLES[table].key)
    pg_type = TABLES[table].columns[column]
    return SourceError(f"{table}.{column} of {key} is no valid {pg_type}: correct it in the source")


def _parsed(pg_type: str) -> tuple[str, str]:
    base, _, arguments = pg_type.removesuffix(")").partition("(")
    return base, arguments


_WITH_INFINITY = ("date", "timestamp without time zone")
_JDBC: dict[str, Callable[[str, str], str]] = {
    "smallint": tokens.integer,
    "integer": tokens.integer,
    "bigint": tokens.integer,
    "numeric": tokens.number,
    "character": tokens.padded,
    "character varying": tokens.string,
    "text": tokens.string,
    "tsvector": tokens.string,
    "mpaa_rating": tokens.string,
    # JDBC reports a domain as DISTINCT, which the connector reads as text although year is an integer.
    "year": tokens.string,
    "boolean": tokens.boolean,
    "date": tokens.date,
    "timestamp without time zone": tokens.timestamp,
    "bytea": tokens.bytea,
    "text[]": tokens.array,
}
_SPELLINGS: dict[Spelling, dict[str, Callable[[str, str], str]]] = {
    "jdbc": _JDBC,
    "wal": _JDBC
    | {
        "numeric": tokens.text_through_double,
        "year": tokens.integer,
        "timestamp without time zone": tokens.timestamp_of_six_digits,
    },
    "v38": _JDBC
    | {
        "numeric": tokens.number_through_double,
        "date": tokens.finite_date,
        "timestamp without time zone": tokens.finite_timestamp,
    },
}
