"""Landing -> bronze for one stream: parse, find what is new, stage, prove the counts, append, ledger."""

from typing import Any

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from dvdrental.bronze.changes import as_events, snapshot_changes
from dvdrental.bronze.envelope import normalise
from dvdrental.bronze.parse import parse
from dvdrental.bronze.streams import STREAMS, Stream
from dvdrental.columns import moment
from dvdrental.errors import LandingError, MassDeleteError, ReconciliationError
from dvdrental.history import last_events
from dvdrental.lake import Lake
from dvdrental.ops import QUARANTINE, Step, recorded
from dvdrental.quality.rules import row_rules

OUTCOMES = ("stored", "duplicate", "quarantined", "deleted")


def ingest(lake: Lake, name: str) -> Step:
    """Bring `bronze.<name>` up to its landing. A landing table that has not changed since is not read."""
    stream = STREAMS[name]
    with recorded(lake, stream.table.full_name) as step:
        landing = lake.landing(stream)
        step.landing_version = lake.state(landing)
        lake.create(stream.table)
        if step.landing_version != lake.last_landing_version(stream.table):
            _take_in(lake, stream, landing, step)
    return step


def _take_in(lake: Lake, stream: Stream, landing: str, step: Step) -> None:
    raw = normalise(lake.spark.table(landing))
    landed = parse(raw, stream, row_rules(stream.table))
    known = last_events(lake.read(stream.table), stream.key)
    observed, stage = Observation(), lake.stage_name(stream.table)
    changes = snapshot_changes(known, landed, stream).observe(
        observed,
        F.count_if("_landed").alias("landed"),
        F.count_if((~F.col("_landed")) & (~F.col("_is_delete"))).alias("live"),
        F.count_if("_new_key").alias("new_keys"),
        F.count_if(F.col("_rejected").rlike("^(broken_json|no_key)")).alias("unreadable"),
        F.max(F.when(F.col("_landed"), F.col("_extracted_at"))).cast("string").alias("snapshot_at"),
        F.max(F.when(~F.col("_landed"), F.col("_extracted_at"))).cast("string").alias("known_at"),
        F.max("_batch").alias("batch"),
        *(F.count_if(F.col("_outcome") == outcome).alias(outcome) for outcome in OUTCOMES),
    )
    staged = lake.write_stage(stage, changes.filter("_outcome in ('stored', 'quarantined', 'deleted')"))
    counts = observed.get
    _check(stream, counts, int(lake.settings.max_delete_percent))
    _commit(lake, stream, staged, counts, step)
    lake.drop_stage(stage)


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


def _commit(lake: Lake, stream: Stream, staged: DataFrame, counts: dict[str, Any], step: Step) -> None:
    """Quarantine first, and only what it does not hold yet: a crash in between is mended by a rerun."""
    step.rows_landed, step.rows_duplicate = counts["landed"], counts["duplicate"]
    step.rows_quarantined, step.rows_inserted = counts["quarantined"], counts["stored"]
    step.rows_deleted = 0 if counts["unreadable"] else counts["deleted"]
    step.rows_after = counts["live"] + counts["new_keys"] - step.rows_deleted
    if counts["quarantined"]:
        _quarantine(lake, stream, staged.filter("_outcome = 'quarantined'"), step)
    if counts["unreadable"]:
        # A row whose key cannot be read may be any of the keys that seem to be missing.
        staged = staged.filter("_outcome <> 'deleted'")
        step.message = f"{counts['deleted']} deletes held back: {counts['unreadable']} rows have no readable key"
    if step.rows_inserted or step.rows_deleted:
        batch = (counts["batch"] or 0) + 1
        lake.append(stream.table, as_events(staged, stream, counts["snapshot_at"], batch, step.started_at))
        step.status = "published"
        step.output_version = lake.version(lake.name("bronze", stream.name))


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
