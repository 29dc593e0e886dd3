"""A week whose facts break a rule: nobody sees it, the run explains itself, no value of a row gets out; the next run
mends it."""

import copy
import json
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from dvdrental import ledger_views, ops
from dvdrental.local.folder import land
from dvdrental.local.job import Task
from dvdrental.local.landing import Database
from dvdrental.quality import rules
from dvdrental.quality.reconcile import reconcile
from dvdrental.recording import recording
from tests.landing import MORNING
from tests.local_lake import LocalLake

CANARY = "Quiddity"
"""Stands in every personal column of one customer."""

FACTS = "silver.fact_rentals"
CHANGED = "2026-01-10 12:00:00"


@pytest.fixture(scope="module")
def house(one_run: LocalLake) -> LocalLake:
    return one_run


def with_canary(sample: Database) -> Database:
    source = copy.deepcopy(sample)
    customer = source["customer"][0]
    customer |= {"first_name": CANARY, "last_name": CANARY, "email": f"{CANARY}@example.org"}
    address = next(row for row in source["address"] if row["address_id"] == customer["address_id"])
    address |= {"address": CANARY, "address2": CANARY, "phone": CANARY}
    return source


@pytest.fixture(scope="module")
def failed(house: LocalLake, sample: Database) -> tuple[dict[str, Task], list[tuple[int, int]]]:
    """The tasks of a run whose facts break a rule, and what a reader of the facts saw meanwhile."""
    source, own = with_canary(sample), dict(rules._rule_file())
    source["customer"][0] |= {"active": "0", "last_update": CHANGED}
    source["rental"][0] |= {"staff_id": "1", "return_date": "2026-01-09 10:00:00", "last_update": CHANGED}
    source["category"][0] |= {"name": None, "last_update": CHANGED}
    land(source, house.folder, "v2", MORNING + timedelta(days=7))
    rule = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "rental_duration_days", "max_value": -1}}
    with pytest.MonkeyPatch.context() as patched, Reader(house.folder / "silver" / "fact_rentals") as reader:
        patched.setattr(rules, "_rule_file", lambda: own | {FACTS: [rule]})
        tasks = house.attempt("bad")
    return tasks, reader.seen


