"""The history of snapshots, as SQLMesh sees it (ask_sqlmesh.py) and as bronze and the chain make it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dvdrental.history import chain
from tests import bronze_log

ANSWERS = json.loads(Path(__file__).with_name("sqlmesh.json").read_text(encoding="utf-8"))
TYPES = {"id": "INT", "v": "STRING", "upd": "TIMESTAMP_NTZ"}


@pytest.mark.parametrize(("how", "tracked"), [("by_column", "v"), ("by_time", "upd")])
def test_promise_03_snapshots_have_the_history_that_sqlmesh_gives_them(
    spark: SparkSession, how: str, tracked: str
) -> None:
    """By column a version starts with the run that saw it; by time with its change time, and the first one ever."""
    of = bronze_log.stream("snapshots", ["id"], TYPES, updated="upd" if how == "by_time" else None)
    events = bronze_log.empty_log(spark, of)
    for run in ANSWERS[how]["runs"]:
        read_at = datetime.fromisoformat(run["at"])
        payloads = [dict(zip(TYPES, row, strict=True)) for row in run["rows"]]
        events = bronze_log.after_snapshot(events, bronze_log.landed(spark, of, payloads, read_at), of, read_at)
    history = chain(events, ["id"], [tracked], opens_at_epoch=how == "by_time").filter("not is_deleted")
    texts = (F.col(column).cast("string") for column in (tracked, "valid_from", "valid_to"))
    found = history.select("id", *texts).orderBy("id", "valid_from").collect()
    assert list(map(tuple, found)) == joined(ANSWERS[how]["history"], list(TYPES).index(tracked))


def joined(rows: list[list[Any]], place: int) -> list[tuple[Any, ...]]:
    """Key, tracked value, begin and end. SQLMesh leaves two rows where a key returns, unchanged, as of its end."""
    versions: list[tuple[Any, ...]] = []
    for row in rows:
        key, value, start, end = row[0], row[place], *row[-2:]
        last = versions[-1] if versions else (None,) * 4
        if last[:2] == (key, value) and last[3] == start:
            start = versions.pop()[2]
        versions.append((key, value, start, end))
    return versions
