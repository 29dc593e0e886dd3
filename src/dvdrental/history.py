"""The temporal algebra: validity is computed from change logs, never updated by hand.

A change log is a frame of events: business columns and `_lsn, _at, _is_delete, _extracted_at, _raw_id, _batch`
(bronze/changes.py). A chain is a frame of versions with `valid_from, valid_to, is_deleted`: half-open, UTC, `valid_to`
NULL = still valid. A chain has no hole from its first event on: a stretch without the key is a version that is
`is_deleted`, all other columns but the key NULL.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dvdrental.columns import UNKNOWN, epoch

PERIOD = ["valid_from", "valid_to"]
VALIDITY = [*PERIOD, "is_deleted"]


def event_order() -> list[Column]:
    """Total order of the events of one key, so that results never depend on arrival.

    The source's log position first (events from before CDC have none), a delete after an upsert of the same position;
    without a position the source's own time, then the time of reading. If a row was ingested twice because its stream
    definition was corrected in between, the later ingest wins.
    """
    return [
        F.col("_lsn").asc_nulls_first(),
        F.when(F.col("_lsn").isNotNull(), F.col("_is_delete")).asc_nulls_first(),
        F.col("_at").asc(),
        F.col("_extracted_at").asc(),
        F.col("_is_delete").asc(),
        F.col("_raw_id").asc_nulls_first(),
        F.col("_batch").asc_nulls_last(),
    ]


def last_events(log: DataFrame, key: Sequence[str]) -> DataFrame:
    """The last event of each key, deletes included."""
    ordered = Window.partitionBy(*key).orderBy(*event_order())
    return log.withColumn("_newer", F.lead(F.lit(True)).over(ordered)).filter("_newer is null").drop("_newer")


def current(log: DataFrame, key: Sequence[str]) -> DataFrame:
    """The live row of each key."""
    return last_events(log, key).filter("not _is_delete")


def carry_forward(log: DataFrame, key: Sequence[str], columns: Sequence[str]) -> DataFrame:
    """Fill in the values that an update left out because they had not changed (`_changes` says UNCHANGED) from the
    event before it. This is done when the log is read, not when it is written: an event in between may still arrive.

    `columns` are those that can be left out.
    """
    before = Window.partitionBy(*key).orderBy(*event_order()).rowsBetween(Window.unboundedPreceding, 0)

    def filled(column: str) -> Column:
        unsent = F.exists("_changes", lambda c: (c["field"] == column) & (c["change"] == "UNCHANGED"))
        return F.last(F.when(~unsent, F.struct(column)), ignorenulls=True).over(before)[column]

    return log.withColumns({column: filled(column) for column in columns})


def chain(
    log: DataFrame,
    key: Sequence[str],
    tracked: Sequence[str],
    untracked: Sequence[str] = (),
    opens_at_epoch: bool = True,
) -> DataFrame:
    """One row per maximal version. A change of a tracked column opens one; untracked columns hold the last value
    of the version. Time never goes back along the order of events, and the last event of an instant wins.

    The first version opens at 1970-01-01 unless told otherwise: what the first landing holds is assumed to have
    held before.
    """
    ordered = Window.partitionBy(*key).orderBy(*event_order())
    numbered = log.select(
        *key,
        *(F.when(~F.col("_is_delete"), F.col(c)).alias(c) for c in [*tracked, *untracked]),
        F.col("_is_delete").alias("is_deleted"),
        F.row_number().over(ordered).alias("_n"),
        F.max("_at").over(ordered.rowsBetween(Window.unboundedPreceding, 0)).alias("valid_from"),
    )
    by_number = Window.partitionBy(*key).orderBy("_n")
    pieces = numbered.withColumn("valid_to", F.lead("valid_from").over(by_number))
    pieces = pieces.filter("valid_to is null or valid_from < valid_to")
    versions = collapse(pieces, key, tracked, untracked)
    return open_to_the_past(versions, key) if opens_at_epoch else versions


def open_to_the_past(versions: DataFrame, key: Sequence[str]) -> DataFrame:
    """The first version of each key opens at 1970-01-01."""
    previous = F.lag("valid_from").over(Window.partitionBy(*key).orderBy("valid_from"))
    return versions.withColumn("valid_from", F.when(previous.isNull(), epoch()).otherwise(F.col("valid_from")))


def overlap(left: DataFrame, right: DataFrame, on: str) -> DataFrame:
    """Cut `left` where `right` changes and give each piece the right side's attributes at that time: NULL while the
    right key is deleted or unknown. `right` covers all time from 1970-01-01 on, as `chain` makes it."""
    there = right.drop("is_deleted").withColumnsRenamed({"valid_from": "_from", "valid_to": "_to", on: "_on"})
    meets = (
        (F.col(on) == F.col("_on"))
        & (F.col("_to").isNull() | (F.col("valid_from") < F.col("_to")))
        & (F.col("valid_to").isNull() | (F.col("_from") < F.col("valid_to")))
    )
    return (
        left.join(there, meets, "left")
        .withColumn("valid_from", F.greatest("valid_from", "_from"))
        .withColumn("valid_to", F.least("valid_to", "_to"))
        .drop("_from", "_to", "_on")
    )


def collapse(pieces: DataFrame, key: Sequence[str], tracked: Sequence[str], untracked: Sequence[str] = ()) -> DataFrame:
    """Touching neighbours that agree on all tracked columns become one version; untracked columns keep the last
    value of the run.

    Before pieces of several chains are collapsed: chain on the untracked columns too. A change of place can fall
    between two of their changes, and each piece must hold the value of its own time.
    """
    in_time = Window.partitionBy(*key).orderBy("valid_from")
    state = F.struct("is_deleted", *tracked)
    continues = state.eqNullSafe(F.lag(state).over(in_time)) & (F.lag("valid_to").over(in_time) == F.col("valid_from"))
    numbered = pieces.withColumn("_starts", F.when(continues, 0).otherwise(1))
    run = F.sum("_starts").over(in_time.rowsBetween(Window.unboundedPreceding, 0))
    return (
        numbered.withColumn("_run", run)
        .groupBy(*key, "_run")
        .agg(
            *(F.first(c).alias(c) for c in tracked),
            *(F.max_by(c, "valid_from").alias(c) for c in untracked),
            F.min("valid_from").alias("valid_from"),
            F.max_by("valid_to", "valid_from").alias("valid_to"),
            F.first("is_deleted").alias("is_deleted"),
        )
        .drop("_run")
    )


def as_of(facts: DataFrame, versions: DataFrame, on: str, at: str, key: str) -> DataFrame:
    """Facts with the columns of the version that is valid at their time; `key` is -1 (unknown member), the other
    columns NULL, when there is none. `versions` holds `on`, `key`, its period and the other columns to take."""
    there = versions.withColumnsRenamed({"valid_from": "_from", "valid_to": "_to", on: "_on"})
    valid = (
        (F.col(on) == F.col("_on"))
        & (F.col("_from") <= F.col(at))
        & (F.col("_to").isNull() | (F.col(at) < F.col("_to")))
    )
    found = facts.join(there, valid, "left").drop("_from", "_to", "_on")
    return found.withColumn(key, F.coalesce(key, F.lit(UNKNOWN)))
