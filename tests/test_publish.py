from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.errors import QualityError
from dvdrental.lake import Lake
from dvdrental.ops import STEP, Step
from dvdrental.publish import News, publish, publish_touched
from dvdrental.table import Table
from tests.cost import counts_jobs, jobs_so_far
from tests.rows import relation

PARENT = Table(
    layer="silver",
    name="parent",
    grain="one row per parent",
    key=("parent_key",),
    columns="""
        parent_key BIGINT NOT NULL COMMENT 'Key',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'Loaded'
    """,
)
TABLE = Table(
    layer="silver",
    name="child",
    grain="one row per child",
    key=("child_key",),
    columns="""
        child_key BIGINT NOT NULL COMMENT 'Key',
        parent_key BIGINT COMMENT 'Parent',
        name STRING COMMENT 'Name',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'Loaded'
    """,
    references={"parent_key": PARENT},
)


def rows(lake: Lake, *values: tuple[int | None, int | None, str | None]) -> DataFrame:
    return relation(lake.spark, values, "child_key BIGINT, parent_key BIGINT, name STRING")


def content(lake: Lake) -> dict[int, str | None]:
    return {r.child_key: r.name for r in lake.table(TABLE).collect()}


def commits(lake: Lake, table: Table = TABLE) -> int:
    return lake.spark.sql(f"DESCRIBE HISTORY {lake.name(table.layer, table.name)}").count()


def fill(lake: Lake) -> None:
    """Parents 1 and 2, children a, b, c."""
    publish(lake, PARENT, relation(lake.spark, [(1,), (2,)], "parent_key BIGINT"))
    publish(lake, TABLE, rows(lake, (1, 1, "a"), (2, 2, "b"), (3, None, "c")))


def test_difference_is_published_in_one_commit(filled: Lake) -> None:
    before = commits(filled)
    step = publish(filled, TABLE, rows(filled, (1, 1, "a"), (2, 2, "B"), (4, 1, None)))
    assert (step.rows_inserted, step.rows_updated, step.rows_deleted, step.rows_after) == (1, 1, 1, 3)
    assert content(filled) == {1: "a", 2: "B", 4: None}
    assert commits(filled) == before + 1


def test_no_difference_is_no_commit(filled: Lake) -> None:
    before = commits(filled)
    step = publish(filled, TABLE, rows(filled, (3, None, "c"), (1, 1, "a"), (2, 2, "b")))
    assert (step.status, commits(filled)) == ("unchanged", before)


def test_change_to_null_is_a_difference(filled: Lake) -> None:
    assert publish(filled, TABLE, rows(filled, (1, 1, None), (2, 2, "b"), (3, None, "c"))).rows_updated == 1


def test_unchanged_rows_keep_the_time_they_were_loaded(filled: Lake) -> None:
    loaded = {r.child_key: r._loaded_at for r in filled.table(TABLE).collect()}
    publish(filled, TABLE, rows(filled, (1, 1, "a"), (2, 2, "new"), (3, None, "c")))
    after = {r.child_key: r._loaded_at for r in filled.table(TABLE).collect()}
    assert after[1] == loaded[1]
    assert after[2] > loaded[2]


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        ([(1, 1, "a"), (1, 1, "b")], "column_values_to_be_unique(child_key)"),
        ([(None, 1, "a")], "column_values_to_not_be_null(child_key)"),
        ([(1, 99, "a")], "column_values_to_not_be_null(_resolved_parent_key)"),
    ],
)
def test_rows_that_break_the_contract_are_not_published(
    filled: Lake, bad: list[tuple[int | None, int | None, str | None]], rule: str
) -> None:
    before = content(filled), commits(filled)
    with pytest.raises(QualityError) as refusal:
        publish(filled, TABLE, rows(filled, (2, 2, "b"), (3, None, "c"), *bad))
    assert f"silver.child was not published: {rule}" in str(refusal.value)
    assert (content(filled), commits(filled)) == before


