"""What a landing changes: pure functions from (what bronze knows, what landed) to events with an outcome.

Outcomes: `stored` (a new event), `duplicate` (nothing new), `quarantined` (unusable, with `_rejected` as reason),
`deleted` (an event that the snapshot implies) and, for rows that bronze already has, `kept`.
"""

from datetime import datetime

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dvdrental.bronze.parse import CHANGES
from dvdrental.bronze.streams import Stream
from dvdrental.columns import moment


def snapshot_changes(known: DataFrame, landed: DataFrame, stream: Stream) -> DataFrame:
    """A landing that is a complete snapshot, against the last event per key (`known`).

    A landed row is new when it differs from the event before it. Keys that the snapshot lacks are deleted, at a time
    (`_at`, `_extracted_at`) that the caller knows. Time does not go back: a row that returns or changes with an old
    change time takes the time of the event it follows.
    """
    rows = known.withColumn("_rejected", F.lit(None).cast("string")).withColumn("_landed", F.lit(False))
    rows = rows.unionByName(landed.withColumn("_landed", F.lit(True)), allowMissingColumns=True)
    in_order = Window.partitionBy(*stream.key).orderBy(
        "_landed", F.col("_rejected").isNotNull(), "_extracted_at", "_raw_id"
    )
    was_alive = ~F.coalesce(F.lag("_is_delete").over(in_order), F.lit(True))
    business = F.struct(*stream.business_columns)
    unchanged = was_alive & business.eqNullSafe(F.lag(business).over(in_order))
    in_snapshot = F.max("_landed").over(Window.partitionBy(*stream.key))
    outcome = (
        F.when(~F.col("_landed") & (in_snapshot | F.col("_is_delete")), "kept")
        .when(~F.col("_landed"), "deleted")
        .when(F.col("_rejected").isNotNull(), "quarantined")
        .when(unchanged, "duplicate")
        .otherwise("stored")
    )
    latest = F.max("_at").over(in_order.rowsBetween(Window.unboundedPreceding, 0))
    return rows.select(
        *(c for c in rows.columns if c != "_at"),
        latest.alias("_at"),
        outcome.alias("_outcome"),
        (F.col("_landed") & ~was_alive & (outcome == "stored")).alias("_new_key"),
    )


def as_events(staged: DataFrame, stream: Stream, snapshot_at: str, batch: int, ingested_at: datetime) -> DataFrame:
    """Events to append from staged rows: stored ones as they are, deleted ones with only the key filled."""
    gone = F.col("_outcome") == "deleted"
    values = [c for c in stream.business_columns if c not in stream.key]
    return staged.filter("_outcome in ('stored', 'deleted')").select(
        *stream.key,
        *(F.when(~gone, F.col(c)).alias(c) for c in [*values, "_raw_id", "_generation_id"]),
        F.when(gone, moment(snapshot_at)).otherwise(F.col("_extracted_at")).alias("_extracted_at"),
        F.when(gone, F.array().cast(CHANGES)).otherwise(F.col("_changes")).alias("_changes"),
        F.when(~gone, F.col("_lsn")).alias("_lsn"),
        gone.alias("_is_delete"),
        F.when(gone, F.greatest("_at", moment(snapshot_at))).otherwise(F.col("_at")).alias("_at"),
        F.lit(batch).cast("bigint").alias("_batch"),
        moment(ingested_at).alias("_ingested_at"),
    )
