"""Landed rows through bronze's pure functions, without tables: parse, find what is new, append to the log."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dvdrental.bronze.changes import as_events, log_changes, snapshot_changes
from dvdrental.bronze.envelope import Envelope
from dvdrental.bronze.parse import parse
from dvdrental.bronze.streams import Stream
from dvdrental.history import last_events
from tests.rows import relation, rows

ENVELOPE = "raw_id STRING, extracted_at TIMESTAMP_NTZ, generation_id BIGINT, meta STRING, payload BIGINT, data STRING"


def stream(name: str, key: Sequence[str], columns: Mapping[str, str], updated: str | None = None) -> Stream:
    """A stream as streams.py would define it; `columns` maps names to types."""
    lines = ",\n".join(f"{column} {kind} COMMENT '{column}'" for column, kind in columns.items())
    return Stream(name=name, key=tuple(key), columns=lines, updated=updated)


def empty_log(spark: SparkSession, of: Stream) -> DataFrame:
    return rows(spark, of.table)


def landed(
    spark: SparkSession, of: Stream, payloads: Sequence[Mapping[str, Any]], read_at: datetime, *, cdc: bool = False
) -> DataFrame:
    """What parse makes of payloads that one sync read."""
    values = [
        (f"{read_at:%Y%m%d%H%M}-{place:05}", read_at, None, None, place, json.dumps(payload, default=str))
        for place, payload in enumerate(payloads)
    ]
    return parse(Envelope(relation(spark, values, ENVELOPE), "json"), of, needs_lsn=cdc)


def after_snapshot(log: DataFrame, landing: DataFrame, of: Stream, read_at: datetime) -> DataFrame:
    """The log after a sync in mode overwrite."""
    return _grown(log, snapshot_changes(last_events(log, of.key), landing, of), of, read_at)


def after_changes(
    log: DataFrame, landing: DataFrame, of: Stream, read_at: datetime, *, generation: int | None = None
) -> DataFrame:
    """The log after a sync in mode append or cdc; a refresh is one of a new generation."""
    if generation is not None:
        landing = landing.withColumn("_generation_id", F.lit(generation).cast("bigint"))
    return _grown(log, log_changes(log, landing, of, older_than=generation), of, read_at)


def _grown(log: DataFrame, changes: DataFrame, of: Stream, read_at: datetime) -> DataFrame:
    changes = settled(changes)
    lsn = changes.agg(F.max("_lsn")).collect()[0][0]
    return settled(log.unionByName(as_events(changes, of, gone_at=read_at, gone_lsn=lsn, batch=1, ingested_at=read_at)))


def settled(frame: DataFrame) -> DataFrame:
    """The same rows without the plan that made them."""
    return frame.sparkSession.createDataFrame(frame.toArrow(), frame.schema)
