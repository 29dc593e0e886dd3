"""Landing -> bronze: find what is new, parse it, prove the counts, append once, ledger."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from dvdrental.bronze import account, drift, quarantine
from dvdrental.bronze.changes import as_events, log_changes, snapshot_changes
from dvdrental.bronze.envelope import Envelope, generation
from dvdrental.bronze.landing import Landing, open_landing, survey
from dvdrental.bronze.landing_stats import LandingStats, landing_stats
from dvdrental.bronze.parse import parse
from dvdrental.bronze.streams import STREAMS, Stream
from dvdrental.errors import ConflictError, LandingError
from dvdrental.history import last_events
from dvdrental.lake import Lake
from dvdrental.ops import Seen, Step
from dvdrental.quality.rules import row_rules
from dvdrental.recording import attempt, recording
from dvdrental.table import Table

THREADS = 4
"""Streams side by side: most of a small stream's time is planning and waiting."""

EXACT_RESCUE = 50_000
"""Landings of up to this many rows are searched for unknown fields; larger ones only if the newest row has some. All
rows of a sync have the same fields, and the search costs 0.7 of reading the JSON (2 M rentals: 4.1 s -> 7.1 s on two
cores)."""


def ingest(lake: Lake, names: Sequence[str] = tuple(STREAMS)) -> list[Step]:
    """Bring each `bronze.<name>` up to its landing. All streams are tried; the first error is raised at the end."""
    quarantine.follow_contract(lake)
    last_seen, set_aside = lake.last_seen(), quarantine.streams_waiting(lake)

    def take_in(stream: Stream, step: Step) -> None:
        _take_in(lake, stream, last_seen.get(stream.table.full_name), step, some_wait=stream.name in set_aside)

    return _each_stream(lake, names, take_in)


def replay(lake: Lake, names: Sequence[str] = tuple(STREAMS)) -> list[Step]:
    """Try the rows that are set aside once more, after a fix of the code, the rules or the landing."""
    quarantine.follow_contract(lake)
    return _each_stream(lake, names, lambda stream, step: _take_in_again(lake, stream, step))


def _each_stream(lake: Lake, names: Sequence[str], act: Callable[[Stream, Step], None]) -> list[Step]:
    with recording(lake) as steps, ThreadPoolExecutor(THREADS) as pool:
        tries = [pool.submit(_one_stream, lake, STREAMS[name], act, steps) for name in names]
        try:
            wait(tries)
        except BaseException:  # an interruption: streams that still wait for a thread do not begin
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        errors = {name: error for name, one_try in zip(names, tries, strict=True) if (error := one_try.exception())}
        if errors:
            first, error = next(iter(errors.items()))
            if others := ", ".join(sorted(errors.keys() - {first})):
                error.add_note(f"also failed: {others} (see ops.step)")
            raise error
    return steps


def _one_stream(lake: Lake, stream: Stream, act: Callable[[Stream, Step], None], steps: list[Step]) -> None:
    with attempt(lake, stream.table.full_name, steps) as step:
        act(stream, step)
        if step.state is None and lake.exists(stream.table):
            step.state, step.version = lake.now(stream.table)


def _take_in(lake: Lake, stream: Stream, last: Seen | None, step: Step, *, some_wait: bool) -> None:
    """A landing that has not changed since the last run is not read. `some_wait`: rows of the stream are set aside."""
    if lake.exists(stream.table):
        lake.follow_contract(stream.table)
    else:
        last = None  # dropped, or never filled: what an earlier run saw is of no use
    landing = open_landing(lake, stream)
    if last and last.version.rpartition(" ")[2] != landing.version.rpartition(" ")[2]:
        last = None  # it is read otherwise by now: in another mode, with other columns or rules
    step.landing = last
    if last is None or landing.version != last.version:
        if lake.settings.mode(stream.name) == "overwrite":
            changes = _take_in_snapshot(lake, stream, landing, last, step)
            if some_wait:
                quarantine.mark_gone(lake, stream, changes, step)
        else:
            _take_in_log(lake, stream, landing, last, step)


def _take_in_snapshot(lake: Lake, stream: Stream, landing: Landing, last: Seen | None, step: Step) -> DataFrame:
    """Two generations side by side mean that a sync is running: the older one is complete, until Airbyte removes it.
    Rows whose payload bronze holds are not parsed again unless the mode, the columns or the rules have changed. Returns
    the changes."""
    landed = landing.envelope()
    rows = landed.rows
    stats = landing_stats(rows)
    if stats.oldest_generation != stats.newest_generation:
        rows = rows.filter((generation() == F.lit(stats.oldest_generation)) | generation().isNull())
        stats = landing_stats(rows)
        was_taken = last and last.watermark and stats.landed_at and stats.landed_at <= last.watermark
        stats = replace(stats, is_remnant=bool(was_taken))
    known = last_events(_events(lake, stream), stream.key)
    parsed = _parse(lake, stream, Envelope(_held(rows, known, stream) if last else rows, landed.kind), stats)
    step.landing = Seen(landing.version, stats.landed_at)
    changes = snapshot_changes(known, parsed, stream)
    counts = _apply(lake, stream, changes, stats, step, is_snapshot=True)
    step.rows_after = counts["live"] + counts["new_keys"] - (step.rows_deleted or 0)
    return changes