def test_refused_rows_stay_for_inspection_and_the_next_good_run_publishes(filled: Lake) -> None:
    with pytest.raises(QualityError) as refused:
        publish(filled, TABLE, rows(filled, (1, 99, "a")))
    (stage,) = (Path(filled.settings.staging) / "test").glob("silver.child-*")
    assert f'spark.read.parquet("{stage}")' in str(refused.value)
    assert filled.spark.read.parquet(str(stage)).filter("_op = 'update'").count() == 1
    publish(filled, TABLE, rows(filled, (1, 2, "a")))
    assert content(filled) == {1: "a"}
    assert list((Path(filled.settings.staging) / "test").glob("silver.child-*")) == [stage]


def test_table_is_never_emptied(filled: Lake) -> None:
    with pytest.raises(QualityError, match="published_table_not_empty: fail"):
        publish(filled, TABLE, rows(filled))
    assert len(content(filled)) == 3


def test_table_that_may_be_empty_is_published_empty_and_emptied(lake: Lake) -> None:
    lake.create(STEP)
    table = replace(PARENT, may_be_empty=True)
    none, one = (lake.spark.range(n).selectExpr("id + 1 AS parent_key") for n in (0, 1))
    for rows_, status in ((none, "published"), (none, "unchanged"), (one, "published"), (none, "published")):
        step = publish(lake, table, rows_)
        assert (step.status, step.rows_after) == (status, rows_.count())
        assert lake.table(table).count() == rows_.count()


def test_every_attempt_is_in_the_ledger_with_its_checks(filled: Lake) -> None:
    with pytest.raises(QualityError):
        publish(filled, TABLE, rows(filled, (None, 1, "secret value")))
    steps = filled.table(STEP).filter("table_name = 'silver.child'").orderBy("started_at").collect()
    assert [step.status for step in steps] == ["published", "failed"]
    assert {check.status for check in steps[0].checks} == {"pass"}
    failed = [check for check in steps[1].checks if check.status == "fail"]
    assert [(check.rule, check.failed) for check in failed] == [("column_values_to_not_be_null(child_key)", 1)]
    assert "secret value" not in str(steps)


def test_first_build_without_rows_is_refused(lake: Lake) -> None:
    with pytest.raises(QualityError, match="published_table_not_empty"):
        publish(lake, PARENT, lake.spark.createDataFrame([], "parent_key BIGINT"))
    assert not lake.exists(PARENT)


def test_row_that_was_published_twice_is_found_though_nothing_else_differs(filled: Lake) -> None:
    name = filled.name(TABLE.layer, TABLE.name)
    filled.spark.sql(f"INSERT INTO {name} SELECT * FROM {name} WHERE child_key = 1")
    with pytest.raises(QualityError, match=r"column_values_to_be_unique\(child_key\): fail, 2 rows"):
        publish(filled, TABLE, rows(filled, (1, 1, "a"), (2, 2, "b"), (3, None, "c")))


def test_table_that_is_there_takes_new_rows_by_merge(filled: Lake) -> None:
    """An append never conflicts with another one: two runs would store the same rows twice."""
    publish(filled, TABLE, rows(filled, (1, 1, "a"), (2, 2, "b"), (3, None, "c"), (4, 1, "d")))
    last = filled.spark.sql(f"DESCRIBE HISTORY {filled.name(TABLE.layer, TABLE.name)} LIMIT 1").collect()[0]
    assert last.operation == "MERGE"


def test_new_rows_alone_are_merged_in_one_pass(filled: Lake) -> None:
    """Delta looks for rows to change, which is a pass of its own, only where it is told to."""

    def looked_for() -> str:
        history = filled.spark.sql(f"DESCRIBE HISTORY {filled.name(TABLE.layer, TABLE.name)} LIMIT 1")
        return str(history.collect()[0].operationParameters["matchedPredicates"])

    publish(filled, TABLE, rows(filled, (1, 1, "a"), (2, 2, "b"), (3, None, "c"), (4, 1, "d")))
    assert looked_for() == "[]"
    publish(filled, TABLE, rows(filled, (1, 1, "a"), (2, 2, "b"), (3, None, "c"), (5, 1, "e")))
    assert looked_for() != "[]"


