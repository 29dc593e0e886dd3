"""What holds in every SCD2 dimension after every publication, whatever came in.

A table is such a dimension if its contract has `valid_from` and `valid_to`; its first two columns are then the
surrogate and the natural key. A publication can only break the history of the natural keys that it touches, so only
their rows are judged, as they will be afterwards: the staged ones, and the published ones that do not change.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dvdrental.columns import UNKNOWN, epoch, surrogate_key
from dvdrental.ops import Check
from dvdrental.table import Table

TECHNICAL = ("valid_from", "valid_to", "is_current", "is_inferred", "_loaded_at")

WARNING_ONLY = ("no_key_is_lost", "no_closed_version_changes", "no_version_starts_in_the_future")
"""Warnings only: a late event may legitimately change a closed version or remove a key, and a start in the future may
be intended or come from a wrong source clock."""


def is_history(table: Table) -> bool:
    return {"valid_from", "valid_to"} <= set(table.column_names)


def audit(table: Table, staged: DataFrame, published: DataFrame | None) -> list[Check]:
    """One check per rule, counted by one aggregation. `staged`: rows with the `_op` that publishes or keeps them."""
    stays, broken, lost = F.col("_stays"), _broken(table), _lost()
    counts = [
        *(F.count_if(stays & rule).alias(name) for name, rule in broken.items()),
        *(F.count_if(~stays & rule).alias(name) for name, rule in lost.items()),
        F.abs(F.count_if(stays & _is_unknown_member(table)) - 1).alias("unknown_member_exactly_once"),
    ]
    found = _in_time(table, _touched(table, staged, published)).agg(*counts).collect()[0].asDict()
    return [
        Check(rule, "warning" if rule in WARNING_ONLY else "critical", "fail" if failed else "pass", failed)
        for rule, failed in found.items()
    ]


def _touched(table: Table, staged: DataFrame, published: DataFrame | None) -> DataFrame:
    """Rows of the touched natural keys and of the unknown member; `_stays` is false for published ones that change."""
    surrogate, natural = table.key[0], table.natural_key
    new = staged.filter("_op in ('insert', 'update')").select(*table.column_names, F.lit(True).alias("_stays"))
    if published is None:
        return new
    keys = staged.select(natural).union(staged.sparkSession.range(1).select(F.lit(UNKNOWN))).distinct()
    changes = staged.filter("_op <> 'keep'").select(surrogate, F.lit(False).alias("_stays")).distinct()
    old = published.join(keys, on=natural, how="left_semi").join(changes, on=surrogate, how="left")
    return new.unionByName(old.select(*table.column_names, F.coalesce("_stays", F.lit(True)).alias("_stays")))


def _in_time(table: Table, rows: DataFrame) -> DataFrame:
    """Add to each row what the rules ask of its neighbours in time. Rows that stay and rows that go are ordered
    separately."""
    surrogate, natural = table.key[0], table.natural_key
    tracked = [c for c in table.column_names if c not in (surrogate, natural, *TECHNICAL, *table.untracked)]
    in_time = Window.partitionBy(natural, "_stays").orderBy("valid_from", surrogate)
    before = in_time.rowsBetween(Window.unboundedPreceding, -1)
    state = F.struct(*tracked)
    return rows.withColumns(
        {
            "_next_from": F.lead("valid_from").over(in_time),
            "_like_next": state.eqNullSafe(F.lead(state).over(in_time)),
            "_open_before": F.count_if(F.col("valid_to").isNull()).over(before),
            "_key_stays": F.max("_stays").over(Window.partitionBy(natural)),
        }
    )


def _broken(table: Table) -> dict[str, Column]:
    surrogate, natural = table.key[0], table.natural_key
    start, end, next_start = F.col("valid_from"), F.col("valid_to"), F.col("_next_from")
    key = F.when(F.col(natural) == UNKNOWN, F.lit(UNKNOWN)).otherwise(surrogate_key(natural, "valid_from"))
    return {
        "version_starts_before_it_ends": start >= end,
        "versions_do_not_overlap": next_start.isNotNull() & F.coalesce(next_start < end, F.lit(True)),
        "one_version_is_open_at_most": end.isNull() & (F.col("_open_before") > 0),
        "open_version_is_the_current_one": F.col("is_current") != end.isNull(),
        "touching_versions_differ": (end == next_start) & F.col("_like_next"),
        "no_version_starts_in_the_future": start > F.col("_loaded_at"),
        "surrogate_key_comes_from_key_and_start": ~F.col(surrogate).eqNullSafe(key),
    }


def _lost() -> dict[str, Column]:
    return {
        "no_key_is_lost": ~F.col("_key_stays"),
        "no_closed_version_changes": F.col("valid_to").isNotNull(),
    }


def _is_unknown_member(table: Table) -> Column:
    natural = F.col(table.natural_key)
    return (natural == UNKNOWN) & (F.col("valid_from") == epoch()) & F.col("valid_to").isNull()
