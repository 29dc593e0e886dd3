"""A process that works on a lake and is killed at a named point, or not at all:

python -m tests.trust.failpoints FOLDER POINT [classic | connect | sc://address of a server]
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

from dvdrental import ops
from dvdrental.bronze import quarantine
from dvdrental.bronze.ingest import ingest
from dvdrental.bronze.streams import STREAMS
from dvdrental.lake import Lake
from dvdrental.local.folder import open_lake
from dvdrental.local.session import start_session
from dvdrental.publish import publish
from dvdrental.silver import dim_category

IN_THE_MIDDLE = 0.2
"""Seconds after the begin of a commit that takes about a second."""


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


ADDRESS = "sc://127.0.0.1:15002"

POINTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "after_stage": (Lake, "write_stage", after),
    "after_quarantine": (quarantine, "add", after),
    "mid_publish": (Lake, "merge", during),
    "after_publish": (Lake, "merge", after),
    "before_ledger": (Lake, "append_rows", before),
}


def work(lake: Lake) -> None:
    """Bronze first, with its ledger row, then a dimension."""
    ingest(lake, ["category"])
    no_films = lake.empty(STREAMS["film_category"].table)
    publish(lake, dim_category.TABLE, dim_category.build(category=lake.changes("category"), film_category=no_films))


def rows(frame: DataFrame) -> list[str]:
    return sorted(map(str, frame.collect()))


def found(lake: Lake) -> dict[str, list[str]]:
    """What is there, without times of the clock and numbers of the batch."""
    return {
        "bronze": rows(lake.changes("category").drop("_ingested_at", "_batch", "_raw_id")),
        "silver": rows(lake.table(dim_category.TABLE).drop("_loaded_at")),
        "aside": rows(lake.table(ops.QUARANTINE).select("stream", "rule", "excerpt")),
    }


def main(folder: Path, point: str, session: str) -> None:
    """A server of its own dies with the process; one at an address goes on with what it was told to do."""
    if session.startswith("sc://"):
        spark = SparkSession.builder.remote(session).getOrCreate()
    else:
        spark = start_session(folder, connect=session == "connect")
    lake = open_lake(spark, folder, "killed")
    if point in POINTS:
        owner, name, how = POINTS[point]
        setattr(owner, name, how(getattr(owner, name)))
    work(lake)
    print(json.dumps(found(lake)))  # noqa: T201


def serve(folder: Path) -> None:
    """A Spark Connect server until the input ends."""
    start_session(folder, connect=True)
    print("ready", flush=True)  # noqa: T201
    sys.stdin.read()


if __name__ == "__main__":
    serve(Path(sys.argv[1])) if sys.argv[2:] == ["serve"] else main(Path(sys.argv[1]), *sys.argv[2:])