# ------------------------------------------------------------------------------------------------- publish_touched


def child_of(parents: DataFrame, scope: DataFrame | None = None, obey: bool = True) -> DataFrame:
    """One child per parent, named after when its parent was published."""
    if scope is not None and obey:
        parents = parents.join(scope, parents.parent_key == scope.child_key, "left_semi")
    name = F.concat(F.lit("of "), F.col("_loaded_at").cast("string"))
    return parents.select(F.col("parent_key").alias("child_key"), "parent_key", name.alias("name"))


def changed_parents(
    published: DataFrame, inputs: Mapping[str, DataFrame], changed: Mapping[str, DataFrame]
) -> DataFrame:
    return changed[PARENT.full_name].select(F.col("parent_key").alias("child_key")).distinct()


@pytest.mark.parametrize("obey", [True, False])
def test_only_touched_rows_are_computed_whatever_build_makes_of_the_scope(lake: Lake, obey: bool) -> None:
    def run(*parents: int) -> Step:
        publish(lake, PARENT, relation(lake.spark, [(p,) for p in parents], "parent_key BIGINT"))
        task = Lake(lake.spark, replace(lake.settings, rebuild="no"))
        build = partial(child_of, obey=obey)
        return publish_touched(task, TABLE, build, changed_parents, {"parents": task.read(PARENT)})

    lake.create(STEP)
    first = run(1, 2, 3)
    assert (first.rows_computed, first.rows_inserted, first.rows_after) == (3, 3, 3)
    second = run(1, 2, 4, 5)
    assert (second.rows_computed, second.rows_inserted, second.rows_deleted, second.rows_after) == (2, 2, 1, 4)
    assert set(content(lake)) == {1, 2, 4, 5}
    third = run(1, 2, 4, 5)
    assert (third.status, third.rows_computed, third.rows_after) == ("unchanged", 0, 4)
    assert not [path for path in Path(lake.settings.staging).rglob("*") if path.is_file()]


def odd_parents(published: DataFrame, feed: DataFrame) -> DataFrame:
    return feed.filter("parent_key % 2 = 1")


def none_at_all(published: DataFrame, feed: DataFrame) -> DataFrame:
    return feed.limit(0)


def run_with_news(lake: Lake, news: Mapping[str, News], *parents: int) -> Step:
    publish(lake, PARENT, relation(lake.spark, [(p,) for p in parents], "parent_key BIGINT"))
    task = Lake(lake.spark, replace(lake.settings, rebuild="no"))
    return publish(task, TABLE, child_of(task.read(PARENT)), news)


def test_without_news_no_row_is_computed_and_with_it_all_are(lake: Lake) -> None:
    run = partial(run_with_news, lake, {PARENT.full_name: odd_parents})
    lake.create(STEP)
    assert run(2, 4).rows_inserted == 2
    skipped = run(2, 4, 6)
    assert (skipped.status, skipped.rows_computed, skipped.rows_after, set(content(lake))) == (
        "unchanged",
        0,
        2,
        {2, 4},
    )
    caught_up = run(2, 4, 6, 7)
    assert (caught_up.rows_computed, caught_up.rows_inserted, set(content(lake))) == (4, 2, {2, 4, 6, 7})


def test_news_of_one_of_two_inputs_is_enough(lake: Lake) -> None:
    other = replace(PARENT, name="other")

    def run(*parents: int) -> Step:
        for table, keys in ((PARENT, [1, *parents]), (other, parents)):
            publish(lake, table, relation(lake.spark, [(p,) for p in keys], "parent_key BIGINT"))
        task = Lake(lake.spark, replace(lake.settings, rebuild="no"))
        rows = child_of(task.read(PARENT)).join(task.read(other).select("parent_key"), "parent_key", "left_semi")
        return publish(task, TABLE, rows, {PARENT.full_name: none_at_all, other.full_name: odd_parents})

    lake.create(STEP)
    run(2, 4)
    assert run(2, 4, 6).rows_computed == 0
    assert run(2, 4, 6, 7).rows_computed == 4


