"""PostgreSQL text -> JSON as the Airbyte source spells it in a snapshot, which it reads through JDBC."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from dvdrental.local.landing.arrays import parse_array
from dvdrental.local.landing.database import Row, SourceError
from dvdrental.local.landing.schema import TABLES

_quoted = json.JSONEncoder(ensure_ascii=False).encode
_DATE = re.compile(r"\d{4}-\d\d-\d\d( BC)?")
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?( BC)?")
_INFINITY = {"infinity": '"Infinity"', "-infinity": '"-Infinity"'}
_BYTEA = re.compile(r"\\x([0-9a-f]{2})*")


def encoder(table: str) -> Callable[[Row], str]:
    """Function from a row to its JSON object: keys in column order, no spaces, NULL as null."""
    source = TABLES[table]
    fields = [(name, f"{_quoted(name)}:", speller(pg_type)) for name, pg_type in source.columns.items()]

    def encode(row: Row) -> str:
        if row.keys() != source.columns.keys():
            odd = ", ".join(sorted(row.keys() ^ source.columns.keys()))
            raise SourceError(f"table {table}: a row has a column too many or too few: {odd}")
        tokens = []
        for name, label, spell in fields:
            text = row[name]
            try:
                tokens.append(label + ("null" if text is None else spell(text)))
            except (ValueError, ArithmeticError):
                raise _unspellable(table, name, row) from None
        return "{" + ",".join(tokens) + "}"

    return encode


def speller(pg_type: str) -> Callable[[str], str]:
    base, arguments = _parsed(pg_type)
    return partial(_SPELLINGS[base], arguments)


def same_spelling(pg_type: str, other: str) -> bool:
    """Whether values of the two types look alike in JSON, as those of integer and smallint do."""
    return _SPELLINGS.get(_parsed(pg_type)[0]) is _SPELLINGS.get(_parsed(other)[0])


def _unspellable(table: str, column: str, row: Row) -> SourceError:
    key = ", ".join(f"{name} {row[name]}" for name in TABLES[table].key)
    pg_type = TABLES[table].columns[column]
    return SourceError(f"{table}.{column} of {key} is no valid {pg_type}: correct it in the source")


def _parsed(pg_type: str) -> tuple[str, str]:
    base, _, arguments = pg_type.removesuffix(")").partition("(")
    return base, arguments


def _integer(_: str, text: str) -> str:
    return str(int(text))


def _number(arguments: str, text: str) -> str:
    value = Decimal(text)
    scale = int(arguments.split(",")[1])
    return f"{value:.{scale}f}" if value.is_finite() else "null"


def _text(_: str, text: str) -> str:
    return _quoted(text)


def _padded(arguments: str, text: str) -> str:
    return _quoted(text.ljust(int(arguments)))


def _boolean(_: str, text: str) -> str:
    if text not in ("t", "f"):
        raise ValueError("not t or f")
    return "true" if text == "t" else "false"


def _date(_: str, text: str) -> str:
    if text in _INFINITY:
        return _INFINITY[text]
    if not _DATE.fullmatch(text):
        raise ValueError("not a date")
    return f'"{text}"'


def _timestamp(_: str, text: str) -> str:
    """As Java's LocalDateTime.toString(), but a time without seconds gets them, with six zeros."""
    if text in _INFINITY:
        return _INFINITY[text]
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        raise ValueError("not a timestamp without time zone")
    date, time, digits, era = match.groups(default="")
    digits = digits.rstrip("0")
    if digits:
        fraction = "." + digits.ljust(-(-len(digits) // 3) * 3, "0")
    else:
        fraction = ".000000" if time.endswith(":00") else ""
    return f'"{date}T{time}{fraction}{era}"'


def _bytea(_: str, text: str) -> str:
    if not _BYTEA.fullmatch(text):
        raise ValueError("not bytea in hex")
    return _quoted(text)


def _array(_: str, text: str) -> str:
    return "[" + ",".join("null" if item is None else _quoted(item) for item in parse_array(text)) + "]"


_SPELLINGS: dict[str, Callable[[str, str], str]] = {
    "smallint": _integer,
    "integer": _integer,
    "bigint": _integer,
    "numeric": _number,
    "character": _padded,
    "character varying": _text,
    "text": _text,
    "tsvector": _text,
    "mpaa_rating": _text,
    # JDBC reports a domain as DISTINCT, which the connector reads as text although year is an integer.
    "year": _text,
    "boolean": _boolean,
    "date": _date,
    "timestamp without time zone": _timestamp,
    "bytea": _bytea,
    "text[]": _array,
}
