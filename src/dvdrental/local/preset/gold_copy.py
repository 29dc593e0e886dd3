"""A copy of gold in one DuckDB file: what the local Superset reads instead of a SQL warehouse."""

from pathlib import Path

import duckdb

from dvdrental import metrics
from dvdrental.lake import Lake
from dvdrental.local.preset.assets import contract

SCHEMA = "gold"


def copy_gold(lake: Lake, file: Path) -> None:
    """Every table and view of gold that a dashboard reads, as Spark reads it. The file is replaced at once."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with duckdb.connect(str(fresh)) as db:
        db.execute(f"CREATE SCHEMA {SCHEMA}")
        for name in metrics.datasets():
            told = contract(name)
            rows = lake.table(told).toArrow()  # noqa: F841 (DuckDB finds it by its name)
            db.execute(f"CREATE TABLE {SCHEMA}.{told.name} AS FROM rows")
    fresh.replace(file)
