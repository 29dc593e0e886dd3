"""Small inputs and plain results for `build`: a row names only the columns that matter.

Instants, days and amounts are texts on both sides: "2006-02-14", "2006-02-14 15:16:03", "4.99".
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from inspect import signature
from types import ModuleType
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from dvdrental.bronze.streams import STREAMS
from dvdrental.table import Table
from tests.contracts import of_parameter, schema

EPOCH = "1970-01-01"
Row = Mapping[str, Any]
Found = list[dict[str, Any]]


def built(spark: SparkSession, module: ModuleType, **given: Sequence[Row]) -> Found:
    """What the module's `build` makes of a few rows per input; an input that is not given is empty."""
    kind = module.TABLE.name.partition("_")[0]
    tables = {name: of_parameter(name, kind) for name in signature(module.build).parameters}
    assert given.keys() <= tables.keys(), f"{module.__name__} takes {list(tables)}"
    return collect(
        module.build(
            **{
                name: (log if table.layer == "bronze" else rows)(spark, table, *given.get(name, ()))
                for name, table in tables.items()
            }
        )
    )


def log(spark: SparkSession, stream: Table | str, *events: Row) -> DataFrame:
    """Change log of a stream: events that happened `_at`, or long ago, and were read right then."""
    table = STREAMS[stream].table if isinstance(stream, str) else stream
    dated = [{"_at": EPOCH} | dict(event) for event in events]
    technical = [{"_is_delete": False, "_raw_id": f"{n:04}", "_extracted_at": e["_at"]} for n, e in enumerate(dated)]
    return rows(spark, table, *(t | e for t, e in zip(technical, dated, strict=True)))


def rows(spark: SparkSession, table: Table, *given: Row) -> DataFrame:
    """Rows of a table, NULL where nothing is given; a version is real and always valid unless told otherwise."""
    names = table.column_names
    assert not (wrong := {name for row in given for name in row}.difference(names)), f"{table.full_name}: {wrong}"
    if "valid_from" in names:
        always = {"valid_from": EPOCH, "is_inferred": False}
        given = tuple(always | {"is_current": row.get("valid_to") is None} | dict(row) for row in given)
    # Arrow turns texts into instants, days and decimals, and Spark plans a local relation twice as fast as an RDD.
    return spark.createDataFrame(pa.table({name: [row.get(name) for row in given] for name in names}), schema(table))


def collect(frame: DataFrame) -> Found:
    return [{name: _shown(value) for name, value in row.asDict().items()} for row in frame.collect()]


def _shown(value: Any) -> Any:
    return str(value).removesuffix(" 00:00:00") if isinstance(value, date | Decimal) else value


def pick(found: Found, columns: str, **where: Any) -> list[tuple[Any, ...]]:
    """Some columns of the rows that are as told, sorted (NULL first)."""
    chosen = [tuple(row[c] for c in columns.split()) for row in found if where.items() <= row.items()]
    return sorted(chosen, key=lambda values: [(value is not None, value) for value in values])


def one(found: Found, **where: Any) -> dict[str, Any]:
    """The only row that is as told."""
    (row,) = (row for row in found if where.items() <= row.items())
    return row
