"""What a landing changes: pure functions from (what bronze knows, what landed) to events with an outcome.

Outcomes of landed rows: `stored` (a new event), `duplicate` (nothing new), `quarantined` (unusable, with `_rejected` as
reason). Outcomes of known events: `deleted` where the landing implies that the key is gone, else `kept`.
"""

from datetime import datetime

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from dvdrental.bronze.streams import CHANGES, Stream
from dvdrental.columns import moment
from dvdrental.history import event_order


def snapshot_changes(known: DataFrame, landed: DataFrame, stream: Stream) -> DataFrame:
    """Compare a complete snapshot with the last event of each key (`known`).

    A landed row is new if it differs from the event before it. Keys missing from the snapshot are deleted, at a time
    that the caller passes to `as_events`. `_at` never goes back: a row that returns or changes with an older change
    time gets the `_at` of the event before it, and the next log position if that event has one.
    """
    rows = _together(known, landed)
    in_order = Window.partitionBy(*stream.key).orderBy(
        "_landed", F.col("_rejected").isNotNull(), "_extracted_at", "_raw_id"
    )
    unchanged = _was_alive(in_order) & _content(stream).eqNullSafe(F.lag(_content(stream)).over(in_order))
    live = ~F.col("_landed") & ~F.col("_is_delete")
    gone = live & ~_in_landing(stream)
    before = in_order.rowsBetween(Window.unboundedPreceding, -1)
    follows = F.when(F.col("_landed"), F.max("_lsn").over(before) + 1)
    latest = F.max("_at").over(in_order.rowsBetween(Window.unboundedPreceding, 0))
    return rows.select(
        *(c for c in rows.columns if c not in ("_at", "_lsn")),
        latest.alias("_at"),
        F.coalesce("_lsn", follows).alias("_lsn"),
        _read_lsn().alias("_read_lsn"),
        F.lit(False).alias("_unplaced"),
        live.alias("_live"),
        _outcome(gone, unchanged).alias("_outcome"),
        (F.col("_landed") & F.col("_rejected").isNull() & ~_was_alive(in_order)).alias("_new_key"),
    )


def log_changes(known: DataFrame, landed: DataFrame, stream: Stream, *, older_than: int | None = None) -> DataFrame:
    """Compare landed rows that are changes themselves (append and CDC) with all events of their keys (`known`).

    A row is new unless the same key, log position and content (which includes the source's change time) is stored
    already. Rows with neither log position nor change time are compared with the preceding event only. With
    `older_than` (the oldest generation landed), live keys of an earlier generation that did not land again are deleted;
    a key that reappears later is ordered after that delete, whatever its change time. Rows erased by forget.py stay
    erased.
    """
    rows = _with_returns(_together(known, landed), stream)
    usable, has_lsn = F.col("_rejected").isNull(), F.col("_lsn").isNotNull()
    twins = Window.partitionBy(*stream.key, usable, "_lsn", "_is_delete", "_returns", _content(stream))
    twin = F.row_number().over(twins.orderBy("_landed", "_extracted_at", "_raw_id")) > 1
    in_order = Window.partitionBy(*stream.key, usable).orderBy(*event_order(), "_landed")
    state = F.struct("_is_delete", _content(stream))
    repeated = state.eqNullSafe(F.lag(state).over(in_order))
    placed = has_lsn if stream.updated is None else has_lsn | F.col(stream.updated).isNotNull()
    of_key = Window.partitionBy(*stream.key)
    forgotten = F.when(~F.col("_landed") & F.col("_payload").isNull(), F.col("_raw_id"))
    duplicate = F.when(placed, twin).otherwise(repeated)
    duplicate |= F.coalesce(F.array_contains(F.collect_set(forgotten).over(of_key), F.col("_raw_id")), F.lit(False))
    live = F.col("_last_known") & ~F.col("_is_delete")
    read_with_lsn = F.max(F.when(has_lsn, F.col("_extracted_at"))).over(of_key)
    replaced = F.coalesce("_generation_id", F.lit(-1)) < F.lit(older_than).cast("bigint")
    gone = F.coalesce(live & ~_in_landing(stream) & replaced, F.lit(False))
    return rows.select(
        "*",
        _read_lsn().alias("_read_lsn"),
        F.coalesce(F.col("_landed") & usable & ~has_lsn & (read_with_lsn < F.col("_extracted_at")), F.lit(False)).alias(
            "_unplaced"
        ),
        _outcome(gone, duplicate).alias("_outcome"),
        live.alias("_live"),
        F.lit(None).cast("boolean").alias("_new_key"),
    )


