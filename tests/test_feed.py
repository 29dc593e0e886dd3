from datetime import datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from dvdrental.feed import differing, reach
from tests.rows import relation

Change = tuple[str, int, int, int, str | None, str | None, str | None, str]
COLUMNS = (
    "_change_type STRING, _commit_version BIGINT, key BIGINT, id INT, valid_from STRING, valid_to STRING, "
    "name STRING, remark STRING"
)
BEFORE, AFTER, INSERT, DELETE = "update_preimage", "update_postimage", "insert", "delete"
T1, T2, T3 = "2026-01-01 00:00:00", "2026-02-01 00:00:00", "2026-03-01 00:00:00"


def feed(spark: SparkSession, *changes: Change) -> DataFrame:
    rows = relation(spark, list(changes), COLUMNS)
    return rows.withColumns({c: rows[c].cast("timestamp_ntz") for c in ("valid_from", "valid_to")})


def version(
    kind: str, commit: int, key: int, start: str, end: str | None, name: str = "a", *, id: int = 1, remark: str = ""
) -> Change:
    return (kind, commit, key, id, start, end, name, remark)


def reached(spark: SparkSession, *changes: Change) -> dict[int, str]:
    rows = reach(feed(spark, *changes), "id", "key", ["name"]).collect()
    return {row["id"]: str(row.since) for row in rows}


INSERTED = [version(INSERT, 5, 10, T1, None)]
DELETED = [version(DELETE, 5, 10, T1, T2)]
CLOSED = [version(BEFORE, 5, 10, T1, None), version(AFTER, 5, 10, T1, T2)]
REOPENED = [version(BEFORE, 5, 10, T1, T2), version(AFTER, 5, 10, T1, None)]
LONGER = [version(BEFORE, 5, 10, T1, T2), version(AFTER, 5, 10, T1, T3)]
RENAMED = [version(BEFORE, 5, 10, T1, T3), version(AFTER, 5, 10, T1, T3, "b")]
REMARKED = [version(BEFORE, 5, 10, T1, T3), version(AFTER, 5, 10, T1, T3, remark="new")]
THERE_AND_BACK = [*RENAMED, version(BEFORE, 6, 10, T1, T3, "b"), version(AFTER, 6, 10, T1, T3)]
COME_AND_GONE = [version(INSERT, 5, 10, T1, T2), version(DELETE, 6, 10, T1, T2)]
GONE_AND_BACK = [version(DELETE, 5, 10, T1, T2), version(INSERT, 6, 10, T1, T2)]
SPLIT = [*CLOSED, version(INSERT, 5, 11, T2, None, "b")]
TWICE = [*CLOSED, version(BEFORE, 7, 10, T1, T2), version(AFTER, 7, 10, T1, T3)]


@pytest.mark.parametrize(
    ("changes", "since"),
    [
        (INSERTED, T1),
        (DELETED, T1),
        (CLOSED, T2),
        (REOPENED, T2),
        (LONGER, T2),
        (RENAMED, T1),
        (REMARKED, None),
        (THERE_AND_BACK, None),
        (COME_AND_GONE, None),
        (GONE_AND_BACK, None),
        (SPLIT, T2),
        (TWICE, T3),
    ],
)
def test_reach_is_the_first_instant_with_another_answer(
    spark: SparkSession, changes: list[Change], since: str | None
) -> None:
    assert reached(spark, *changes) == ({} if since is None else {1: since})


def test_each_key_reaches_as_far_as_its_own_changes(spark: SparkSession) -> None:
    other = [version(INSERT, 5, 20, T3, None, id=2)]
    assert reached(spark, *CLOSED, *other) == {1: T2, 2: T3}


def test_differing_gives_the_row_before_and_after(spark: SparkSession) -> None:
    changes = [*RENAMED, version(INSERT, 5, 11, T1, None), version(DELETE, 6, 12, T1, None, "z")]
    found: dict[int, tuple[Any, Any]] = {
        row["key"]: (row.before and row.before["name"], row.after and row.after["name"])
        for row in differing(feed(spark, *changes), "key", ["name"]).collect()
    }
    assert found == {10: ("a", "b"), 11: (None, "a"), 12: ("z", None)}


def test_differing_looks_at_the_given_columns_only(spark: SparkSession) -> None:
    assert differing(feed(spark, *REMARKED), "key", ["name"]).count() == 0
    assert differing(feed(spark, *REMARKED), "key", ["remark"]).count() == 1


def test_instants_keep_their_type(spark: SparkSession) -> None:
    assert reach(feed(spark, *CLOSED), "id", "key").first()["since"] == datetime(2026, 2, 1)  # type: ignore[index]
