"""The ledger: what ran, what it did, what was set aside. Append-only; counts and names, never values of rows.

What follows from it is told by the views of ledger_views.py.
"""

import json
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from dvdrental.bronze.landing import Seen
from dvdrental.errors import DvdRentalError, StepError
from dvdrental.table import Table

if TYPE_CHECKING:
    from dvdrental.lake import Lake

CHECKS = "ARRAY<STRUCT<rule: STRING, severity: STRING, status: STRING, failed: BIGINT>>"

PAIRS = "ARRAY<STRUCT<rule: STRING, expected: DECIMAL(30,2), actual: DECIMAL(30,2)>>"

SEEN = "STRUCT<version: STRING, watermark: TIMESTAMP_NTZ, units: BIGINT, digest: BIGINT>"

RUN_EVENT = Table(
    layer="ops",
    name="run_event",
    grain="one row per beginning and end of a run",
    key=("run_id", "event", "at"),
    columns="""
        run_id STRING NOT NULL COMMENT 'Run of the job',
        event STRING NOT NULL COMMENT 'started, succeeded or failed',
        at TIMESTAMP_NTZ NOT NULL COMMENT 'UTC',
        package STRING COMMENT 'Version of the package that ran',
        message STRING COMMENT 'Of a run that failed: which steps failed, which never ran'
    """,
)

STEP = Table(
    layer="ops",
    name="step",
    grain="one row per attempt to fill a table",
    key=("run_id", "table_name", "started_at"),
    columns=f"""
        run_id STRING NOT NULL COMMENT 'Run of the job; manual for a notebook opened by hand',
        table_name STRING NOT NULL COMMENT 'layer.table',
        status STRING NOT NULL COMMENT 'published, unchanged or failed',
        rows_landed BIGINT COMMENT 'Bronze: rows of the landing that were taken in: all, or the new ones (append, cdc)',
        rows_duplicate BIGINT COMMENT 'Bronze: landed rows that say nothing new',
        rows_parsed BIGINT COMMENT 'Bronze: landed rows that were parsed; bronze holds the content of the others',
        rows_quarantined BIGINT COMMENT 'Bronze: landed rows that cannot be used',
        rows_computed BIGINT COMMENT 'Silver, gold: rows that were computed and compared with the published ones',
        rows_inserted BIGINT COMMENT 'Rows added',
        rows_updated BIGINT COMMENT 'Rows changed',
        rows_deleted BIGINT COMMENT 'Rows removed; in bronze: delete events stored',
        rows_after BIGINT COMMENT 'Rows of the published table afterwards; in bronze: live keys (overwrite only)',
        state STRING COMMENT 'Version and time of the last commit that may have changed a row of the table',
        built_from MAP<STRING, STRING> COMMENT 'Silver, gold: states of the inputs, and what else the rows depend on',
        landing {SEEN} COMMENT 'Bronze: what was there; tells the next run what is new',
        landed_at TIMESTAMP_NTZ COMMENT 'Bronze: when Airbyte read the newest row that was taken in, UTC',
        warnings ARRAY<STRING> COMMENT 'What to look at: new, missing or changed fields, deletes held back',
        checks {CHECKS} COMMENT 'Quality results; status is pass, fail or error (the rule could not run)',
        pairs {PAIRS} COMMENT 'Reconciliation: the two numbers of each pair',
        started_at TIMESTAMP_NTZ NOT NULL COMMENT 'UTC',
        seconds DOUBLE NOT NULL COMMENT 'Wall time',
        message STRING COMMENT 'Error class and text, without values of rows'
    """,
)

QUARANTINE = Table(
    layer="ops",
    name="quarantine",
    grain="one row per landed row that could not be used",
    key=("stream", "raw_id", "quarantined_at"),
    columns="""
        stream STRING NOT NULL COMMENT 'Source table',
        raw_id STRING NOT NULL COMMENT 'Airbyte id of the landed row; of a broken line a hash of it',
        rule STRING NOT NULL COMMENT 'What it breaks',
        reason STRING NOT NULL COMMENT 'The same in words',
        excerpt STRING COMMENT 'Begin of the payload, letters as x and digits as n',
        extracted_at TIMESTAMP_NTZ COMMENT 'When Airbyte read the row, UTC',
        run_id STRING NOT NULL COMMENT 'Run that set it aside',
        quarantined_at TIMESTAMP_NTZ NOT NULL COMMENT 'UTC',
        replayed_at TIMESTAMP_NTZ COMMENT 'When the row was taken in after all, UTC',
        replayed_by STRING COMMENT 'Run that took it in',
        gone_at TIMESTAMP_NTZ COMMENT 'When a full refresh no longer brought it: mended, deleted or sent anew; UTC'
    """,
)