def _with_returns(rows: DataFrame, stream: Stream) -> DataFrame:
    """`_last_known`: the last stored event of each key. `_returns`: landed rows without log position, read after a
    refresh had deleted their key and nothing else was stored since; they are ordered after that delete."""
    newer = F.lead(F.lit(True)).over(Window.partitionBy(*stream.key, "_landed").orderBy(*event_order()))
    rows = rows.withColumn("_last_known", ~F.col("_landed") & newer.isNull())
    implied = F.col("_last_known") & F.col("_is_delete") & F.col("_raw_id").isNull()
    gone = F.max(F.when(implied, F.struct("_extracted_at", "_at"))).over(Window.partitionBy(*stream.key))
    is_later = F.col("_extracted_at") > F.col("_gone._extracted_at")
    returns = F.coalesce(F.col("_landed") & F.col("_lsn").isNull() & is_later, F.lit(False))
    at = F.when(returns, F.greatest("_at", "_gone._at")).otherwise(F.col("_at"))
    return rows.withColumn("_gone", gone).withColumns({"_returns": returns, "_at": at}).drop("_gone")


def _together(known: DataFrame, landed: DataFrame) -> DataFrame:
    """Known events and landed rows in one frame; columns that only landed rows have are NULL in known events."""
    flags = {
        "_rejected": F.lit(None).cast("string"),
        "_landed": F.lit(False),
        "_parsed": F.lit(False),
        "_excerpt": F.lit(None).cast("string"),
    }
    return known.withColumns(flags).unionByName(landed.withColumn("_landed", F.lit(True)), allowMissingColumns=True)


def _read_lsn() -> Column:
    """Log position as it landed; NULL for known events."""
    return F.when(F.col("_landed"), F.col("_lsn"))


def _content(stream: Stream) -> Column:
    return F.struct(*stream.business_columns, "_rescued")


def _was_alive(in_order: WindowSpec) -> Column:
    return ~F.coalesce(F.lag("_is_delete").over(in_order), F.lit(True))


def _in_landing(stream: Stream) -> Column:
    return F.max("_landed").over(Window.partitionBy(*stream.key))


def _outcome(gone: Column, duplicate: Column) -> Column:
    return (
        F.when(gone, "deleted")
        .when(~F.col("_landed"), "kept")
        .when(F.col("_rejected").isNotNull(), "quarantined")
        .when(duplicate, "duplicate")
        .otherwise("stored")
    )


def as_events(
    changes: DataFrame,
    stream: Stream,
    *,
    gone_at: datetime | None,
    gone_lsn: int | None,
    batch: int,
    ingested_at: datetime,
) -> DataFrame:
    """Events to append: stored rows as they are; a delete with the key alone for each key that the landing lacks, at
    the landing's time and log position."""
    gone = F.col("_outcome") == "deleted"
    values = [c for c in stream.business_columns if c not in stream.key]
    return changes.filter("_outcome in ('stored', 'deleted')").select(
        *stream.key,
        *(F.when(~gone, F.col(c)).alias(c) for c in [*values, "_raw_id", "_generation_id", "_rescued", "_payload"]),
        F.when(gone, moment(gone_at)).otherwise(F.col("_extracted_at")).alias("_extracted_at"),
        F.when(gone, F.array().cast(CHANGES)).otherwise(F.col("_changes")).alias("_changes"),
        F.when(gone, F.lit(gone_lsn).cast("bigint")).otherwise(F.col("_lsn")).alias("_lsn"),
        (gone | F.col("_is_delete")).alias("_is_delete"),
        F.when(gone, F.greatest("_at", moment(gone_at))).otherwise(F.col("_at")).alias("_at"),
        F.lit(batch).cast("bigint").alias("_batch"),
        moment(ingested_at).alias("_ingested_at"),
    )
