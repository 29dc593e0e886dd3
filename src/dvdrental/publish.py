"""Publishing, the same for every silver and gold table: difference -> stage -> audit -> one commit -> ledger."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, Observation, Row, Window
from pyspark.sql import functions as F

from dvdrental.columns import moment
from dvdrental.errors import ConflictError
from dvdrental.lake import Lake
from dvdrental.ops import Check, Step
from dvdrental.provenance import (
    changed_inputs,
    is_up_to_date,
    keep_as_it_is,
    note_inputs,
    reusable_success,
    was_judged_alike,
)
from dvdrental.quality import gate, history_rules
from dvdrental.quality.rules import resolved
from dvdrental.recording import recorded
from dvdrental.table import Table

LOADED_AT = "_loaded_at"


Build = Callable[..., DataFrame]
Touched = Callable[[DataFrame, Mapping[str, DataFrame], Mapping[str, DataFrame]], DataFrame]
"""Published rows, inputs as `build` takes them, change feeds of inputs by table -> keys of the rows that may differ."""
News = Callable[[DataFrame, DataFrame], DataFrame]
"""Published rows, change feed of one input -> what of it may make a difference to any row."""


def publish(lake: Lake, table: Table, desired: DataFrame, news: Mapping[str, News] | None = None) -> Step:
    """Make the table hold the desired rows. No difference, no commit; no good audit, no commit.

    Unless rebuild=yes, the computation is skipped when the result cannot have changed: no input (nor the code) changed,
    or only inputs listed in `news` did, and none of their changes is relevant.
    """
    with recorded(lake, table.full_name) as step:
        work = _begin(lake, table, step)
        if work.last is not None and (is_up_to_date(step, work.last) or _nothing_new(work, news or {})):
            keep_as_it_is(step, work.last)
        else:
            _bring_up_to_date(work, desired)
    return step


def publish_touched(lake: Lake, table: Table, build: Build, touched: Touched, inputs: Mapping[str, DataFrame]) -> Step:
    """As `publish`, but where the change feeds of the inputs tell which rows may differ, only those are computed."""
    with recorded(lake, table.full_name) as step:
        work = _begin(lake, table, step)
        published, last = work.published, work.last
        if last is not None and is_up_to_date(step, last):
            keep_as_it_is(step, last)
        elif published is None or last is None or (changed := changed_inputs(lake, step, last)) is None:
            _bring_up_to_date(work, build(**inputs))
        else:
            path = lake.stage_path(table)
            scope = lake.write_stage(path, touched(published, inputs, changed))
            if scope.isEmpty():
                keep_as_it_is(step, last)
            else:
                desired = build(**inputs, scope=scope).join(scope, scope.columns, "left_semi")
                _bring_up_to_date(work, desired, scope)
            lake.drop_stage(path)
    return step


@dataclass(frozen=True)
class _Work:
    """What the parts of a publication share."""

    lake: Lake
    table: Table
    step: Step
    published: DataFrame | None
    """The table as it is, pinned; None where there is none yet."""
    last: Row | None
    """The last success, where what it left may be built upon."""


def _begin(lake: Lake, table: Table, step: Step) -> _Work:
    """Notes on the step what it is built from, and the state of the table."""
    note_inputs(lake, step)
    published = _as_it_is(lake, table, step)
    # A table that is not there offers nothing to build upon; only a rebuild must know in which mode it was built.
    ask = published is not None or lake.settings.rebuild == "yes"
    return _Work(lake, table, step, published, last=reusable_success(lake, step) if ask else None)


def _as_it_is(lake: Lake, table: Table, step: Step) -> DataFrame | None:
    if not lake.exists(table):
        return None
    lake.follow_contract(table)
    step.state, step.version = lake.now(table)
    return lake.as_of(table, step.version)


def _nothing_new(work: _Work, news: Mapping[str, News]) -> bool:
    if work.published is None or work.last is None:
        return False
    changed = changed_inputs(work.lake, work.step, work.last, among=news.keys())
    if not changed:
        return False
    found = [news[name](work.published, feed).select(F.lit(True).alias("is_new")) for name, feed in changed.items()]
    return reduce(DataFrame.unionByName, found).isEmpty()


def _bring_up_to_date(work: _Work, desired: DataFrame, scope: DataFrame | None = None) -> None:
    """`scope` holds the keys of the rows to compare; None means all. If the code (and so the rules) may have changed,
    unchanged rows are staged (`_op` keep) and audited as well."""
    lake, table, step, published = work.lake, work.table, work.step, work.published
    judge_all = published is not None and not was_judged_alike(lake, step, work.last)
    counts, stage = Observation(), lake.stage_path(table)
    compared = published if published is None or scope is None else published.join(scope, scope.columns, "left_semi")
    changes = difference(compared, desired, table).observe(counts, *_counts())
    changes = changes.fillna("keep", ["_op"]) if judge_all else changes.filter("_op is not null")
    staged = lake.write_stage(stage, _resolve(lake, table, changes.withColumn(LOADED_AT, moment(step.started_at))))
    _take(step, counts.get, published.count() if published is not None and scope is not None else None)
    differs = published is None or step.rows_inserted or step.rows_updated or step.rows_deleted
    if differs or judge_all:
        step.checks = _audit(work, staged, judge_all=judge_all)
        gate.refuse(table, step.checks, stage)
    if differs:
        _commit(work, staged.filter("_op <> 'keep'") if judge_all else staged)
    lake.drop_stage(stage)


def difference(published: DataFrame | None, desired: DataFrame, table: Table) -> DataFrame:
    """All rows of both sides, with `_op`: insert, update, delete, or NULL where nothing changes.

    When a row was loaded is no difference. `published` is None for a table that does not exist yet. Rows that share
    their key always count as different, so that the audit sees them.
    """
    columns = table.built_columns
    if published is None:
        return desired.select(*columns, F.lit("insert").alias("_op"), F.lit(False).alias("_was"))
    new = desired.select(*table.key, F.struct(*columns).alias("_new"))
    old = published.select(*table.key, F.struct(*columns).alias("_old"))
    operation = (
        F.when(F.col("_old").isNull(), "insert")
        .when(F.col("_new").isNull(), "delete")
        .when(F.col("_twins") | ~F.col("_new").eqNullSafe(F.col("_old")), "update")
    )
    row, was = F.coalesce("_new", "_old").alias("_row"), F.col("_old").isNotNull().alias("_was")
    twins = F.count("*").over(Window.partitionBy(*table.key)) > 1  # on either side
    joined = new.join(old, on=list(table.key), how="full").withColumn("_twins", twins)
    return joined.select(row, operation.alias("_op"), was).select("_row.*", "_op", "_was")


def _counts() -> list[Column]:
    return [
        F.count_if("_was").alias("rows_before"),
        F.count_if(F.coalesce("_op", F.lit("")) != "delete").alias("rows_computed"),
        *(F.count_if(F.col("_op") == op).alias(f"rows_{op}") for op in ("insert", "update", "delete")),
    ]


def _take(step: Step, counts: dict[str, int], rows_before: int | None) -> None:
    """`rows_before` where only a scope was compared and counted."""
    step.rows_computed = counts["rows_computed"]
    step.rows_inserted = counts["rows_insert"]
    step.rows_updated = counts["rows_update"]
    step.rows_deleted = counts["rows_delete"]
    before = counts["rows_before"] if rows_before is None else rows_before
    step.rows_after = before + counts["rows_insert"] - counts["rows_delete"]


def _resolve(lake: Lake, table: Table, rows: DataFrame) -> DataFrame:
    """Add one column per reference: true where it resolves or is empty, NULL where it points nowhere."""

    def look_up(rows: DataFrame, reference: tuple[str, Table]) -> DataFrame:
        column, target = reference
        found = F.lit(True).alias(resolved(column))
        parent = lake.table(target).select(F.col(target.key[0]).alias("_parent"), found)
        joined = rows.join(parent, F.col(column) == F.col("_parent"), "left").drop("_parent")
        unset = F.col(column).isNull() | (F.col("_op") == "delete")
        return joined.withColumn(resolved(column), F.when(unset, True).otherwise(F.col(resolved(column))))

    return reduce(look_up, table.references.items(), rows.drop("_was"))


def _audit(work: _Work, staged: DataFrame, *, judge_all: bool) -> list[Check]:
    """Rules look at the rows that will be there; what is left of the table is judged by its row count, and by the
    history of its keys if it has one."""
    table, step = work.table, work.step
    there = bool(step.rows_after) or table.may_be_empty
    checks = [Check("published_table_not_empty", "critical", "pass" if there else "fail", 0)]
    if step.rows_inserted or step.rows_updated or judge_all:
        checks += gate.audit(table, staged.filter("_op <> 'delete'"))
    if history_rules.is_history(table):
        checks += history_rules.audit(table, staged, work.published)
    return checks


def _commit(work: _Work, staged: DataFrame) -> None:
    """The first rows go through `fill`, later ones through MERGE, since a plain append could duplicate a concurrent
    writer's rows. A foreign commit since the comparison fails the step, so the next run compares every row."""
    lake, table, step = work.lake, work.table, work.step
    only_new = not step.rows_updated and not step.rows_deleted
    first = only_new and step.rows_after == step.rows_inserted
    before, mark = step.state, None
    if before is None:
        lake.create(table)
    if first:
        mark = lake.fill(table, staged, before)
    else:
        lake.merge(table, staged, only_new=only_new)
    (step.state, step.version, found), *others = lake.commits_since(table, before)
    if others or mark not in (None, found):
        raise ConflictError(
            f"{table.full_name}: another run wrote it at the same time. It holds whole, audited commits, but not for "
            "sure the result of this run: run the job again, which compares every row"
        )
    step.status = "published"