class Reader(threading.Thread):
    """Looks at a table again and again, without Spark."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self.seen, self.stopped = folder, list[tuple[int, int]](), threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.2):
            table = DeltaTable(self.folder)
            self.seen.append((table.version(), table.to_pyarrow_dataset().count_rows()))

    def __enter__(self) -> "Reader":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.join()


def test_promise_09_reader_sees_only_what_was_audited(failed: Any, house: LocalLake) -> None:
    _, seen = failed
    assert len(seen) > 10
    assert set(seen) == {(1, len(house.tables[FACTS]))}


def test_promise_10_gold_stays_what_it_was_when_silver_fails_half_way(failed: Any, house: LocalLake) -> None:
    tasks, _ = failed
    states = {key: task.state for key, task in tasks.items()}
    assert (states["silver_dim_customer"], states["silver_fact_rentals"]) == ("success", "failed")
    assert {states[key] for key in states if key.startswith("gold")} == {"skipped"}
    for name in house.tables:
        if not name.startswith("silver.dim"):
            assert house.tables[name] == house.before[name], name
    assert house.new("silver.dim_customer")


def test_promise_25_failed_run_explains_itself(failed: Any, house: LocalLake) -> None:
    tasks, _ = failed
    last_words = "\n".join([str(tasks["silver_fact_rentals"].error), *tasks["silver_fact_rentals"].error.__notes__])
    rows = len(house.tables[FACTS])
    for told in (
        "silver.fact_rentals was not published: column_values_to_be_between(rental_duration_days): fail, 1 rows",
        "NOT (rental_duration_days <= -1)",
        "failed in run bad",
        "Readers see version 1, published at",
        "Running it again is safe",
    ):
        assert told in last_words, rows
    ending = str(tasks["ops_finish"].error)
    assert ending.startswith("run bad failed; what was published before is still there")
    assert "silver.fact_rentals: QualityError" in ending
    assert "never ran, or died: silver.fact_payments, gold." in ending.replace("gold.actor_rentals", "gold.")
    (failure,) = house.lake.table(ledger_views.LAST_FAILURE).collect()
    assert (failure.table_name, failure.run_id) == (FACTS, "bad")
    assert failure.published_as_of < failure.failed_at
    runs = {row.run_id: row.status for row in house.lake.table(ledger_views.RUN).collect()}
    assert runs == {"first": "succeeded", "bad": "failed"}


def test_promise_21_no_personal_value_gets_out(
    failed: Any, house: LocalLake, capfd: pytest.CaptureFixture[str]
) -> None:
    """The ledger, the quarantine, gold, the reports, what tasks print and raise. (In silver it has its place.)"""
    tasks, _ = failed
    told = "".join(f"{task.error!r} {getattr(task.error, '__notes__', '')} {task.steps}" for task in tasks.values())
    assert CANARY not in told + "".join(capfd.readouterr())
    assert CANARY in str(house.tables["silver.dim_customer"])
    assert parquet_files_with(house.folder / "silver", CANARY)
    for layer in ("gold", "ops"):
        assert parquet_files_with(house.folder / layer, CANARY) == []
    reports = [file for file in (house.folder / "reports").rglob("*") if file.is_file()]
    assert {"index.html", "bad.jsonl"} <= {file.name for file in reports}
    logs = [file for layer in ("gold", "ops") for file in house.folder.glob(f"{layer}/*/_delta_log/*.*")]
    assert [file for file in reports + logs if CANARY.encode() in file.read_bytes()] == []


def parquet_files_with(folder: Path, text: str) -> list[Path]:
    query = "SELECT count(*) FROM read_parquet(?) AS r WHERE contains(r::VARCHAR, ?)"
    files = folder.rglob("*.parquet")
    return [file for file in files if duckdb.execute(query, [str(file), text]).fetchone() != (0,)]


def test_promise_28_events_of_the_run_tell_what_the_ledger_tells(failed: Any, house: LocalLake) -> None:
    lines = (house.folder / "reports" / "openlineage" / "bad.jsonl").read_text().splitlines()
    ends = [event for event in map(json.loads, lines) if event["eventType"] != "START"]
    steps = house.lake.table(ops.STEP).filter("run_id = 'bad'").collect()
    states = {event["job"]["name"].partition(".")[2]: event["eventType"] for event in ends}
    assert states == {step.table_name: "FAIL" if step.status == "failed" else "COMPLETE" for step in steps}


def test_foreign_error_is_told_without_its_text(failed: Any, house: LocalLake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spark quotes the value that it could not cast."""
    from dvdrental.silver import dim_customer

    build = dim_customer.build
    monkeypatch.setattr(dim_customer, "build", lambda **logs: build(**logs).withColumn("store_id", casted("email")))
    error = house.attempt("cast", ["silver_dim_customer"], rebuild="yes")["silver_dim_customer"].error
    assert CANARY not in f"{error!r} {error.__notes__} {error.__cause__}"
    assert error.__suppress_context__
    assert "CAST_INVALID_INPUT, SQLSTATE 22018 in" in str(error)


def casted(column: str) -> Any:
    from pyspark.sql import functions as F

    return F.col(column).cast("int")


def test_next_run_without_the_fault_publishes_what_was_held_back(failed: Any, house: LocalLake) -> None:
    house.work("mended")
    assert {name for name in house.tables if house.new(name)} >= {FACTS, "gold.rental_obt"}
    assert reconcile(house.lake).message is None
    runs = {row.run_id: row.status for row in house.lake.table(ledger_views.RUN).collect()}
    assert runs["mended"] == "succeeded"
    assert house.lake.table(ledger_views.LAST_FAILURE).filter("run_id = 'bad'").isEmpty()


def test_promise_25_run_that_died_is_abandoned_once_another_one_starts(house: LocalLake) -> None:
    house.attempt("dies", ["ops_begin"])
    assert status_of(house, "dies") == "running"
    house.attempt("next", ["ops_begin"])
    assert (status_of(house, "dies"), status_of(house, "next")) == ("abandoned", "running")


def status_of(house: LocalLake, run_id: str) -> str:
    (row,) = house.lake.table(ledger_views.RUN).filter(f"run_id = '{run_id}'").collect()
    return str(row.status)


@pytest.mark.parametrize(("days", "status"), [(7.9, "pass"), (8.1, "warn"), (14.9, "warn"), (15.1, "error")])
def test_promise_26_staleness_is_noticed(house: LocalLake, days: float, status: str) -> None:
    lake = house.lake
    landed_at = ops.utc_now() - timedelta(days=days)
    step = ops.Step("old", f"bronze.aged_{int(days * 10)}", datetime(2026, 1, 1), landed_at=landed_at)
    with recording(lake) as steps:
        steps.append(step)
    (row,) = lake.table(ledger_views.FRESHNESS).filter(f"table_name = '{step.table_name}'").collect()
    assert (row.status, round(float(row.days), 1)) == (status, days)
