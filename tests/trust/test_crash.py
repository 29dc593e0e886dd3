"""A process that is killed anywhere, and a rerun: together they leave what one run without a crash leaves."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dvdrental.local.folder import LANDING, open_lake
from dvdrental.local.landing import write_landing
from tests.conftest import ROOT, SCHEMAS
from tests.landing import MORNING, category
from tests.sizes import size
from tests.trust.failpoints import POINTS, found, work

WEEK_1 = category(dict.fromkeys(range(1, 11), "A"))
WEEK_2 = category(dict.fromkeys(range(1, 11), "A") | {3: "B", 11: "C"}, "2026-01-10 12:00:00")
WEEK_2["category"][4]["name"] = None  # set aside: a category has a name
SESSIONS = size(["classic"], ["classic", "connect"])


@pytest.fixture(scope="module")
def one_week(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    first = tmp_path_factory.mktemp("crash")
    land(first, WEEK_1, 0)
    work(open_lake(spark, first, "first"))
    folder = copy(first, tmp_path_factory.mktemp("one_week"))
    drop(spark)  # takes the files along
    land(folder, WEEK_2, 1)
    return folder


@pytest.fixture(scope="module")
def undisturbed(spark: SparkSession, one_week: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return look(spark, copy(one_week, tmp_path_factory.mktemp("undisturbed")))


@pytest.fixture(params=[(point, session) for point in POINTS for session in SESSIONS], ids="-".join)
def killed(request: pytest.FixtureRequest, one_week: Path, tmp_path: Path) -> Iterator[Path]:
    folder = copy(one_week, tmp_path)
    done = run(folder, *request.param)
    assert done.returncode == -signal.SIGKILL, done.stderr[-3000:]
    return folder


def test_promise_07_crash_anywhere_and_a_rerun_equal_a_clean_run(
    spark: SparkSession, killed: Path, undisturbed: dict[str, Any]
) -> None:
    assert look(spark, killed) == undisturbed


def command(folder: Path, *arguments: str) -> list[Any]:
    return [sys.executable, "-m", "tests.trust.failpoints", folder, *arguments]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, *arguments), cwd=ROOT, capture_output=True, text=True, check=False, timeout=200
    )


def look(spark: SparkSession, folder: Path) -> dict[str, Any]:
    """What is there after a run."""
    lake = open_lake(spark, folder, "clean")
    work(lake)
    try:
        return found(lake)
    finally:
        drop(spark)


def drop(spark: SparkSession) -> None:
    for schema in (*SCHEMAS, LANDING):
        spark.sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def land(folder: Path, source: Any, week: int) -> None:
    at = MORNING + timedelta(days=7 * week)
    write_landing(source, folder / LANDING, envelope="v2", extracted_at=at, generation=week + 1)


def copy(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to / "lake"))
