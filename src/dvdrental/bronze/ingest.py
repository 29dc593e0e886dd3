"""Landing -> bronze for one stream: parse, find what is new, stage, prove the counts, append, ledger."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dvdrental.bronze.changes import as_events, snapshot_changes
from dvdrental.bronze.envelope import normalise
from dvdrental.bronze.parse import parse
from dvdrental.bronze.streams import STREAMS, Stream
from dvdrental.columns import moment
from dvdrental.errors import LandingError, MassDeleteError, ReconciliationError
from dvdrental.history import last_events
from dvdrental.lake import Lake
from dvdrental.ops import QUARANTINE, Step, attempt, recording
from dvdrental.quality.rules import row_rules

THREADS = 4
"""Streams side by side: most of a small stream's time is planning and waiting."""

OUTCOMES = ("stored", "duplicate", "quarantined", "deleted")


def ingest(lake: Lake, names: Sequence[str] = tuple(STREAMS)) -> list[Step]:
    """Bring each `bronze.<name>` up to its landing. All streams are tried; the first error is raised at the end."""
    with recording(lake) as steps, ThreadPoolExecutor(THREADS) as pool:
        last_seen = lake.last_landing_versions()
        tries = [pool.submit(_ingest_stream, lake, STREAMS[name], last_seen, steps) for name in names]
        wait(tries)
        for one in tries:
            one.result()
    return steps


def _ingest_stream(lake: Lake, stream: Stream, last_seen: Mapping[str, str], steps: list[Step]) -> None:
    """A landing table that has not changed since is not read."""
    with attempt(lake, stream.table.full_name, steps) as step:
        landing = lake.landing(stream)
        step.landing_version = lake.state(landing)
        if step.landing_version != last_seen.get(stream.table.full_name):
            _take_in(lake, stream, lake.read_at(landing, step.landing_version), step)


def _take_in(lake: Lake, stream: Stream, landing: DataFrame, step: Step) -> None:
    """First count, then write: a landing that must be refused leaves no trace."""
    landed = parse(normalise(landing), stream, row_rules(stream.table))
    events = lake.read(stream.table) if lake.exists(stream.table) else lake.empty(stream.table)
    changes = snapshot_changes(last_events(events, stream.key), landed, stream)
    counts = changes.agg(*_counts()).collect()[0].asDict()
    _check(stream, counts, int(lake.settings.max_delete_percent))
    _commit(lake, stream, changes, counts, step)


def _counts() -> list[Column]:
    def latest(rows: Column) -> Column:
        return F.max(F.when(rows, F.col("_extracted_at"))).cast("string")

    return [
        F.count_if("_landed").alias("landed"),
        F.count_if(~F.col("_landed") & ~F.col("_is_delete")).alias("live"),
        F.count_if("_new_key").alias("new_keys"),
        F.count_if(F.col("_rejected").rlike("^(broken_json|no_key)")).alias("unreadable"),
        latest(F.col("_landed")).alias("snapshot_at"),
        latest(~F.col("_landed")).alias("known_at"),
        F.max("_batch").alias("batch"),
        *(F.count_if(F.col("_outcome") == outcome).alias(outcome) for outcome in OUTCOMES),
    ]


def _check(stream: Stream, counts: dict[str, Any], max_delete_percent: int) -> None:
    """Refuse a landing from which nothing good can follow; bronze is still untouched here."""
    if not counts["landed"]:
        raise LandingError(f"stream {stream.name}: the landing is empty. Let Airbyte finish a sync, then rerun")
    if counts["known_at"] and counts["snapshot_at"] < counts["known_at"]:
        raise LandingError(
            f"stream {stream.name}: the landing was read at {counts['snapshot_at']}, before the one that bronze "
            f"already holds ({counts['known_at']}). Let Airbyte sync again, then rerun"
        )
    accounted = counts["stored"] + counts["duplicate"] + counts["quarantined"]
    if counts["landed"] != accounted:
        raise ReconciliationError(f"stream {stream.name}: {counts['landed']} rows landed, {accounted} accounted for")
    if counts["deleted"] * 100 > max_delete_percent * counts["live"] and not counts["unreadable"]:
        raise MassDeleteError(
            f"stream {stream.name}: the landing lacks {counts['deleted']} of {counts['live']} live keys, more than "
            f"{max_delete_percent} %. Nothing was written. If the source really lost them, rerun with the parameter "
            "max_delete_percent=100"
        )


def _commit(lake: Lake, stream: Stream, changes: DataFrame, counts: dict[str, Any], step: Step) -> None:
    """Quarantine first, and only what it does not hold yet: a crash in between is mended by a rerun."""
    step.rows_landed, step.rows_duplicate = counts["landed"], counts["duplicate"]
    step.rows_quarantined, step.rows_inserted = counts["quarantined"], counts["stored"]
    step.rows_deleted = 0 if counts["unreadable"] else counts["deleted"]
    step.rows_after = counts["live"] + counts["new_keys"] - step.rows_deleted
    if counts["quarantined"]:
        _quarantine(lake, stream, changes.filter("_outcome = 'quarantined'"), step)
    if counts["unreadable"]:
        # A row whose key cannot be read may be any of the keys that seem to be missing.
        changes = changes.filter("_outcome <> 'deleted'")
        step.message = f"{counts['deleted']} deletes held back: {counts['unreadable']} rows have no readable key"
    if step.rows_inserted or step.rows_deleted:
        lake.create(stream.table)
        batch = (counts["batch"] or 0) + 1
        lake.append(stream.table, as_events(changes, stream, counts["snapshot_at"], batch, step.started_at))
        step.status = "published"


def _quarantine(lake: Lake, stream: Stream, rows: DataFrame, step: Step) -> None:
    lake.create(QUARANTINE)
    rejected = rows.select(
        F.lit(stream.name).alias("stream"),
        F.coalesce("_raw_id", F.lit("")).alias("raw_id"),
        F.col("_rejected").alias("rule"),
        F.col("_extracted_at").alias("extracted_at"),
        F.lit(step.run_id).alias("run_id"),
        moment(step.started_at).alias("quarantined_at"),
    )
    lake.append(QUARANTINE, rejected.join(lake.read(QUARANTINE), list(QUARANTINE.key), "left_anti"))
