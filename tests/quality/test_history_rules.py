"""Each rule is broken once, by a change of a good table."""

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dvdrental.columns import moment
from dvdrental.errors import QualityError
from dvdrental.lake import Lake
from dvdrental.publish import difference, publish
from dvdrental.quality import gate, history_rules
from tests import contracts
from tests.rows import Row
from tests.things import DIM_THING, UNKNOWN_MEMBER, things

RENAMED, RENAMED_LATER = (
    dict(thing_id=1, attribute="a", valid_to="2006-01-10"),
    dict(thing_id=1, attribute="b", valid_from="2006-01-10"),
)
LIVE = dict(thing_id=2, attribute="c")
DELETED = dict(thing_id=3, attribute="d", valid_to="2006-05-01")
GOOD = [UNKNOWN_MEMBER, RENAMED, RENAMED_LATER, LIVE, DELETED]


def desired(*new: Row, without: Row | None = None) -> list[Row]:
    return [row for row in GOOD if row is not without] + list(new)


OVERLAP, OPEN, LOST, CHANGED, FUTURE = (
    "versions_do_not_overlap",
    "one_version_is_open_at_most",
    "no_key_is_lost",
    "no_closed_version_changes",
    "no_version_starts_in_the_future",
)

LAWFUL = {
    "nothing": (desired(), set()),
    "a change": (
        desired(LIVE | dict(valid_to="2006-03-01"), dict(thing_id=2, valid_from="2006-03-01"), without=LIVE),
        set(),
    ),
    "a return": (desired(DELETED | dict(valid_from="2006-06-01", valid_to=None)), set()),
    "an untracked value": (desired(LIVE | dict(remark="new"), without=LIVE), set()),
    "a late event": (
        desired(
            RENAMED | dict(valid_to="2006-01-05"),
            dict(thing_id=1, attribute="x", valid_from="2006-01-05", valid_to="2006-01-10"),
            without=RENAMED,
        ),
        {CHANGED},
    ),
    "an end at the begin": (desired(without=LIVE), {LOST}),
    "a start in the future": (
        desired(LIVE | dict(valid_to="2999-01-01"), dict(thing_id=2, valid_from="2999-01-01"), without=LIVE),
        {FUTURE},
    ),
}

BROKEN = {
    "a version without duration": (
        desired(LIVE | dict(valid_from="2006-02-01", valid_to="2006-02-01"), without=LIVE),
        {"version_starts_before_it_ends"},
    ),
    "a version within the open one": (
        desired(RENAMED | dict(valid_from="2006-02-01", valid_to="2006-03-01")),
        {OVERLAP},
    ),
    "a version that ends after the next starts": (
        desired(RENAMED | dict(valid_to="2006-01-11"), without=RENAMED),
        {OVERLAP, CHANGED},
    ),
    "two open versions": (desired(LIVE | dict(valid_from="2006-03-01")), {OVERLAP, OPEN}),
    "an open version that is not current": (
        desired(LIVE | dict(is_current=False), without=LIVE),
        {"open_version_is_the_current_one"},
    ),
    "a current version that is closed": (
        desired(DELETED | dict(is_current=True), without=DELETED),
        {"open_version_is_the_current_one", CHANGED},
    ),
    "neighbours that differ in nothing tracked": (
        desired(RENAMED_LATER | dict(attribute="a", remark="other"), without=RENAMED_LATER),
        {"touching_versions_differ"},
    ),
    "neighbours that have both no value": (
        desired(
            dict(thing_id=4, valid_to="2006-01-10"),
            dict(thing_id=4, valid_from="2006-01-10"),
        ),
        {"touching_versions_differ"},
    ),
    "another surrogate key": (
        desired(dict(thing_id=4, attribute="e", thing_key=4)),
        {"surrogate_key_comes_from_key_and_start"},
    ),
    "no unknown member": (desired(without=UNKNOWN_MEMBER), {"unknown_member_exactly_once", LOST}),
    "a second unknown member": (
        desired(UNKNOWN_MEMBER | dict(remark="again")),
        {"unknown_member_exactly_once", OVERLAP, OPEN},
    ),
    "an unknown member that ends": (
        desired(UNKNOWN_MEMBER | dict(valid_to="2006-01-01"), without=UNKNOWN_MEMBER),
        {"unknown_member_exactly_once"},
    ),
}


def loaded(frame: DataFrame) -> DataFrame:
    return frame.withColumn("_loaded_at", moment("2026-01-05"))


def failed(checks: list[gate.Check]) -> set[str]:
    return {check.rule for check in checks if check.status != "pass"}


def audited(spark: SparkSession, rows: list[Row]) -> list[gate.Check]:
    """The good table is there, these rows are wanted."""
    published = loaded(things(spark, *GOOD))
    staged = loaded(difference(published, things(spark, *rows), DIM_THING).filter("_op is not null"))
    return history_rules.audit(DIM_THING, staged, published)


def test_first_rows_of_a_good_table_pass(spark: SparkSession) -> None:
    staged = loaded(things(spark, *GOOD)).withColumn("_op", F.lit("insert"))
    checks = history_rules.audit(DIM_THING, staged, None)
    assert (failed(checks), len(checks)) == (set(), 10)


@pytest.mark.parametrize("change", LAWFUL)
def test_lawful_change_is_let_through(spark: SparkSession, change: str) -> None:
    rows, recorded = LAWFUL[change]
    checks = audited(spark, rows)
    gate.refuse(DIM_THING, checks, "stage")
    assert failed(checks) == recorded


@pytest.mark.parametrize("change", BROKEN)
def test_promise_04_broken_rule_is_named(spark: SparkSession, change: str) -> None:
    rows, rules = BROKEN[change]
    checks = audited(spark, rows)
    assert failed(checks) == rules
    with pytest.raises(QualityError, match=next(iter(rules - set(history_rules.WARNING_ONLY)))):
        gate.refuse(DIM_THING, checks, "stage")


def test_publication_that_breaks_what_is_there_is_refused(lake: Lake) -> None:
    """The staged row is a good one: only together with the published ones it is wrong."""
    first = publish(lake, DIM_THING, things(lake.spark, *GOOD))
    assert {check.rule for check in first.checks} >= {OVERLAP, "unknown_member_exactly_once"}
    before = lake.table(DIM_THING).collect()
    rows, _ = BROKEN["a version within the open one"]
    with pytest.raises(QualityError, match=rf"dim_thing was not published: {OVERLAP}: fail, 1 rows"):
        publish(lake, DIM_THING, things(lake.spark, *rows))
    with pytest.raises(QualityError, match="unknown_member_exactly_once: fail, 1 rows"):
        publish(lake, DIM_THING, things(lake.spark, *desired(without=UNKNOWN_MEMBER)))
    assert lake.table(DIM_THING).collect() == before


def test_tables_with_history_are_known_by_their_contract() -> None:
    kept = {name for name, table in contracts.TABLES.items() if history_rules.is_history(table)}
    assert kept == {f"silver.dim_{name}" for name in ("category", "customer", "film", "staff", "store")}