def test_change_of_an_input_whose_news_nobody_knows_has_every_row_computed(lake: Lake) -> None:
    run = partial(run_with_news, lake, {"silver.another": odd_parents})
    lake.create(STEP)
    run(2, 4)
    assert run(2, 4, 6).rows_computed == 3


def test_change_that_no_feed_tells_of_has_every_row_computed(lake: Lake) -> None:
    run = partial(run_with_news, lake, {PARENT.full_name: odd_parents})
    lake.create(STEP)
    run(2, 4)
    parent = lake.name(PARENT.layer, PARENT.name)
    lake.spark.sql(f"ALTER TABLE {parent} SET TBLPROPERTIES (delta.enableChangeDataFeed = false)")
    assert run(2, 4, 6).rows_computed == 3


def test_where_no_row_is_touched_nothing_is_built(lake: Lake) -> None:
    def run(*parents: int) -> Step:
        publish(lake, PARENT, relation(lake.spark, [(p,) for p in parents], "parent_key BIGINT"))
        task = Lake(lake.spark, replace(lake.settings, rebuild="no"))
        return publish_touched(task, TABLE, child_or_fail, none, {"parents": task.read(PARENT)})

    def none(published: DataFrame, inputs: Mapping[str, DataFrame], changed: Mapping[str, DataFrame]) -> DataFrame:
        return published.select("child_key").limit(0)

    def child_or_fail(parents: DataFrame, scope: DataFrame | None = None) -> DataFrame:
        assert scope is None, "built, though nothing is touched"
        return child_of(parents)

    lake.create(STEP)
    run(1, 2)
    step = run(1, 2, 3)
    assert (step.status, step.rows_computed, step.rows_after) == ("unchanged", 0, 2)
    assert not [path for path in Path(lake.settings.staging).rglob("*") if path.is_file()]


# ------------------------------------------------------------------------------------------------------------ cost


@counts_jobs
def test_publication_costs_few_jobs_and_one_commit(lake: Lake) -> None:
    """Jobs are those of all that is done: look up the ledger and the state, compare, judge, write."""
    lake.create(STEP)
    parents = partial(lake.spark.createDataFrame, schema="parent_key BIGINT")

    def child() -> Step:
        task = Lake(lake.spark, replace(lake.settings, rebuild="no"))
        return publish_touched(task, TABLE, child_of, changed_parents, {"parents": task.read(PARENT)})

    def cost(work: Callable[[], Step]) -> tuple[str, int, int]:
        jobs, committed = jobs_so_far(lake.spark), commits(lake) if lake.exists(TABLE) else 0
        status = work().status
        jobs = jobs_so_far(lake.spark) - jobs
        return status, jobs, commits(lake) - committed

    publish(lake, PARENT, parents([(1,), (2,), (3,)]))
    first = cost(child)
    publish(lake, PARENT, parents([(1,), (2,), (4,), (5,)]))
    touched = cost(child)
    unchanged = cost(child)
    compared = cost(lambda: publish(lake, TABLE, rows(lake, (1, 1, "a"), (2, 2, "b"))))
    assert [(status, new) for status, _, new in (first, touched, unchanged, compared)] == [
        ("published", 2),  # the other one makes the table
        ("published", 1),
        ("unchanged", 0),
        ("published", 1),
    ]
    most = {"first": 30, "touched": 50, "unchanged": 8, "compared": 40}
    jobs = dict(zip(most, (jobs for _, jobs, _ in (first, touched, unchanged, compared)), strict=True))
    assert {name: number for name, number in jobs.items() if not 0 < number <= most[name]} == {}
