"""A process that works on a lake and is killed at a named point, or nowhere: then it tells what it left, and drops it:

python -m tests.trust.failpoints FOLDER POINT [address of a Spark Connect server]
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dvdrental import ops
from dvdrental.bronze import quarantine
from dvdrental.bronze.ingest import ingest
from dvdrental.bronze.streams import STREAMS
from dvdrental.lake import Lake
from dvdrental.local.folder import LANDING, open_lake
from dvdrental.local.session import start_session
from dvdrental.publish import publish
from dvdrental.silver import dim_category
from dvdrental.table import Table
from tests.local_lake import SCHEMAS

IN_THE_MIDDLE = 0.2
"""Seconds after the begin of a commit that takes about a second."""

NAP = 3000
"""Milliseconds for each row of a write that goes on."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(act: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **named: Any) -> Any:
        act(*args, **named)
        die()

    return wrapped


def before(act: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **named: die()


def during(act: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **named: Any) -> Any:
        threading.Thread(target=lambda: (time.sleep(IN_THE_MIDDLE), die())).start()
        return act(*args, **named)

    return wrapped


def slowly(act: Callable[..., Any]) -> Callable[..., Any]:
    """The write goes on for seconds after its client has died."""

    def wrapped(lake: Lake, table: Table, rows: DataFrame, **named: Any) -> Any:
        threading.Thread(target=lambda: (time.sleep(IN_THE_MIDDLE), die())).start()
        nap = F.call_function("java_method", F.lit("java.lang.Thread"), F.lit("sleep"), F.lit(NAP).cast("bigint"))
        return act(lake, table, rows.filter(nap.isNotNull()), **named)

    return wrapped


def of_silver(act: Callable[..., Any], how: Callable[..., Any]) -> Callable[..., Any]:
    deadly = how(act)

    def wrapped(lake: Lake, table: Table, *rows: Any, **named: Any) -> Any:
        return (deadly if table.layer == "silver" else act)(lake, table, *rows, **named)

    return wrapped


POINTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "after_stage": (Lake, "write_stage", after),
    "after_quarantine": (quarantine, "add", after),
    "mid_publish": (Lake, "merge", during),
    "after_publish": (Lake, "merge", after),
    "before_ledger": (Lake, "append_rows", before),
}
FIRST_ROWS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "after_fill": (Lake, "fill", lambda fill: of_silver(fill, after)),
    "mid_fill": (Lake, "fill", lambda fill: of_silver(fill, during)),
    "after_first_load": (Lake, "fill", after),
}
BESIDE, NOWHERE = "beside", "nowhere"
OTHERS = {"orphan": (Lake, "merge", slowly)} | dict.fromkeys((BESIDE, NOWHERE), (Lake, "merge", lambda act: act))


def work(lake: Lake) -> None:
    """Bronze first, with its ledger row, then a dimension."""
    for table in ops.TABLES:
        lake.create(table)
    ingest(lake, ["category"])
    no_films = lake.empty(STREAMS["film_category"].table)
    publish(lake, dim_category.TABLE, dim_category.build(category=lake.changes("category"), film_category=no_films))


def rows(frame: DataFrame) -> list[str]:
    return sorted(map(str, frame.collect()))


def found(lake: Lake) -> dict[str, list[str]]:
    """What is there, without times of the clock and numbers of the batch, and how many commits it took."""
    return {
        "bronze": rows(lake.changes("category").drop("_ingested_at", "_batch", "_raw_id")),
        "silver": rows(lake.table(dim_category.TABLE).drop("_loaded_at")),
        "commits": [str(len(lake.states(lake.name("silver", "dim_category"))))],
        "aside": rows(lake.table(ops.QUARANTINE).select("stream", "rule", "excerpt")),
    }


def drop(spark: SparkSession) -> None:
    """With the files: names of a lake are those of any other."""
    for schema in (*SCHEMAS, LANDING):
        spark.sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


if __name__ == "__main__":
    folder, point = Path(sys.argv[1]), sys.argv[2]
    session = SparkSession.builder.remote(sys.argv[3]).getOrCreate() if sys.argv[3:] else start_session(folder)
    owner, name, how = (POINTS | FIRST_ROWS | OTHERS)[point]
    setattr(owner, name, how(getattr(owner, name)))
    lake = open_lake(session, folder, point)
    work(lake)
    if point == NOWHERE:
        print(json.dumps(found(lake)))  # noqa: T201
        drop(session)
