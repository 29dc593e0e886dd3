"""Rows of a landing that could not be used: set aside with the reason, tried again by a replay."""

import threading

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dvdrental.bronze.streams import Stream
from dvdrental.columns import moment
from dvdrental.lake import Lake
from dvdrental.ops import QUARANTINE, Step

_LOCK = threading.Lock()
"""Streams are taken in side by side, and this one table holds the rows of all."""


def add(lake: Lake, stream: Stream, rejected: DataFrame, step: Step) -> None:
    """Only rows that are not waiting already."""
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
    )
    with _LOCK:
        lake.create(QUARANTINE)
        lake.append(QUARANTINE, rows.join(waiting(lake, stream), "raw_id", "left_anti"))


def waiting(lake: Lake, stream: Stream) -> DataFrame:
    """Ids of the stream's rows that are set aside."""
    rows = lake.table(QUARANTINE) if lake.exists(QUARANTINE) else lake.empty(QUARANTINE)
    return rows.filter((F.col("stream") == stream.name) & F.col("replayed_at").isNull()).select("raw_id").distinct()


def mark(lake: Lake, stream: Stream, taken: DataFrame, step: Step) -> None:
    """Note that rows were taken in after all."""
    open_rows = lake.table(QUARANTINE).filter((F.col("stream") == stream.name) & F.col("replayed_at").isNull())
    marked = open_rows.join(taken.distinct(), "raw_id", "left_semi").withColumns(
        {
            "replayed_at": moment(step.started_at),
            "replayed_by": F.lit(step.run_id),
            "_op": F.lit("update"),
        }
    )
    with _LOCK:
        lake.merge(QUARANTINE, marked.dropDuplicates(list(QUARANTINE.key)))


def _reason() -> Column:
    """The rule in words."""
    rule = F.col("_rejected")
    detail = F.substring_index(rule, ":", -1)
    return (
        F.when(rule == "broken_json", "the payload is no JSON object, or holds a number with a monstrous exponent")
        .when(rule.startswith("no_key"), F.concat(F.lit("no readable value in the key column "), detail))
        .when(rule == "no_extraction_time", "no readable extraction time, or none from 1970 to 2200")
        .when(rule == "no_log_position", "no readable _ab_cdc_lsn, which a stream in the mode cdc needs")
        .otherwise(F.concat(F.lit("breaks the rule "), rule))
    )
