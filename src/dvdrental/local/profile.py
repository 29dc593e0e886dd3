"""What is in a table: per column its type, NULLs, distinct values, smallest and largest. Without Spark: DuckDB reads
the Delta tables in the time that Java needs to start."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable

from dvdrental.table import Column, Table

NESTED = ("ARRAY", "MAP", "STRUCT")
LONGEST = 40
"""Characters of a text that are shown."""


@dataclass(frozen=True)
class ColumnProfile:
    """`min` and `max` are None where there is nothing to show: no value, a nested or a personal column."""

    column: str
    type: str
    nulls: int
    distinct: int
    min: str | None
    max: str | None
    personal: bool


@dataclass(frozen=True)
class Profile:
    table: str
    grain: str
    rows: int
    columns: Sequence[ColumnProfile]


def profile(lake: Path, table: Table) -> Profile | None:
    """One pass over the newest version of a table; None where the lake does not have it."""
    folder = lake / table.layer / table.name
    if not (folder / "_delta_log").is_dir():
        return None
    rows = DeltaTable(folder).to_pyarrow_dataset()
    there = [column for column in table.fields if column.name in rows.schema.names]
    counts = ", ".join(_counts(column) for column in there)
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        row = connection.execute(f"SELECT count(*), {counts} FROM rows").fetchone()  # noqa: S608 (contract)
    total, *values = row or ()
    quads = [values[start : start + 4] for start in range(0, len(values), 4)]
    columns = [_column(column, total, quad) for column, quad in zip(there, quads, strict=True)]
    return Profile(table.full_name, table.grain, total, columns)


def _counts(column: Column) -> str:
    name = f'"{column.name}"'
    ends = f"min({name}), max({name})" if _tells_its_ends(column) else "NULL, NULL"
    return f"count({name}), count(DISTINCT {name}), {ends}"


def _tells_its_ends(column: Column) -> bool:
    """`_rescued` holds unknown fields, which may be personal."""
    return not (column.personal or column.name == "_rescued" or column.type.startswith(NESTED))


def _column(column: Column, rows: int, quad: Sequence[Any]) -> ColumnProfile:
    filled, distinct, least, most = quad
    return ColumnProfile(
        column=column.name,
        type=column.type,
        nulls=rows - filled,
        distinct=distinct,
        min=_short(least),
        max=_short(most),
        personal=column.personal,
    )


def _short(value: Any) -> str | None:
    text = None if value is None else str(value)
    return text if text is None or len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


HEADER = ("column", "type", "nulls", "distinct", "min", "max")


def cells(column: ColumnProfile) -> list[str]:
    hidden = "personal" if column.personal else ""
    ends = [hidden if end is None else end for end in (column.min, column.max)]
    return [column.column, column.type, f"{column.nulls:,}", f"{column.distinct:,}", *ends]
