"""The books of an ingest: every landed row is stored, a duplicate or set aside, or the landing is refused."""

from collections.abc import Mapping
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dvdrental.bronze import drift
from dvdrental.bronze.landing_stats import LandingStats
from dvdrental.bronze.parse import MISFIT
from dvdrental.bronze.streams import Stream
from dvdrental.errors import LandingError, MassDeleteError, ReconciliationError
from dvdrental.ops import Step
from dvdrental.settings import Settings

ONCE = (
    "rerun with the parameter max_delete_percent=100 (on a laptop: `.venv/bin/dvdrental run -p max_delete_percent=100`,"
    " of the same --source)"
)
OUTCOMES = ("stored", "duplicate", "quarantined", "deleted")


def totals(stream: Stream, stats: LandingStats) -> list[Column]:
    """Counts over the changes of one stream."""
    newest = F.col("_landed") & (F.col("_generation_id") == F.lit(stats.newest_generation))
    stays = F.col("_live") & (F.col("_outcome") == "kept")
    nulled = F.exists("_changes", lambda c: c["reason"] == MISFIT)
    return [
        *(F.count_if(F.col("_landed") & F.col(c).isNotNull()).alias(f"landed:{c}") for c in _absent(stream, stats)),
        *(F.count_if(stays & F.col(c).isNotNull()).alias(f"known:{c}") for c in _absent(stream, stats)),
        F.count_if("_landed").alias("landed"),
        F.count_if("_parsed").alias("parsed"),
        F.count_if("_live").alias("live"),
        F.count_if("_new_key").alias("new_keys"),
        F.count_if(F.col("_rejected").rlike("^(broken_json|no_key)")).alias("unreadable"),
        F.count_if(F.col("_parsed") & nulled).alias("nulled"),
        F.max(F.when(~F.col("_landed"), F.col("_extracted_at"))).alias("known_at"),
        F.max("_lsn").alias("lsn"),
        F.max(F.when(newest, F.col("_read_lsn"))).alias("newest_lsn"),
        F.max("_read_lsn").alias("read_lsn"),
        F.count_if("_unplaced").alias("unplaced"),
        F.max(F.when(~F.col("_landed"), F.col("_lsn"))).alias("known_lsn"),
        F.max(F.when(~F.col("_landed"), F.col("_generation_id"))).alias("known_generation"),
        *(F.count_if(F.col("_outcome") == outcome).alias(outcome) for outcome in OUTCOMES),
    ]


def check(
    settings: Settings, stream: Stream, counts: Mapping[str, Any], stats: LandingStats, *, is_snapshot: bool
) -> None:
    """Refuse a landing from which nothing good can follow. `is_snapshot`: it claims to be all of the source."""
    known_at, landed_at, limit = counts["known_at"], stats.landed_at, int(settings.max_delete_percent)
    if settings.mode(stream.name) == "overwrite" and known_at and landed_at and landed_at < known_at:
        raise LandingError(
            f"stream {stream.name}: the landing was read at {landed_at}, before the one that bronze "
            f"already holds ({known_at}). Let Airbyte sync again, then rerun"
        )
    if counts["known_lsn"] and _is_restored(counts, stats):
        raise LandingError(
            f"stream {stream.name}: generation {stats.newest_generation} of the landing ends at the log position "
            f"{counts['newest_lsn']}, before {counts['known_lsn']} of an older one that bronze holds: the source was "
            f"restored or replaced, so its log cannot be put in order with the old one. Drop bronze.{stream.name}, "
            "then rerun: it is filled from the landing"
        )
    if counts["unplaced"]:
        raise LandingError(
            f"stream {stream.name}: {counts['unplaced']} landed rows have no log position, and rows of the same keys "
            "that were read before have one, from a sync with CDC: their order cannot be told. In the mode overwrite "
            "the next full refresh brings them. Else go back to sync_mode=cdc for this stream; or let Airbyte refresh "
            f"it, drop bronze.{stream.name}, then rerun"
        )
    if is_snapshot and limit < 100 and (lost := _lost(stream, counts, stats)):
        raise LandingError(
            f"stream {stream.name}: no landed row has a value in {', '.join(lost)}, a field that is missing, and "
            f"{max(lost.values())} rows of bronze have. Nothing was written. Let Airbyte sync the field again, then "
            f"rerun. If the source really emptied it, {ONCE}"
        )
    accounted = counts["stored"] + counts["duplicate"] + counts["quarantined"]
    if stats.landed != accounted:
        raise ReconciliationError(f"stream {stream.name}: {stats.landed} rows landed, {accounted} accounted for")
    if counts["deleted"] * 100 > limit * counts["live"] and not _doubts(counts, stats):
        raise MassDeleteError(
            f"stream {stream.name}: the landing lacks {counts['deleted']} of {counts['live']} live keys, more than "
            f"{limit} %. Nothing was written. If the source really lost them, {ONCE}"
        )


def _absent(stream: Stream, stats: LandingStats) -> list[str]:
    """Columns whose field the newest landed row does not have. (Without the key no row can be used at all.)"""
    columns = [c for c in stream.business_columns if c not in stream.key]
    return [c for c in columns if stats.fields and stream.source_name(c) not in stats.fields]


def _lost(stream: Stream, counts: Mapping[str, Any], stats: LandingStats) -> dict[str, int]:
    """Columns that Airbyte brings no longer, with the number of live rows that would lose their value."""
    return {c: n for c in _absent(stream, stats) if (n := counts[f"known:{c}"]) and not counts[f"landed:{c}"]}


def _doubts(counts: Mapping[str, Any], stats: LandingStats) -> str | None:
    """Why missing keys may not be gone after all; None if there is no doubt."""
    if counts["unreadable"]:
        return f"{counts['unreadable']} rows have no readable key"
    return "a newer generation lies beside this one, which may be half removed" if stats.is_remnant else None


def _is_restored(counts: Mapping[str, Any], stats: LandingStats) -> bool:
    """True if a newer generation ends before an older one: a refresh reads the source again, so its log must have gone
    back."""
    is_newer = (stats.newest_generation or 0) > (counts["known_generation"] or 0)
    return is_newer and counts["newest_lsn"] is not None and counts["newest_lsn"] < counts["known_lsn"]


def fill_step(stream: Stream, changes: DataFrame, counts: Mapping[str, Any], stats: LandingStats, step: Step) -> None:
    """Fill the ledger row."""
    doubts = _doubts(counts, stats)
    step.rows_landed, step.rows_parsed, step.rows_duplicate = counts["landed"], counts["parsed"], counts["duplicate"]
    step.rows_quarantined, step.rows_inserted = counts["quarantined"], counts["stored"]
    step.landed_at = stats.landed_at
    step.rows_deleted = 0 if doubts else counts["deleted"]
    step.warnings += drift.warnings(stats.fields, stream)
    if counts["nulled"]:
        step.warnings += drift.type_warnings(_nulled(changes, stream), stream)
    if counts["deleted"] and doubts:
        step.warnings.append(f"{counts['deleted']} deletes held back: {doubts}")


def _nulled(changes: DataFrame, stream: Stream) -> dict[str, int]:
    """Number of values per column that did not fit its type. Aggregated without a filter: on a plan this deep Spark's
    constraint inference does not finish."""

    def misfits(column: str) -> Column:
        is_misfit = F.exists("_changes", lambda c: (c["field"] == column) & (c["reason"] == MISFIT))
        return F.count_if(F.col("_parsed") & is_misfit).alias(column)

    found = changes.agg(*map(misfits, stream.business_columns)).collect()[0].asDict()
    return {column: count for column, count in found.items() if count}
