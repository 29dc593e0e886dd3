"""The event cases of the published SCD2 specification, through the real chain()."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import SparkSession

from dvdrental.history import chain
from tests.conftest import ROOT

EPOCH = datetime(1970, 1, 1)


def cases() -> list[dict[str, Any]]:
    path = Path(os.environ.get("DVDRENTAL_SHARED", ROOT.parent / "shared")) / "reference" / "scd2-cases.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["cases"] if path.exists() else []


EVENT_CASES = [case for case in cases() if case["mode"] == "event" and "err" not in case and "null_seq" not in case]


def texts(values: list[Any]) -> list[str | None]:
    return [None if value is None else str(value) for value in values]


def frame(spark: SparkSession, case: dict[str, Any]) -> Any:
    """Sequence = log position; all batches land together: arrival must not matter."""
    columns = case.get("cols", ["id", "v"])
    events = [event for batch in case["batches"] for event in batch]
    rows = [
        (*texts(event[: len(columns)]), event[-2], EPOCH + timedelta(days=event[-2]), event[-1] == "D", EPOCH, str(n))
        for n, event in enumerate(events)
    ]
    schema = ", ".join(f"{column} STRING" for column in columns)
    technical = "_lsn BIGINT, _at TIMESTAMP_NTZ, _is_delete BOOLEAN, _extracted_at TIMESTAMP_NTZ, _raw_id STRING"
    return spark.createDataFrame(rows, f"{schema}, {technical}")


@pytest.mark.skipif(not EVENT_CASES, reason="scd2-cases.yml is not at hand; set DVDRENTAL_SHARED")
@pytest.mark.parametrize("case", EVENT_CASES, ids=lambda case: case["id"])
def test_event_case(spark: SparkSession, case: dict[str, Any]) -> None:
    columns, keys = case.get("cols", ["id", "v"]), case.get("keys", ["id"])
    others = [column for column in columns if column not in keys]
    tracked = case.get("tracked", others)
    untracked = [column for column in others if column not in tracked]
    history = chain(frame(spark, case), keys, tracked, untracked, opens_at_epoch=False).filter("not is_deleted")
    rows = [
        [*(row[c] for c in columns), (row.valid_from - EPOCH).days, row.valid_to and (row.valid_to - EPOCH).days]
        for row in history.collect()
    ]
    acceptable = case["expect"] if case.get("any_of") else [case["expect"]]
    wanted = [sorted([*texts(e[:-2]), *e[-2:]] for e in table) for table in map(list, acceptable)]
    assert sorted(rows, key=str) in [sorted(table, key=str) for table in wanted]