WAITING = "replayed_at IS NULL AND gone_at IS NULL"
"""Of quarantined rows: those that are still to be looked at."""

TABLES = (RUN_EVENT, STEP, QUARANTINE)


@dataclass
class Check:
    """One rule's result. `failed` counts the rows that break it, where the rule counts rows."""

    rule: str
    severity: str
    status: str
    failed: int | None = None


@dataclass
class Pair:
    """Two numbers that must agree."""

    rule: str
    expected: Decimal
    actual: Decimal


@dataclass
class Step:
    """One row of ops.step."""

    run_id: str
    table_name: str
    started_at: datetime
    status: str = "unchanged"
    rows_landed: int | None = None
    rows_duplicate: int | None = None
    rows_parsed: int | None = None
    rows_quarantined: int | None = None
    rows_computed: int | None = None
    rows_inserted: int | None = None
    rows_updated: int | None = None
    rows_deleted: int | None = None
    rows_after: int | None = None
    state: str | None = None
    version: int | None = None
    """Newest version of the table, compaction included: for tasks of the same run, not for the ledger."""
    built_from: dict[str, str] = field(default_factory=dict)
    landing: Seen | None = None
    landed_at: datetime | None = None
    warnings: list[str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    seconds: float = 0.0
    message: str | None = None


def to_json(steps: list[Step]) -> str:
    """Exit value of a notebook: its ledger rows."""
    return json.dumps([asdict(step) for step in steps], default=str)


def utc_now() -> datetime:
    """Without zone, as every TIMESTAMP_NTZ of the lake means UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


@contextmanager
def recording(lake: "Lake") -> Iterator[list[Step]]:
    """Append the steps that are put into the list to the ledger, whatever happens inside, in one commit."""
    steps: list[Step] = []
    try:
        yield steps
    finally:
        if steps:
            lake.append_rows(STEP, [asdict(step) for step in steps])
    lake.handover.hand_on(steps)


@contextmanager
def attempt(lake: "Lake", name: str, steps: list[Step]) -> Iterator[Step]:
    """Run one step and put it into the list, timed, with the error that ended it."""
    step = Step(run_id=lake.settings.run_id, table_name=name, started_at=utc_now())
    began = time.monotonic()
    try:
        yield step
    except Exception as error:
        told = error if isinstance(error, DvdRentalError) else StepError(_where(error))
        step.status, step.message = "failed", describe(told)
        told.add_note(_what_now(step))
        raise told.with_traceback(error.__traceback__) from None
    except BaseException as error:  # the process is told to end
        step.status, step.message = "failed", type(error).__name__
        raise
    finally:
        step.seconds = round(time.monotonic() - began, 3)
        steps.append(step)


@contextmanager
def recorded(lake: "Lake", name: str) -> Iterator[Step]:
    """One step with its ledger row."""
    with recording(lake) as steps, attempt(lake, name, steps) as step:
        yield step


def _what_now(step: Step) -> str:
    """Last lines of a failed task: what readers see meanwhile, and what to do."""
    version, _, since = (step.state or "").partition("@")
    there = f"Readers see version {version}, published at {since} UTC" if since else "Nothing was published here"
    return (
        f"{step.table_name} failed in run {step.run_id}, started at {step.started_at:%Y-%m-%d %H:%M:%S} UTC. {there}. "
        "Running it again is safe. More: the view ops.last_failure"
    )


def own_frames(error: Exception) -> list[traceback.FrameSummary]:
    """Of the stack of an error the lines of this package and of notebooks. Other packages may lie in the same checkout,
    or beside this one."""
    return [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(Path(frame.filename))]


def _is_own(file: Path) -> bool:
    return Path(__file__).parent in file.parents or file.parent.parent.name == "notebooks"


def _where(error: Exception) -> str:
    """Class and condition of an error, and the line of ours that it passed last."""
    ours = own_frames(error)
    line = f"{Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else "code outside this package"
    condition = getattr(error, "getCondition", lambda: None)()
    state = getattr(error, "getSqlState", lambda: None)()
    return ", ".join(filter(None, [type(error).__name__, condition, state and f"SQLSTATE {state}"])) + f" in {line}"


def describe(error: Exception) -> str:
    """Our own messages hold no values of rows; of any other error class, condition and place. Notes are ours."""
    text = f"{type(error).__name__}: {error}" if isinstance(error, DvdRentalError) else _where(error)
    return "\n".join([text, *getattr(error, "__notes__", [])])
