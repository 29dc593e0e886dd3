"""Landing -> bronze: find what is new, parse it, prove the counts, append once, ledger."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from dvdrental.bronze import drift, quarantine
from dvdrental.bronze.changes import as_events, log_changes, snapshot_changes
from dvdrental.bronze.envelope import Envelope
from dvdrental.bronze.landing import Landing, Seen, survey
from dvdrental.bronze.parse import parse
from dvdrental.bronze.streams import STREAMS, Stream
from dvdrental.errors import LandingError, MassDeleteError, ReconciliationError
from dvdrental.history import last_events
from dvdrental.lake import Lake
from dvdrental.ops import Step, attempt, recording
from dvdrental.quality.rules import row_rules

THREADS = 4
"""Streams side by side: most of a small stream's time is planning and waiting."""

EXACT_RESCUE = 50_000
"""Up to so many rows each one is searched for unknown fields; beyond, only if the newest row has some. All rows of a
sync have the same fields, and the search costs 0.9 of the parse itself (2 M rentals: 2.1 s -> 4.0 s on two cores)."""

OUTCOMES = ("stored", "duplicate", "quarantined", "deleted")


def ingest(lake: Lake, names: Sequence[str] = tuple(STREAMS)) -> list[Step]:
    """Bring each `bronze.<name>` up to its landing. All streams are tried; the first error is raised at the end."""
    last_seen = lake.last_seen()
    return _each(lake, names, lambda stream, step: _take_in(lake, stream, last_seen.get(stream.table.full_name), step))


def replay(lake: Lake, names: Sequence[str] = tuple(STREAMS)) -> list[Step]:
    """Try the rows that are set aside once more, after a fix of the code, the rules or the landing."""
    return _each(lake, names, lambda stream, step: _take_in_again(lake, stream, step))


def _each(lake: Lake, names: Sequence[str], act: Callable[[Stream, Step], None]) -> list[Step]:
    def one(stream: Stream) -> None:
        with attempt(lake, stream.table.full_name, steps) as step:
            act(stream, step)

    with recording(lake) as steps, ThreadPoolExecutor(THREADS) as pool:
        tries = [pool.submit(one, STREAMS[name]) for name in names]
        wait(tries)
        for one_try in tries:
            one_try.result()
    return steps


def _take_in(lake: Lake, stream: Stream, last: Seen | None, step: Step) -> None:
    """A landing that has not changed since is not read."""
    landing = lake.landing(stream)
    step.landing = last
    if last is None or landing.version != last.version:
        if lake.settings.mode(stream.name) == "overwrite":
            _take_in_snapshot(lake, stream, landing, step)
        else:
            _take_in_log(lake, stream, landing, last, step)


def _take_in_snapshot(lake: Lake, stream: Stream, landing: Landing, step: Step) -> None:
    """Two generations side by side are a sync in flight: the older one is the complete one. What bronze holds already
    is recognised by its payload and not parsed."""
    landed, rows = landing.envelope(), landing.envelope().rows
    look = _look(rows, stream)
    if look["oldest"] != look["newest"]:
        rows = rows.filter(F.coalesce("generation_id", F.lit(-1)) == look["oldest"])
        look = _look(rows, stream)
    known = last_events(_events(lake, stream), stream.key)
    parsed = _parse(lake, stream, Envelope(_held(rows, known, stream), landed.kind), look)
    step.landing = Seen(landing.version)
    _apply(lake, stream, snapshot_changes(known, parsed, stream), look | {"snapshot": True}, step)


def _take_in_log(lake: Lake, stream: Stream, landing: Landing, last: Seen | None, step: Step) -> None:
    """Rows beyond the last watermark; all of them when something below it came late or went away. A landing whose
    generations are all newer than what bronze holds was refreshed: it replaces what was there."""
    seen, complete = survey(landing, last)
    landed = landing.envelope(last.watermark if last and complete else None)
    look = _look(landed.rows, stream)
    step.landing = seen
    if not look["landed"] and seen.units:
        step.rows_landed = step.rows_inserted = step.rows_parsed = 0
        return
    parsed = _parse(lake, stream, landed, look)
    events = _events(lake, stream)
    held = events.agg(F.max("_generation_id")).collect()[0][0]
    refreshed = not complete and held is not None and look["oldest"] > held
    known = events if refreshed else events.join(parsed.select(*stream.key).distinct(), list(stream.key), "left_semi")
    _apply(lake, stream, log_changes(known, parsed, stream, refreshed=refreshed), look, step)


