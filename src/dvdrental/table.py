"""The contract of a table, written once: DDL, documentation, key, not-null and reference rules come from it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

_COLUMN = re.compile(r"(?P<name>\w+)\s+(?P<type>.+?)(?P<required>\s+NOT NULL)?\s+COMMENT '(?P<comment>[^']+)'\s*,?\Z")


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    required: bool
    comment: str

    @property
    def personal(self) -> bool:
        """Whether it holds personal data."""
        return "(personal)" in self.comment


@dataclass(frozen=True, kw_only=True)
class Table:
    """`columns` is the body of CREATE TABLE, one column a line, each with a comment (no apostrophes in it).

    `references` maps a column to the table whose key it holds. `untracked` columns of a dimension with history are
    updated in place: a change of them opens no version. A table without rows is a fault, unless it `may_be_empty`.
    """

    layer: str
    name: str
    grain: str
    key: tuple[str, ...]
    columns: str
    references: Mapping[str, "Table"] = field(default_factory=dict)
    untracked: tuple[str, ...] = ()
    may_be_empty: bool = False

    def __post_init__(self) -> None:
        missing = {*self.key, *self.references, *self.untracked} - {column.name for column in self.fields}
        if missing:
            raise ValueError(f"{self.full_name}: key, reference or untracked without a column: {sorted(missing)}")

    @property
    def full_name(self) -> str:
        return f"{self.layer}.{self.name}"

    @cached_property
    def fields(self) -> tuple[Column, ...]:
        return tuple(_parse(line.strip()) for line in self.columns.splitlines() if line.strip())

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.fields]

    @property
    def built_columns(self) -> list[str]:
        """What `build` returns: all columns but `_loaded_at`, which publish adds."""
        return [name for name in self.column_names if name != "_loaded_at"]

    @property
    def natural_key(self) -> str:
        """Source key of a dimension: its second column, after the surrogate key."""
        return self.column_names[1]

    @property
    def schema(self) -> str:
        """Name and type of each column as DDL."""
        return ", ".join(f"{column.name} {column.type}" for column in self.fields)


def _parse(line: str) -> Column:
    match = _COLUMN.match(line)
    if not match:
        raise ValueError(f"not of the form `name TYPE [NOT NULL] COMMENT '...'`: {line}")
    return Column(match["name"], match["type"], bool(match["required"]), match["comment"])


@dataclass(frozen=True, kw_only=True)
class View:
    """A view on one table: `columns` maps its names to SQL expressions. `clauses` follow FROM; `{source}` in an
    expression or clause stands for the quoted name of the table."""

    layer: str
    name: str
    comment: str
    source: Table
    columns: Mapping[str, str]
    clauses: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.layer}.{self.name}"

    @property
    def column_names(self) -> list[str]:
        return list(self.columns)
