"""The views on the ledger, from steps and run events that are written down here."""

from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dvdrental import ledger_views, ops
from dvdrental.lake import Lake
from dvdrental.ops import Check, Pair, Step, utc_now
from dvdrental.table import View

MONDAY = datetime(2026, 1, 5, 9, 30)
WEEK = timedelta(weeks=1)
UNIQUE, NAMED, BOUND = "column_values_to_be_unique(id)", "not_null(name)", "between(amount)"


def step(run: str, table: str, week: int, **values: Any) -> Step:
    return Step(run_id=run, table_name=table, started_at=MONDAY + week * WEEK, **values)


STEPS = [
    step("run-0", "bronze.rental", 0, status="published", rows_landed=10, rows_quarantined=1, rows_inserted=9,
         landed_at=utc_now() - timedelta(days=20)),
    step("run-1", "bronze.rental", 1, status="published", rows_landed=3, rows_quarantined=0, rows_inserted=3,
         landed_at=utc_now() - timedelta(days=9), warnings=["2 deletes held back", "new field mood"]),
    step("run-1", "bronze.film", 1, status="published", landed_at=utc_now() - timedelta(hours=12)),
    step("died", "bronze.rental", 0, status="failed", landed_at=utc_now()),
    step("run-0", "gold.big", 0, status="published", rows_inserted=9, rows_after=9, seconds=2.5,
         checks=[Check(UNIQUE, "critical", "pass", 0), Check(NAMED, "warning", "fail", 2)]),
    step("run-1", "gold.big", 1, status="failed", message="AuditError: gold.big",
         checks=[Check(UNIQUE, "critical", "fail", 4), Check(BOUND, "critical", "error", None)]),
    step("run-1", "gold.small", 1, status="unchanged", rows_after=5),
    step("run-0", "ops.reconciliation", 0, pairs=[Pair("rentals", Decimal(9), Decimal(9))]),
    step("run-1", "ops.reconciliation", 1, pairs=[Pair("rentals", Decimal(12), Decimal("11.5"))]),
]  # fmt: skip

EVENTS = [
    ("died", "started", 0, None),
    ("run-0", "started", 1, None),
    ("run-0", "succeeded", 2, None),
    ("run-1", "started", 3, None),
    ("run-1", "failed", 4, "gold.big: AuditError"),
    ("now", "started", 0, None),
    ("now", "failed", 1, "silver.small: StepError"),
    ("now", "started", 5, None),
]


@pytest.fixture
def told(lake: Lake) -> Lake:
    events = [
        dict(run_id=run, event=event, at=MONDAY + timedelta(hours=hour), package="1.0", message=message)
        for run, event, hour, message in EVENTS
    ]
    lake.append_rows(ops.RUN_EVENT, events)
    lake.append_rows(ops.STEP, [asdict(one) for one in STEPS])
    for view in ledger_views.VIEWS:
        lake.create_view(view)
    return lake


def seen(lake: Lake, view: View, columns: str) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in lake.table(view).select(*columns.split()).collect()}


def test_failure_is_told_since_when_it_lasts(lake: Lake) -> None:
    statuses = {
        "gold.lasting": ["failed", "published", "failed", "failed", "failed"],
        "gold.never": ["failed", "failed"],
        "gold.mended": ["failed", "unchanged"],
    }
    rows = [
        step(f"run-{week}", name, week, status=status, message=f"week {week}")
        for name, tried in statuses.items()
        for week, status in enumerate(tried)
    ]
    lake.append_rows(ops.STEP, [asdict(one) for one in rows])
    lake.create_view(ledger_views.LAST_FAILURE)
    columns = "table_name run_id failing_since failed_at message published_as_of"
    assert seen(lake, ledger_views.LAST_FAILURE, columns) == {
        ("gold.lasting", "run-4", MONDAY + 2 * WEEK, MONDAY + 4 * WEEK, "week 4", MONDAY + WEEK),
        ("gold.never", "run-1", MONDAY, MONDAY + WEEK, "week 1", None),
    }


def test_views_tell_what_follows_from_the_ledger(told: Lake) -> None:
    assert seen(told, ledger_views.RUN, "run_id status message") == {
        ("died", "abandoned", None),
        ("run-0", "succeeded", None),
        ("run-1", "failed", "gold.big: AuditError"),
        ("now", "running", None),
    }
    assert seen(told, ledger_views.RECONCILIATION, "run_id rule expected actual agrees") == {
        ("run-0", "rentals", Decimal("9.00"), Decimal("9.00"), True),
        ("run-1", "rentals", Decimal("12.00"), Decimal("11.50"), False),
    }
    assert seen(told, ledger_views.FRESHNESS, "table_name status") == {
        ("bronze.rental", "warn"),
        ("bronze.film", "pass"),
    }
    ((name, days),) = {
        row for row in seen(told, ledger_views.FRESHNESS, "table_name days") if row[0] == "bronze.rental"
    }
    assert (name, float(days)) == ("bronze.rental", pytest.approx(9, abs=0.1))
    assert seen(told, ledger_views.LAST_FAILURE, "table_name run_id message published_as_of") == {
        ("gold.big", "run-1", "AuditError: gold.big", MONDAY)
    }
    assert seen(told, ledger_views.QUALITY, "run_id rule severity status failed") == {
        ("run-0", UNIQUE, "critical", "pass", 0),
        ("run-0", NAMED, "warning", "fail", 2),
        ("run-1", UNIQUE, "critical", "fail", 4),
        ("run-1", BOUND, "critical", "error", None),
    }
    # what readers of gold see of the same
    columns = (
        "run_id table_name layer is_last status rows_landed rows_quarantined rows_after number_of_checks failed_checks"
    )
    loads = seen(told, ledger_views.LOADS, columns)
    assert {row for row in loads if row[2] != "ops"} == {
        ("died", "bronze.rental", "bronze", False, "failed", None, None, None, 0, 0),
        ("run-0", "bronze.rental", "bronze", False, "published", 10, 1, None, 0, 0),
        ("run-1", "bronze.rental", "bronze", True, "published", 3, 0, None, 0, 0),
        ("run-1", "bronze.film", "bronze", True, "published", None, None, None, 0, 0),
        ("run-0", "gold.big", "gold", False, "published", None, None, 9, 2, 1),
        ("run-1", "gold.big", "gold", True, "failed", None, None, None, 2, 2),
        ("run-1", "gold.small", "gold", True, "unchanged", None, None, 5, 0, 0),
    }
    warned = {row for row in seen(told, ledger_views.LOADS, "run_id table_name number_of_warnings") if row[2] != 0}
    assert warned == {("run-1", "bronze.rental", 2)}
    assert not {"message", "warnings"} & set(told.table(ledger_views.LOADS).columns)
    assert seen(told, ledger_views.DATA_QUALITY, "run_id rule is_last broken_rows") == {
        ("run-0", UNIQUE, False, 0),
        ("run-0", NAMED, False, 2),
        ("run-1", UNIQUE, True, 4),
        ("run-1", BOUND, True, None),
    }