def _take_in_again(lake: Lake, stream: Stream, step: Step) -> None:
    """Each row moves once: it is appended first, then marked; a crash in between makes it a duplicate."""
    waiting = quarantine.waiting(lake, stream)
    landed = lake.landing(stream).envelope()
    rows = landed.rows.join(waiting, "raw_id", "left_semi")
    look = _look(rows, stream)
    if not look["landed"]:
        return
    parsed = _parse(lake, stream, Envelope(rows, landed.kind), look)
    known = _events(lake, stream).join(parsed.select(*stream.key).distinct(), list(stream.key), "left_semi")
    changes = log_changes(known, parsed, stream)
    _apply(lake, stream, changes, look, step)
    taken = changes.filter("_outcome in ('stored', 'duplicate')").select(F.col("_raw_id").alias("raw_id"))
    quarantine.mark(lake, stream, taken, step)


def _events(lake: Lake, stream: Stream) -> DataFrame:
    return lake.read(stream.table) if lake.exists(stream.table) else lake.empty(stream.table)


def _look(rows: DataFrame, stream: Stream) -> dict[str, Any]:
    """What is to be known before rows are parsed: how many, which generations, the newest one's fields."""
    generation = F.coalesce("generation_id", F.lit(-1))
    newest = F.max_by(F.col("data").cast("string") if _is_text(rows) else F.to_json("data"), "extracted_at")
    look = rows.agg(
        F.count("*").alias("landed"),
        F.min(generation).alias("oldest"),
        F.max(generation).alias("newest"),
        F.max("extracted_at").alias("landed_at"),
        newest.alias("sample"),
    )
    found = look.collect()[0].asDict()
    fields = drift.fields_of(found.pop("sample"))
    if not _is_text(rows):
        names: list[str] = rows.schema["data"].dataType.fieldNames()  # type: ignore[attr-defined]
        fields = {name: fields.get(name) for name in names}
    return found | {
        "unknown": drift.unknown(fields, stream),
        "warnings": drift.warnings(fields, stream),
        "snapshot": False,
    }


def _is_text(rows: DataFrame) -> bool:
    return dict(rows.dtypes)["data"] == "string"


def _held(rows: DataFrame, known: DataFrame, stream: Stream) -> DataFrame:
    """Add bronze's live content where it has the same payload."""
    content = F.struct(*stream.business_columns, "_rescued").alias("_held")
    live = known.filter("not _is_delete").select(F.col("_payload").alias("payload"), content)
    return rows.join(live, "payload", "left")


def _parse(lake: Lake, stream: Stream, landed: Envelope, look: Mapping[str, Any]) -> DataFrame:
    return parse(
        landed,
        stream,
        row_rules(stream.table),
        needs_lsn=lake.settings.mode(stream.name) == "cdc",
        rescue=look["landed"] <= EXACT_RESCUE or bool(look["unknown"]),
    )


def _counts() -> list[Column]:
    nulled = F.exists("_changes", lambda c: c["change"] == "NULLED")
    return [
        F.count_if("_landed").alias("landed"),
        F.count_if("_parsed").alias("parsed"),
        F.count_if(~F.col("_landed") & ~F.col("_is_delete")).alias("live"),
        F.count_if("_new_key").alias("new_keys"),
        F.count_if(F.col("_rejected").rlike("^(broken_json|no_key)")).alias("unreadable"),
        F.count_if(F.col("_parsed") & nulled).alias("nulled"),
        F.max(F.when(~F.col("_landed"), F.col("_extracted_at"))).alias("known_at"),
        F.max("_lsn").alias("lsn"),
        F.max("_batch").alias("batch"),
        *(F.count_if(F.col("_outcome") == outcome).alias(outcome) for outcome in OUTCOMES),
    ]


