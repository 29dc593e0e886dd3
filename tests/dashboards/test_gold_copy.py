"""The copy that the local Superset reads: tables as Delta holds them, views as the ledger's are meant."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from dvdrental import tables
from dvdrental.local.preset.gold_copy import OldLakeError, copy_gold
from dvdrental.ops import STEP

MONDAY = datetime(2026, 1, 5, 9, 30)
CHECKS = pa.list_(
    pa.struct({"rule": pa.string(), "severity": pa.string(), "status": pa.string(), "failed": pa.int64()}.items())
)


def check(rule: str, severity: str, status: str, failed: int | None) -> dict:
    return {"rule": rule, "severity": severity, "status": status, "failed": failed}


BROKEN = [check("unique", "critical", "fail", 4), check("bound", "warning", "error", None)]
STEPS = [
    ("run-0", "bronze.rental", 0, "published", 10, []),
    ("run-0", "gold.big", 0, "published", None, [check("unique", "critical", "pass", 0)]),
    ("run-1", "gold.big", 1, "failed", None, BROKEN),
    ("run-2", "gold.big", 2, "unchanged", None, []),
]  # fmt: skip


def write_rows(lake: Path, table: str, values: list[int], without: str = "") -> None:
    columns = [column for column in tables.TABLES[f"gold.{table}"].column_names if column != without]
    rows = pa.table(dict.fromkeys(columns, values))
    write_deltalake(lake / "gold" / table, rows, mode="overwrite", schema_mode="overwrite")


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    folder = tmp_path / "lake"
    for name in ("rental_obt", "inventory_status", "overdue_rentals", "customer_value"):
        write_rows(folder, name, [1, 2])
    steps = {
        "run_id": pa.array([step[0] for step in STEPS]),
        "table_name": pa.array([step[1] for step in STEPS]),
        "started_at": pa.array([MONDAY + step[2] * timedelta(weeks=1) for step in STEPS], pa.timestamp("us")),
        "status": pa.array([step[3] for step in STEPS]),
        "rows_landed": pa.array([step[4] for step in STEPS], pa.int64()),
        "warnings": pa.array([[]] * len(STEPS), pa.list_(pa.string())),
        "checks": pa.array([step[5] for step in STEPS], CHECKS),
        "seconds": pa.array([1.5] * len(STEPS)),
        "landed_at": pa.array([MONDAY] * len(STEPS), pa.timestamp("us")),
    }
    others = [column for column in STEP.column_names if column not in steps]
    steps |= {name: pa.array([None] * len(STEPS), pa.int64()) for name in others}
    write_deltalake(folder / "ops" / "step", pa.table(steps))
    return folder


def rows(file: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(file), read_only=True) as db:
        return db.execute(query).fetchall()


def test_tables_are_copied_whole(lake: Path, tmp_path: Path) -> None:
    copy_gold(lake, tmp_path / "copy.duckdb")
    columns = len(tables.TABLES["gold.rental_obt"].column_names)
    assert rows(tmp_path / "copy.duckdb", "FROM gold.rental_obt ORDER BY 1") == [(1,) * columns, (2,) * columns]


def test_views_say_of_the_ledger_what_those_of_spark_say(lake: Path, tmp_path: Path) -> None:
    copy_gold(lake, tmp_path / "copy.duckdb")
    loads = """SELECT run_id, table_name, layer, status, is_last, rows_landed, number_of_checks, failed_checks
        FROM gold.loads ORDER BY table_name, started_at"""
    assert rows(tmp_path / "copy.duckdb", loads) == [
        ("run-0", "bronze.rental", "bronze", "published", True, 10, 0, 0),
        ("run-0", "gold.big", "gold", "published", False, None, 1, 0),
        ("run-1", "gold.big", "gold", "failed", False, None, 2, 2),
        ("run-2", "gold.big", "gold", "unchanged", True, None, 0, 0),
    ]
    quality = "SELECT run_id, is_last, rule, severity, status, broken_rows FROM gold.data_quality ORDER BY run_id, rule"
    assert rows(tmp_path / "copy.duckdb", quality) == [
        ("run-0", False, "unique", "critical", "pass", 0),
        ("run-1", True, "bound", "warning", "error", None),
        ("run-1", True, "unique", "critical", "fail", 4),
    ]


def test_a_second_copy_takes_the_place_of_the_first(lake: Path, tmp_path: Path) -> None:
    copy_gold(lake, tmp_path / "copy.duckdb")
    write_rows(lake, "customer_value", [7])
    copy_gold(lake, tmp_path / "copy.duckdb")
    assert rows(tmp_path / "copy.duckdb", "SELECT customer_id FROM gold.customer_value") == [(7,)]
    assert [file.name for file in tmp_path.glob("copy*")] == ["copy.duckdb"]


def test_a_lake_of_an_older_version_is_told_with_what_it_lacks(lake: Path, tmp_path: Path) -> None:
    write_rows(lake, "rental_obt", [1], without="customer_country_iso3")
    with pytest.raises(OldLakeError, match=r"gold.rental_obt .* without customer_country_iso3: `make run`"):
        copy_gold(lake, tmp_path / "copy.duckdb")
    assert not (tmp_path / "copy.duckdb").exists()


def test_a_lake_whose_run_failed_is_told_with_the_table(lake: Path, tmp_path: Path) -> None:
    shutil.rmtree(lake / "gold" / "overdue_rentals")
    with pytest.raises(OldLakeError, match=r"has no gold.overdue_rentals"):
        copy_gold(lake, tmp_path / "copy.duckdb")
