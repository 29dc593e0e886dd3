"""The ledger: what ran, what it did, what was set aside. Append-only; counts and names, never values of rows.

Steps get into it by recording.py; what follows from it is told by the views of ledger_views.py.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from dvdrental.table import Table

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


@dataclass(frozen=True)
class Seen:
    """What a run saw of a landing: kept in the ledger, compared by the next run.

    `units` are what arrives whole: rows of a table, files of a folder. Their number and `digest` (an exclusive-or of
    their hashes) up to `watermark` prove that nothing arrived late below it.
    """

    version: str
    watermark: datetime | None = None
    units: int | None = None
    digest: int | None = None


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
