"""What follows from the ledger, as views: in ops for those who run the job, in gold for its readers."""

from dvdrental import ops
from dvdrental.table import View

NOW = "CAST(to_utc_timestamp(now(), current_timezone()) AS TIMESTAMP_NTZ)"

EACH_CHECK = "LATERAL VIEW explode(checks) AS result"
"""One row per check of a step."""

RUN = View(
    layer="ops",
    name="run",
    comment="One row per run. A run without an end is abandoned once another one has started",
    source=ops.RUN_EVENT,
    columns={
        "run_id": "run_id",
        "status": """CASE
            WHEN max_by(event, at) <> 'started' THEN max_by(event, at)
            WHEN max(at) < (SELECT max(at) FROM {source} WHERE event = 'started') THEN 'abandoned'
            ELSE 'running' END""",
        "started_at": "max(at) FILTER (WHERE event = 'started')",
        "ended_at": "CASE WHEN max_by(event, at) <> 'started' THEN max(at) END",
        "package": "max_by(package, at)",
        "message": "max_by(message, at)",
    },
    clauses="GROUP BY run_id",
)

QUALITY = View(
    layer="ops",
    name="quality",
    comment="One row per quality check of a step",
    source=ops.STEP,
    columns={
        "run_id": "run_id",
        "table_name": "table_name",
        "started_at": "started_at",
        "rule": "result.rule",
        "severity": "result.severity",
        "status": "result.status",
        "failed": "result.failed",
    },
    clauses=EACH_CHECK,
)

RECONCILIATION = View(
    layer="ops",
    name="reconciliation",
    comment="One row per pair of numbers that must agree, and run that compared them",
    source=ops.STEP,
    columns={
        "run_id": "run_id",
        "started_at": "started_at",
        "rule": "pair.rule",
        "expected": "pair.expected",
        "actual": "pair.actual",
        "agrees": "pair.expected = pair.actual",
    },
    clauses="LATERAL VIEW explode(pairs) AS pair",
)

FRESHNESS = View(
    layer="ops",
    name="freshness",
    comment="One row per stream: how old the newest landed row is, now. The job is weekly: warn after 8 days, "
    "error after 15",
    source=ops.STEP,
    columns={
        "table_name": "table_name",
        "landed_at": "max(landed_at)",
        "days": f"round(timestampdiff(MINUTE, max(landed_at), {NOW}) / 1440, 2)",
        "status": f"""CASE
            WHEN max(landed_at) >= {NOW} - INTERVAL 8 DAYS THEN 'pass'
            WHEN max(landed_at) >= {NOW} - INTERVAL 15 DAYS THEN 'warn'
            ELSE 'error' END""",
    },
    clauses="WHERE table_name LIKE 'bronze.%' AND status <> 'failed' GROUP BY table_name",
)

LAST_FAILURE = View(
    layer="ops",
    name="last_failure",
    comment="One row per table whose last step failed: since when, why, and as of when it is published",
    source=ops.STEP,
    columns={
        "table_name": "table_name",
        "run_id": "max_by(run_id, started_at)",
        "failing_since": "min(started_at)",
        "failed_at": "max(started_at)",
        "message": "max_by(message, started_at)",
        "published_as_of": "max(good_at)",
    },
    clauses="""
        LEFT JOIN (
            SELECT table_name, max(started_at) AS good_at FROM {source} WHERE status <> 'failed' GROUP BY table_name
        ) USING (table_name)
        WHERE good_at IS NULL OR started_at > good_at GROUP BY table_name""",
)
"""What remains of each table after its last success are failures."""

LOADS = View(
    layer="gold",
    name="loads",
    comment="One row per attempt to fill a table: rows in and out, quality checks, warnings, time. From ops.step",
    source=ops.STEP,
    columns={
        "run_id": "run_id",
        "table_name": "table_name",
        "layer": "split_part(table_name, '.', 1)",
        "status": "status",
        "is_last": "row_number() OVER (PARTITION BY table_name ORDER BY started_at DESC) = 1",
        "started_at": "started_at",
        "seconds": "seconds",
        "rows_landed": "rows_landed",
        "rows_quarantined": "rows_quarantined",
        "rows_inserted": "rows_inserted",
        "rows_updated": "rows_updated",
        "rows_deleted": "rows_deleted",
        "rows_after": "rows_after",
        "number_of_checks": "size(checks)",
        "failed_checks": "size(filter(checks, one -> one.status <> 'pass'))",
        "number_of_warnings": "size(warnings)",
        "landed_at": "landed_at",
    },
)

DATA_QUALITY = View(
    layer="gold",
    name="data_quality",
    comment="One row per quality check of a load: pass, fail or error, and how many rows broke it. From ops.step",
    source=ops.STEP,
    columns={
        "run_id": "run_id",
        "table_name": "table_name",
        "started_at": "started_at",
        "is_last": "rank() OVER (PARTITION BY table_name ORDER BY started_at DESC) = 1",
        "rule": "result.rule",
        "severity": "result.severity",
        "status": "result.status",
        "broken_rows": "result.failed",
    },
    clauses=EACH_CHECK,
)

VIEWS = (RUN, QUALITY, RECONCILIATION, FRESHNESS, LAST_FAILURE, LOADS, DATA_QUALITY)
