"""Many weeks of random changes, with runs that are killed at random and run again: in the end everything holds that
holds after one run, and the lake has not grown but for its rows."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from dvdrental import ops
from dvdrental.bronze.streams import STREAMS
from dvdrental.lake import Lake
from dvdrental.local.bundle import Bundle
from dvdrental.local.folder import parameters
from dvdrental.local.job import Task, plan, run
from dvdrental.local.landing import Database
from dvdrental.maintain import maintain
from tests.end_to_end.test_weeks import TASKS, land_all, land_changes
from tests.local_lake import ROOT, SCHEMAS, LocalLake
from tests.sizes import size
from tests.weeks import Row, Weeks

RUNS = size(3, 50)
EVERYTHING_AT = size((3,), (10, 25, 50))
"""After these runs the whole job has run, and everything is looked at."""

WRITES = ("create", "write_stage", "merge", "append", "append_rows", "drop_stage")
SEED = 5
UPKEEP_EVERY = 5
FILES_A_RUN = 60
"""At most, of the ledger, to which each task appends; with runs that are killed, repeated and rebuilt."""


pytestmark = pytest.mark.skipif(not size(False, True), reason="takes minutes: DVDRENTAL_LONG=1 asks for it")


class Living(Weeks):
    """Keys change more than once: nobody looks into the journal."""

    def _fresh(self, table: str) -> Row:
        while not self._untouched[table] or self._untouched[table][-1] not in self.tables[table]:
            self._untouched[table] = self._untouched[table][:-1] or self._shuffled(table)
        return super()._fresh(table)


class Killed(Exception):
    """Nothing is written any more, not even to the ledger, as when the process is gone."""


@dataclass
class Life:
    """Ends before or after one of the writes of a run."""

    ends_at: int
    does_the_last: bool
    written: int = 0
    last: str = ""
    _lock: Any = field(default_factory=Lock)

    def guard(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def write(*arguments: Any, **named: Any) -> Any:
            with self._lock:
                self.written += 1
                number = self.written
            if number > self.ends_at or (number == self.ends_at and not self.does_the_last):
                self.last = self.last or f"before {name}"
                raise Killed(name)
            result = act(*arguments, **named)
            if number == self.ends_at:
                self.last = f"after {name}"
                raise Killed(name)
            return result

        return write


def work(house: LocalLake, run_id: str, names: Sequence[str] | None = None, **settings: str) -> dict[str, Task]:
    """As LocalLake.attempt, for a lake that is open, and without a look at the tables: a soak is long enough."""
    given = parameters(house.folder, run_id) | {"sync_mode": "cdc"} | settings
    tasks = [task for task in plan(Bundle(ROOT), "dvd_rental_pipeline", given) if names is None or task.key in names]
    run(tasks, house.spark, lambda task: None)
    return {task.key: task for task in tasks}


def good(tasks: dict[str, Task]) -> list[dict[str, Any]]:
    """The ledger rows of tasks that all went well."""
    assert {task.key: task.error for task in tasks.values() if task.state != "success"} == {}
    return [step for task in tasks.values() for step in task.steps]


def killed_run(house: LocalLake, run_id: str, chance: Random) -> str:
    life = Life(chance.randint(1, 100), chance.random() < 0.5)
    with pytest.MonkeyPatch.context() as patched:
        for name in WRITES:
            patched.setattr(Lake, name, life.guard(name, getattr(Lake, name)))
        work(house, run_id, TASKS)
    return life.last or "not at all"


@pytest.fixture
def house(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLake]:
    made = LocalLake(spark, tmp_path_factory.mktemp("soak"))
    yield made
    made.close()


def test_soak_of_runs_with_changes_kills_and_reruns(house: LocalLake, sample: Database) -> None:
    chance, weeks = Random(SEED), Living(sample, SEED, deletes=True)
    land_all(house, weeks, "cdc")
    house.work("run-0", sync_mode="cdc")
    began, figures, kills = time.monotonic(), {}, Counter[str]()
    for number in range(1, RUNS + 1):
        weeks.live()
        land_changes(house, weeks, "cdc")
        if chance.random() < 0.4:
            kills[killed_run(house, f"killed-{number}", chance)] += 1
        good(work(house, f"run-{number}", None if number in EVERYTHING_AT else TASKS))
        if chance.random() < 0.1:
            rerun_changes_nothing(house, f"again-{number}")
        if number % UPKEEP_EVERY == 0 and number not in EVERYTHING_AT:
            two_weeks_later(house)
        if number in EVERYTHING_AT:
            figures[number] = {"seconds": round(time.monotonic() - began), **look(house, weeks)}
            tell({"kills": kills, "at": figures})
    assert kills
    for figure in figures.values():
        assert figure["files_after_upkeep"]["most"] <= 2
        assert figure["files_no_version_needs"] == 0
        assert figure["files"]["most"] <= FILES_A_RUN * UPKEEP_EVERY


def tell(figures: dict[str, Any]) -> None:
    """Where somebody asks for them."""
    if "DVDRENTAL_FIGURES" in os.environ:
        Path(os.environ["DVDRENTAL_FIGURES"]).write_text(json.dumps(figures, indent=1, default=str))


def rerun_changes_nothing(house: LocalLake, run_id: str) -> None:
    before = house.commits()
    good(work(house, run_id, TASKS))
    after = house.commits()
    assert [name for name in after if after[name] > before[name] and not name.startswith("ops.")] == []


def two_weeks_later(house: LocalLake) -> None:
    """Upkeep, and then what it would remove once its retention is over."""
    lake, check = house.lake, "spark.databricks.delta.retentionDurationCheck.enabled"
    maintain(lake)
    lake.spark.conf.set(check, "false")
    for log in house.folder.glob("*/*/_delta_log"):
        if log.parents[1].name in SCHEMAS:
            lake.spark.sql(f"VACUUM {log.parents[1].name}.{log.parent.name} RETAIN 0 HOURS")
    lake.spark.conf.unset(check)


def look(house: LocalLake, weeks: Weeks) -> dict[str, Any]:
    """Everything that must hold, and how many files there are."""
    house.look()
    ledger_accounts_for_every_row(house)
    bronze_holds_the_source(house, weeks)
    gold_holds_the_source(house, weeks)
    steps = good(work(house, f"rebuild-{weeks.number}", rebuild="yes"))
    assert [
        s["table_name"] for s in steps if s["status"] != "unchanged" and s["table_name"] != "ops.reconciliation"
    ] == []
    tables = [log.parent for log in house.folder.glob("*/*/_delta_log") if log.parents[1].name in SCHEMAS]
    before = [len(DeltaTable(table).file_uris()) for table in tables]
    two_weeks_later(house)
    live = [len(DeltaTable(table).file_uris()) for table in tables]
    logs = [len(list((table / "_delta_log").rglob("*"))) for table in tables]
    data = [file for table in tables for file in table.rglob("*.parquet") if "_delta_log" not in file.parts]
    return {
        "files": {"all": sum(before), "most": max(before)},
        "files_after_upkeep": {"all": sum(live), "most": max(live)},
        "files_no_version_needs": len(data) - sum(live),
        "files_of_logs": {"all": sum(logs), "most": max(logs)},
        "stages": len(list((house.folder / "staging").glob("*/*"))),
        "megabytes": sum(file.stat().st_size for t in tables for file in t.rglob("*") if file.is_file()) // 1_000_000,
    }


def ledger_accounts_for_every_row(house: LocalLake) -> None:
    steps = house.lake.table(ops.STEP).filter("table_name like 'bronze.%' and rows_landed is not null").collect()
    lost = [
        (step.run_id, step.table_name)
        for step in steps
        if step.rows_landed != step.rows_inserted + step.rows_duplicate + step.rows_quarantined
    ]
    assert lost == []
    assert house.lake.table(ops.QUARANTINE).count() == 0


def bronze_holds_the_source(house: LocalLake, weeks: Weeks) -> None:
    """No event twice, and as many live keys as the source has rows."""
    with duckdb.connect() as db:
        for stream in STREAMS.values():
            db.register("log", DeltaTable(house.folder / "bronze" / stream.name).to_pyarrow_dataset())
            key = ", ".join(stream.key)
            last = (
                f"SELECT arg_max(_is_delete, (coalesce(_lsn, 0), _at, _extracted_at)) AS gone FROM log GROUP BY {key}"
            )
            live = db.execute(f"SELECT count(*) FROM ({last}) WHERE NOT gone").fetchone()
            twins = db.execute("SELECT count(*) - count(DISTINCT _raw_id) FROM log").fetchone()
            assert (live, twins) == ((len(weeks.tables[stream.name]),), (0,)), stream.name


def gold_holds_the_source(house: LocalLake, weeks: Weeks) -> None:
    rentals = house.tables["gold.rental_obt"]
    assert Counter(row.rental_id for row in rentals) == Counter(
        int(r["rental_id"]) for r in weeks.tables["rental"].values()
    )
    paid = sum(Decimal(row["amount"]) for row in weeks.tables["payment"].values())
    assert sum(row.amount for row in house.tables["silver.fact_payments"]) == paid
    open_members = [
        row.customer_id for row in house.tables["silver.dim_customer"] if row.is_current and row.customer_id > 0
    ]
    assert sorted(Counter(open_members).values())[-1] == 1
    assert {int(row["customer_id"]) for row in weeks.tables["customer"].values()} <= set(open_members)