def _apply(lake: Lake, stream: Stream, changes: DataFrame, look: Mapping[str, Any], step: Step) -> None:
    """First count, then write: a landing that must be refused leaves no trace. The very first one has nothing to be
    compared with, so it is counted while it is written."""
    if not look["landed"]:
        raise LandingError(f"stream {stream.name}: the landing is empty. Let Airbyte finish a sync, then rerun")
    first = not lake.exists(stream.table)
    if first:
        counted = Observation()
        _append(lake, stream, changes.observe(counted, *_counts()), look["landed_at"], {}, step)
        counts = counted.get
    else:
        counts = changes.agg(*_counts()).collect()[0].asDict()
    _check(lake, stream, counts, look)
    _account(stream, changes, counts, look, step)
    if counts["quarantined"]:
        quarantine.add(lake, stream, changes.filter("_outcome = 'quarantined'"), step)
    if not first and (step.rows_inserted or step.rows_deleted):
        kept = changes if step.rows_deleted else changes.filter("_outcome <> 'deleted'")
        _append(lake, stream, kept, look["landed_at"], counts, step)


def _check(lake: Lake, stream: Stream, counts: Mapping[str, Any], look: Mapping[str, Any]) -> None:
    """Refuse a landing from which nothing good can follow."""
    known_at, landed_at, limit = counts["known_at"], look["landed_at"], int(lake.settings.max_delete_percent)
    if lake.settings.mode(stream.name) == "overwrite" and known_at and landed_at and landed_at < known_at:
        raise LandingError(
            f"stream {stream.name}: the landing was read at {landed_at}, before the one that bronze "
            f"already holds ({known_at}). Let Airbyte sync again, then rerun"
        )
    accounted = counts["stored"] + counts["duplicate"] + counts["quarantined"]
    if look["landed"] != accounted:
        raise ReconciliationError(f"stream {stream.name}: {look['landed']} rows landed, {accounted} accounted for")
    if counts["deleted"] * 100 > limit * counts["live"] and not counts["unreadable"]:
        raise MassDeleteError(
            f"stream {stream.name}: the landing lacks {counts['deleted']} of {counts['live']} live keys, more than "
            f"{limit} %. Nothing was written. If the source really lost them, rerun with the parameter "
            "max_delete_percent=100"
        )


def _account(
    stream: Stream, changes: DataFrame, counts: Mapping[str, Any], look: Mapping[str, Any], step: Step
) -> None:
    """Fill the ledger row. A row whose key cannot be read may be any of the keys that seem to be missing, so it holds
    the deletes back."""
    step.rows_landed, step.rows_parsed, step.rows_duplicate = counts["landed"], counts["parsed"], counts["duplicate"]
    step.rows_quarantined, step.rows_inserted = counts["quarantined"], counts["stored"]
    step.rows_deleted = 0 if counts["unreadable"] else counts["deleted"]
    step.warnings = list(look["warnings"])
    if counts["nulled"]:
        step.warnings += drift.type_warnings(_failed_casts(changes), stream)
    if counts["deleted"] and counts["unreadable"]:
        held_back = f"{counts['deleted']} deletes held back: {counts['unreadable']} rows have no readable key"
        step.warnings.append(held_back)
    if look["snapshot"]:
        step.rows_after = counts["live"] + counts["new_keys"] - step.rows_deleted


def _failed_casts(changes: DataFrame) -> dict[str, int]:
    """Per column the values that did not fit its type."""
    entries = changes.filter("_parsed").select(F.explode("_changes").alias("c")).filter("c.change = 'NULLED'")
    return dict(entries.groupBy("c.field").count().collect())


def _append(
    lake: Lake, stream: Stream, changes: DataFrame, landed_at: Any, counts: Mapping[str, Any], step: Step
) -> None:
    lake.create(stream.table)
    events = as_events(
        changes,
        stream,
        gone_at=landed_at,
        gone_lsn=counts.get("lsn"),
        batch=(counts.get("batch") or 0) + 1,
        ingested_at=step.started_at,
    )
    lake.append(stream.table, events)
    step.status = "published"
