"""Rows for people and for programs."""

import csv
import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, TextIO

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, StructType
from rich.markup import escape
from rich.table import Table as Grid

from dvdrental.bronze.envelope import EXACT_TIMES
from dvdrental.names import quoted

FORMATS = ("table", "json", "csv")

JSON = EXACT_TIMES | {"ignoreNullFields": "false"}


def grid(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "", *, names: bool = False) -> Grid:
    """A table that fits the terminal. `names`: the first column holds names, and is never wrapped."""
    table = Grid(title=escape(title), title_justify="left")
    for position, column in enumerate(columns):
        table.add_column(escape(column), overflow="fold", no_wrap=names and position == 0)
    for row in rows:
        table.add_row(*(escape(_shown(value)) for value in row))
    return table


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def json_objects(rows: DataFrame) -> Iterable[str]:
    """One object per row, as Spark writes them: exact numbers, NULL as null."""
    texts = rows.select(F.to_json(F.struct("*"), JSON))
    return (text for (text,) in texts.toLocalIterator())


def write_json_array(objects: Iterable[str], file: TextIO) -> None:
    """One object per line, written as they arrive."""
    waiting = iter(objects)
    file.write("[" + "".join(islice(waiting, 1)))
    for text in waiting:
        file.write(f",\n {text}")
    file.write("]\n")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def as_text(rows: DataFrame) -> DataFrame:
    """Every column as text: nested values as JSON, instants with all their digits."""
    return rows.select(*(_text(field.name, field.dataType) for field in rows.schema))


def is_nested(kind: DataType) -> bool:
    return isinstance(kind, ArrayType | MapType | StructType)


def _text(name: str, kind: DataType) -> Any:
    column = F.col(quoted(name))
    return (F.to_json(column, JSON) if is_nested(kind) else column.cast("string")).alias(name)
