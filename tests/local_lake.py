"""A lake in a folder on which the job runs, as `dvdrental run` would run it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from pyspark.sql import Row, SparkSession

from dvdrental.lake import Lake
from dvdrental.local.bundle import Bundle
from dvdrental.local.folder import open_lake, parameters
from dvdrental.local.job import Task, plan, run
from dvdrental.local.session import register
from tests import contracts
from tests.cost import jobs_so_far

ROOT = Path(__file__).parents[1]
SCHEMAS = ("bronze", "silver", "gold", "ops")


@dataclass
class LocalLake:
    """`tables` and `before` hold the rows after the last run and after the one before it, `jobs` the number of Spark
    jobs of the last run. `opened` is set once the catalog knows the lake."""

    spark: SparkSession
    folder: Path
    tables: dict[str, list[Any]] = field(default_factory=dict)
    before: dict[str, list[Any]] = field(default_factory=dict)
    jobs: int = 0
    opened: Lake | None = None

    @property
    def lake(self) -> Lake:
        """Opened once: what later runs make is in the catalog already."""
        self.opened = self.opened or open_lake(self.spark, self.folder)
        return self.opened

    def work(self, run_id: str, tasks: Sequence[str] | None = None, **settings: str) -> list[dict[str, Any]]:
        """Run the job, or some of its tasks; gives the ledger rows. Fails if a task fails."""
        worked = self.attempt(run_id, tasks, **settings)
        assert [f"{task.key}: {task.error}" for task in worked.values() if task.state == "failed"] == []
        assert all(task.state == "success" for task in worked.values())
        return [step for task in worked.values() for step in task.steps]

    def attempt(self, run_id: str, tasks: Sequence[str] | None = None, **settings: str) -> dict[str, Task]:
        """As `work`, but tasks may fail; gives them by key."""
        register(self.lake.spark, self.folder)
        planned = plan(Bundle(ROOT), "dvd_rental_pipeline", parameters(self.folder, run_id) | settings)
        chosen = [task for task in planned if tasks is None or task.key in tasks]
        before = jobs_so_far(self.spark)
        run(chosen, self.spark, lambda task: None)
        self.jobs = jobs_so_far(self.spark) - before
        self.look()
        return {task.key: task for task in chosen}

    def look(self) -> None:
        self.before, self.tables = self.tables, {name: rows(self.folder, name) for name in contracts.TABLES}

    def commits(self) -> dict[str, int]:
        logs = self.folder.glob("*/*/_delta_log")
        return {f"{log.parent.parent.name}.{log.parent.name}": len(list(log.glob("*.json"))) for log in logs}

    def new(self, table: str) -> list[Any]:
        """Rows that were not there before, or not like this."""
        return list((Counter(self.tables[table]) - Counter(self.before[table])).elements())

    def gone(self, table: str) -> list[Any]:
        return list((Counter(self.before[table]) - Counter(self.tables[table])).elements())

    def close(self) -> None:
        for schema in (*SCHEMAS, "landing"):
            self.spark.sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        self.opened = None


def rows(folder: Path, name: str) -> list[Any]:
    """Read with delta-rs: Spark would take seconds for all tables."""
    table = contracts.TABLES[name]
    path = folder / table.layer / table.name
    if not (path / "_delta_log").exists():
        return []
    columns = [column for column in table.column_names if column not in ("_loaded_at", "special_features")]
    return [Row(**row) for row in DeltaTable(path).to_pyarrow_table(columns=columns).to_pylist()]
