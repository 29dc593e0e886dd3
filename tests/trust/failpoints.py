"""A process that works on a lake and is killed at a named point:

python -m tests.trust.failpoints FOLDER POINT [classic | connect]
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

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


POINTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "after_stage": (Lake, "write_stage", after),
    "after_quarantine": (quarantine, "add", after),
    "mid_publish": (Lake, "merge", during),
    "after_publish": (Lake, "merge", after),
    "before_ledger": (Lake, "append_rows", before),
}


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
    """What is there, without times of the clock and numbers of the batch."""
    return {
        "bronze": rows(lake.changes("category").drop("_ingested_at", "_batch", "_raw_id")),
        "silver": rows(lake.table(dim_category.TABLE).drop("_loaded_at")),
        "aside": rows(lake.table(ops.QUARANTINE).select("stream", "rule", "excerpt")),
    }


if __name__ == "__main__":
    folder, point = Path(sys.argv[1]), sys.argv[2]
    session = start_session(folder, connect=sys.argv[3:] == ["connect"])
    owner, name, how = POINTS[point]
    setattr(owner, name, how(getattr(owner, name)))
    work(open_lake(session, folder, "killed"))
