from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession

from dvdrental.history import as_of, chain, collapse, current, overlap
from tests.rows import relation

ORDER = "_lsn BIGINT, _at TIMESTAMP_NTZ, _is_delete BOOLEAN, _extracted_at TIMESTAMP_NTZ, _raw_id STRING, _batch BIGINT"
EVENT = f"id INT, v STRING, n INT, {ORDER}"
CHAIN = "id INT, v STRING, valid_from TIMESTAMP_NTZ, valid_to TIMESTAMP_NTZ, is_deleted BOOLEAN"
EPOCH = datetime(1970, 1, 1)


def day(number: int | None) -> datetime | None:
    return None if number is None else EPOCH + timedelta(days=number)


def number(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - EPOCH).days


def log(spark: SparkSession, *events: tuple[int, str | None, int]) -> DataFrame:
    """Events (id, value, day); value None = delete. Without log positions, read on the day they happened."""
    rows = [(id_, v, None, None, day(at), v is None, day(at), f"{i}", 1) for i, (id_, v, at) in enumerate(events)]
    return relation(spark, rows, EVENT)


def versions(frame: DataFrame) -> list[tuple[int, str | None, int | None, int | None]]:
    live = frame.filter("not is_deleted").select("id", "v", "valid_from", "valid_to").collect()
    return sorted((r.id, r.v, number(r.valid_from), number(r.valid_to)) for r in live)


def pieces(spark: SparkSession, *rows: Sequence[object]) -> DataFrame:
    return relation(spark, [(i, v, day(a), day(b), d) for i, v, a, b, d in rows], CHAIN)


def test_chain_opens_a_version_per_change_and_the_first_at_the_epoch(spark: SparkSession) -> None:
    history = chain(log(spark, (1, "a", 10), (1, "a", 15), (1, "b", 20)), ["id"], ["v"])
    assert versions(history) == [(1, "a", 0, 20), (1, "b", 20, None)]


def test_chain_without_opening_starts_at_the_first_event(spark: SparkSession) -> None:
    history = chain(log(spark, (1, "a", 10)), ["id"], ["v"], opens_at_epoch=False)
    assert versions(history) == [(1, "a", 10, None)]


def test_deleted_stretch_is_a_version_so_that_a_chain_has_no_hole(spark: SparkSession) -> None:
    history = chain(log(spark, (1, "a", 10), (1, None, 20), (1, "a", 30)), ["id"], ["v"])
    rows = history.select("valid_from", "valid_to", "is_deleted", "v").orderBy("valid_from").collect()
    assert [(number(r[0]), number(r[1]), r[2], r[3]) for r in rows] == [
        (0, 20, False, "a"),
        (20, 30, True, None),
        (30, None, False, "a"),
    ]


def test_change_to_null_and_back_is_seen(spark: SparkSession) -> None:
    rows = [(1, v, None, None, day(at), False, day(at), str(at), 1) for v, at in (("a", 1), (None, 2), ("a", 3))]
    history = chain(relation(spark, rows, EVENT), ["id"], ["v"])
    assert versions(history.fillna("NULL", ["v"])) == [(1, "NULL", 2, 3), (1, "a", 0, 2), (1, "a", 3, None)]


def test_untracked_column_holds_the_last_value_of_its_version(spark: SparkSession) -> None:
    events = (("a", 1, 1), ("a", 2, 2), ("b", 3, 3))
    rows = [(1, v, n, None, day(at), False, day(at), str(at), 1) for v, n, at in events]
    history = chain(relation(spark, rows, EVENT), ["id"], ["v"], ["n"])
    assert sorted((r.v, r.n) for r in history.collect()) == [("a", 2), ("b", 3)]


def test_time_never_goes_back_along_the_log_position(spark: SparkSession) -> None:
    rows = [
        (1, "a", None, 1, day(10), False, day(10), "x", 1),
        (1, "b", None, 2, day(5), False, day(10), "y", 1),
    ]
    history = chain(relation(spark, rows, EVENT), ["id"], ["v"])
    assert versions(history) == [(1, "b", 0, None)], "the last event of an instant wins"


def test_delete_wins_over_an_upsert_at_the_same_log_position(spark: SparkSession) -> None:
    rows = [
        (1, None, None, 7, day(10), True, day(10), "x", 1),
        (1, "a", None, 7, day(10), False, day(11), "y", 1),
    ]
    assert current(relation(spark, rows, EVENT), ["id"]).count() == 0


def test_row_that_was_read_twice_counts_as_it_was_read_last(spark: SparkSession) -> None:
    rows = [(1, v, None, None, day(1), False, day(1), "x", batch) for batch, v in ((2, "b"), (1, "a"), (3, "c"))]
    assert [r.v for r in current(relation(spark, rows, EVENT), ["id"]).collect()] == ["c"]


def test_current_is_the_last_live_event_of_each_key(spark: SparkSession) -> None:
    live = current(log(spark, (1, "b", 20), (1, "a", 10), (2, "x", 1), (2, None, 2)), ["id"])
    assert [(r.id, r.v) for r in live.collect()] == [(1, "b")]


def test_collapse_joins_touching_neighbours_that_agree(spark: SparkSession) -> None:
    joined = collapse(
        pieces(spark, (1, "a", 0, 5, False), (1, "a", 5, 9, False), (1, "a", 10, None, False)), ["id"], ["v"]
    )
    assert versions(joined) == [(1, "a", 0, 9), (1, "a", 10, None)]


def test_overlap_cuts_the_left_chain_where_the_right_one_changes(spark: SparkSession) -> None:
    left = chain(log(spark, (1, "7", 1), (1, "8", 30)), ["id"], ["v"]).withColumnRenamed("v", "parent")
    left = left.withColumn("parent", left.parent.cast("int"))
    right = chain(log(spark, (7, "old", 1), (7, "new", 10), (7, None, 20)), ["id"], ["v"])
    cut = overlap(left, right.withColumnRenamed("id", "parent"), on="parent")
    assert versions(cut.fillna("none", ["v"])) == [
        (1, "new", 10, 20),
        (1, "none", 20, 30),
        (1, "none", 30, None),
        (1, "old", 0, 10),
    ]


@pytest.mark.parametrize(("at", "key"), [(9, 100), (10, 200), (99, 200)])
def test_fact_on_a_boundary_belongs_to_the_new_version(spark: SparkSession, at: int, key: int) -> None:
    dimension = relation(
        spark,
        [(1, 100, day(0), day(10)), (1, 200, day(10), None)],
        "id INT, k BIGINT, valid_from TIMESTAMP_NTZ, valid_to TIMESTAMP_NTZ",
    )
    facts = relation(spark, [(1, day(at))], "id INT, happened TIMESTAMP_NTZ")
    assert [r.k for r in as_of(facts, dimension, on="id", at="happened", key="k").collect()] == [key]


def test_fact_without_a_version_gets_the_unknown_member_and_is_kept(spark: SparkSession) -> None:
    dimension = relation(
        spark,
        [(1, 100, day(0), day(20)), (1, 300, day(30), None)],
        "id INT, k BIGINT, valid_from TIMESTAMP_NTZ, valid_to TIMESTAMP_NTZ",
    )
    facts = relation(
        spark,
        [("gap", 1, day(25)), ("no such key", 2, day(25)), ("null", None, day(5))],
        "name STRING, id INT, happened TIMESTAMP_NTZ",
    )
    found = as_of(facts, dimension, on="id", at="happened", key="k").collect()
    assert {r.name: r.k for r in found} == {"gap": -1, "no such key": -1, "null": -1}