def _take_in_log(lake: Lake, stream: Stream, landing: Landing, last: Seen | None, step: Step) -> None:
    """Read the rows beyond the last watermark; all rows if something below it came late or disappeared, because a
    refresh may have replaced the landing by a newer generation. If deletes are held back, no watermark is kept: the
    next landing is read as a whole, and they are found then."""
    seen, complete = survey(landing, last)
    landed = landing.envelope(last.watermark if last and complete else None)
    stats = landing_stats(landed.rows)
    new = (seen.units or 0) - ((last and last.units) or 0)
    if complete and landing.units_are_rows and stats.landed != new:
        step.warnings.append(f"{stats.landed} of {new} new rows were picked up: the whole landing was read")
        complete, landed = False, landing.envelope()
        stats = landing_stats(landed.rows)
    step.landing = seen
    if not stats.landed and seen.units:
        step.rows_landed = step.rows_inserted = step.rows_parsed = 0
        return
    parsed = _parse(lake, stream, landed, stats)
    events = _events(lake, stream)
    known = _of_same_keys(events, parsed, stream) if complete else events
    changes = log_changes(known, parsed, stream, older_than=None if complete else stats.oldest_generation)
    counts = _apply(lake, stream, changes, stats, step)
    if counts["read_lsn"] is not None and lake.settings.mode(stream.name) == "append":
        step.warnings.append(
            "the landing has log positions: with CDC, set sync_mode=cdc, or values that the source left out stay NULL"
        )
    if counts["deleted"] > (step.rows_deleted or 0):
        step.landing = Seen(landing.version)


def _take_in_again(lake: Lake, stream: Stream, step: Step) -> None:
    """Rows are appended first and marked afterwards: if a crash comes in between, the next replay finds duplicates."""
    waiting = quarantine.waiting(lake, stream)
    count = waiting.count()
    if not count:
        return
    landed = open_landing(lake, stream).envelope()
    rows = landed.rows.join(waiting, "raw_id", "left_semi")
    stats = landing_stats(rows)
    if (lost := count - stats.landed) > 0:
        step.warnings.append(f"{lost} rows that are set aside are no longer in the landing")
    if not stats.landed:
        return
    parsed = _parse(lake, stream, Envelope(rows, landed.kind), stats)
    changes = log_changes(_of_same_keys(_events(lake, stream), parsed, stream), parsed, stream)
    _apply(lake, stream, changes, stats, step)
    taken = changes.filter("_outcome in ('stored', 'duplicate')").select(F.col("_raw_id").alias("raw_id"))
    quarantine.mark_taken(lake, stream, taken, step)


def _events(lake: Lake, stream: Stream) -> DataFrame:
    return lake.table(stream.table) if lake.exists(stream.table) else lake.empty(stream.table)


def _of_same_keys(events: DataFrame, rows: DataFrame, stream: Stream) -> DataFrame:
    return events.join(rows.select(*stream.key).distinct(), list(stream.key), "left_semi")


def _held(rows: DataFrame, known: DataFrame, stream: Stream) -> DataFrame:
    """Add `_held`: the live row of bronze with the same payload. Not where one of its values was nulled or had no
    column, because the stream may have been corrected since."""
    content = F.struct(*stream.business_columns, "_rescued").alias("_held")
    good = known.filter("not _is_delete and _rescued is null and size(_changes) = 0")
    live = good.select(F.col("_payload").alias("payload"), content)
    return rows.join(live, "payload", "left")


def _parse(lake: Lake, stream: Stream, landed: Envelope, stats: LandingStats) -> DataFrame:
    return parse(
        landed,
        stream,
        row_rules(stream.table),
        needs_lsn=lake.settings.mode(stream.name) == "cdc",
        rescue=stats.landed <= EXACT_RESCUE or bool(drift.unknown(stats.fields, stream)),
    )


def _apply(
    lake: Lake, stream: Stream, changes: DataFrame, stats: LandingStats, step: Step, *, is_snapshot: bool = False
) -> dict[str, Any]:
    """First count, then write: a landing that must be refused leaves no trace. The very first one has nothing to be
    compared with, so it is counted while it is written."""
    if not stats.landed:
        raise LandingError(f"stream {stream.name}: the landing is empty. Let Airbyte finish a sync, then rerun")
    events_of = partial(as_events, stream=stream, gone_at=stats.landed_at, ingested_at=step.started_at)
    first = not lake.exists(stream.table)
    if first:
        counted = Observation()
        observed = changes.observe(counted, *account.totals(stream, stats))
        _fill(lake, stream.table, events_of(observed, gone_lsn=None, batch=1), step)
        counts = counted.get
    else:
        counts = changes.agg(*account.totals(stream, stats)).collect()[0].asDict()
    account.check(lake.settings, stream, counts, stats, is_snapshot=is_snapshot)
    account.fill_step(stream, changes, counts, stats, step)
    if counts["quarantined"]:
        quarantine.add(lake, stream, changes.filter("_outcome = 'quarantined'"), step)
    if not first and (step.rows_inserted or step.rows_deleted):
        kept = changes if step.rows_deleted else changes.filter("_outcome <> 'deleted'")
        last_batch = _events(lake, stream).agg(F.max("_batch")).collect()[0][0] or 0
        events = events_of(kept, gone_lsn=counts["lsn"], batch=last_batch + 1)
        if last_batch:
            lake.append(stream.table, events)
            step.status = "published"
        else:  # the table is there, and empty
            _fill(lake, stream.table, events, step)
    return counts


def _fill(lake: Lake, table: Table, events: DataFrame, step: Step) -> None:
    """Write the first rows of a table. Raises ConflictError if another run does so at the same time."""
    other = ConflictError(f"{table.full_name}: another run filled it at the same time: run the job again")
    before = lake.now(table)[0] if lake.exists(table) else None
    if before is not None and not lake.table(table).isEmpty():
        raise other
    lake.create(table)
    mark = lake.fill(table, events, before)
    (step.state, step.version, found), *_ = lake.commits_since(table, before)
    if found != mark:
        raise other
    step.status = "published"
