"""Small inputs and plain results for `build`: a row names only the columns that matter.

Instants, days and amounts are texts on both sides: "2006-02-14", "2006-02-14 15:16:03", "4.99".
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import reduce
from types import ModuleType
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dvdrental.bronze.streams import STREAMS
from dvdrental.table import Table
from tests.contracts import inputs_of, of_parameter

EPOCH = "1970-01-01"
Row = Mapping[str, Any]
Found = list[dict[str, Any]]


def built(
    spark: SparkSession, module: ModuleType, *, scope: Sequence[Row] | None = None, **given: Sequence[Row]
) -> Found:
    """What the module's `build` makes of a few rows per input; an input that is not given is empty."""
    within = {} if scope is None else {"scope": spark.createDataFrame(list(scope))}
    kind = module.TABLE.name.partition("_")[0]
    tables = {name: of_parameter(name, kind) for name in inputs_of(module)}
    assert given.keys() <= tables.keys(), f"{module.__name__} takes {list(tables)}"
    return collect(
        module.build(
            **{
                name: (log if table.layer == "bronze" else rows)(spark, table, *given.get(name, ()))
                for name, table in tables.items()
            },
            **within,
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
    return spark.createDataFrame(pa.table({name: [row.get(name) for row in given] for name in names}), table.schema)


def relation(spark: SparkSession, values: Sequence[Sequence[Any]], columns: str) -> DataFrame:
    """Tuples of values under a DDL of columns, through Arrow too: plain tuples would need a Python process beside Spark
    each time they are read."""
    names = [column.split()[0] for column in re.split(r",\s*(?![^(<]*[)>])", columns)]
    return spark.createDataFrame(pa.table({n: [v[i] for v in values] for i, n in enumerate(names)}), columns)


def change_feed(spark: SparkSession, table: Table | str, *changes: Row) -> DataFrame:
    """Change feed of a table. A change is an insert in one commit unless told otherwise."""
    made = STREAMS[table].table if isinstance(table, str) else table
    told = {"_change_type": "insert", "_commit_version": 1}
    own = [{name: value for name, value in change.items() if name not in told} for change in changes]
    place = [{"_place": number} | {n: c.get(n, d) for n, d in told.items()} for number, c in enumerate(changes)]
    of_feed = spark.createDataFrame(place, "_place INT, _change_type STRING, _commit_version BIGINT")
    content = [rows(spark, made, row).withColumn("_place", F.lit(number)) for number, row in enumerate(own)]
    return reduce(DataFrame.unionByName, content).join(of_feed, "_place").drop("_place")


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
