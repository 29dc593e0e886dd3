"""Writes sample values as PostgreSQL would spell them."""

from datetime import datetime

from dvdrental.local.landing.database import Row
from dvdrental.local.landing.schema import TABLES

Value = str | int | datetime | None


def row(table: str, *values: Value) -> Row:
    return dict(zip(TABLES[table].columns, map(_text, values), strict=True))


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def array(items: list[str]) -> str:
    return "{" + ",".join(f'"{item}"' if " " in item else item for item in items) + "}"


def tsvector(text: str, ignored: frozenset[str]) -> str:
    positions: dict[str, list[str]] = {}
    for position, word in enumerate(text.lower().split(), start=1):
        if word not in ignored:
            positions.setdefault(word, []).append(str(position))
    return " ".join(f"'{word}':{','.join(positions[word])}" for word in sorted(positions))


def _text(value: Value) -> str | None:
    return value if value is None else str(value)
