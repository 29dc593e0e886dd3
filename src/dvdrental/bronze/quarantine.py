"""Rows of a landing that could not be used: set aside with the reason, tried again by a replay."""

import threading

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dvdrental.bronze.streams import Stream
from dvdrental.columns import moment
from dvdrental.lake import Lake
from dvdrental.ops import QUARANTINE, WAITING, Step

_LOCK = threading.Lock()
"""Streams are taken in side by side, and this one table holds the rows of all."""


def follow_contract(lake: Lake) -> None:
    """The start of a run does this, too; an ingest by itself has had none."""
    if lake.exists(QUARANTINE):
        lake.follow_contract(QUARANTINE)


def add(lake: Lake, stream: Stream, rejected: DataFrame, step: Step) -> None:
    """Rows that are waiting already are not added again."""
    rows = rejected.select(
        F.lit(stream.name).alias("stream"),
        F.coalesce("_raw_id", F.lit("")).alias("raw_id"),
        F.col("_rejected").alias("rule"),
        _reason().alias("reason"),
        F.col("_excerpt").alias("excerpt"),
        F.col("_extracted_at").alias("extracted_at"),
        F.lit(step.run_id).alias("run_id"),
        moment(step.started_at).alias("quarantined_at"),
        F.lit(None).cast("timestamp_ntz").alias("replayed_at"),
        F.lit(None).cast("string").alias("replayed_by"),
        F.lit(None).cast("timestamp_ntz").alias("gone_at"),
    )
    with _LOCK:
        lake.create(QUARANTINE)
        lake.append(QUARANTINE, rows.join(waiting(lake, stream), "raw_id", "left_anti"))


def waiting(lake: Lake, stream: Stream) -> DataFrame:
    """Ids of the stream's rows that are set aside."""
    return _waiting(lake).filter(F.col("stream") == stream.name).select("raw_id").distinct()


def streams_waiting(lake: Lake) -> set[str]:
    """Streams that have rows set aside."""
    return {row.stream for row in _waiting(lake).select("stream").distinct().collect()}


def mark_taken(lake: Lake, stream: Stream, taken: DataFrame, step: Step) -> None:
    """Close rows that were taken in after all."""
    rows = _waiting(lake).filter(F.col("stream") == stream.name).join(taken.distinct(), "raw_id", "left_semi")
    _mark(lake, rows, {"replayed_at": moment(step.started_at), "replayed_by": F.lit(step.run_id)})


def mark_gone(lake: Lake, stream: Stream, changes: DataFrame, step: Step) -> None:
    """Close rows that are no longer among the unusable ones of a full refresh: they were mended, deleted, or sent under
    another id (and are set aside anew under that if they are still unusable)."""
    as_bad = changes.filter("_outcome = 'quarantined'").select(F.coalesce("_raw_id", F.lit("")).alias("raw_id"))
    rows = _waiting(lake).filter(F.col("stream") == stream.name).join(as_bad, "raw_id", "left_anti")
    if not rows.isEmpty():
        _mark(lake, rows, {"gone_at": moment(step.started_at)})


def _waiting(lake: Lake) -> DataFrame:
    rows = lake.table(QUARANTINE) if lake.exists(QUARANTINE) else lake.empty(QUARANTINE)
    return rows.filter(WAITING)


def _mark(lake: Lake, rows: DataFrame, values: dict[str, Column]) -> None:
    with _LOCK:
        marked = rows.withColumns(values | {"_op": F.lit("update")})
        lake.merge(QUARANTINE, marked.dropDuplicates(list(QUARANTINE.key)))


def _reason() -> Column:
    """The rule in words."""
    rule = F.col("_rejected")
    detail = F.substring_index(rule, ":", -1)
    return (
        F.when(rule == "broken_json", "the payload is no JSON object, or holds a number with a monstrous exponent")
        .when(rule.startswith("no_key"), F.concat(F.lit("no readable value in the key column "), detail))
        .when(rule.startswith("unreadable"), F.concat(F.lit("no readable value in the column "), detail))
        .when(rule == "no_extraction_time", "no readable extraction time, or none from 1970 to 2200")
        .when(rule == "no_log_position", "no readable _ab_cdc_lsn, which a stream in the mode cdc needs")
        .otherwise(F.concat(F.lit("breaks the rule "), rule))
    )
