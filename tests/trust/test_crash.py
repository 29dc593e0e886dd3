"""A process that is killed anywhere, and a rerun: together they leave what one run without a crash leaves."""

import json
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
from tests.landing import MORNING, category
from tests.local_lake import ROOT
from tests.sizes import size
from tests.trust.connect_server import Server, environment, serving
from tests.trust.failpoints import FIRST_ROWS, POINTS, drop, found, work

WEEK_1 = category(dict.fromkeys(range(1, 11), "A"))
WEEK_2 = category(dict.fromkeys(range(1, 11), "A") | {3: "B", 11: "C"}, "2026-01-10 12:00:00")
WEEK_2["category"][4]["name"] = None  # set aside: a category has a name


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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.mark.skipif(not size(False, True), reason="killed over Connect, below: DVDRENTAL_LONG=1 asks for it")
@pytest.mark.parametrize("point", POINTS)
def test_promise_07_crash_anywhere_and_a_rerun_equal_a_clean_run(
    spark: SparkSession, one_week: Path, undisturbed: dict[str, Any], tmp_path: Path, point: str
) -> None:
    folder = copy(one_week, tmp_path)
    assert_killed(run(folder, point))
    assert look(spark, folder) == undisturbed


@pytest.mark.parametrize("point", size(["after_fill"], list(FIRST_ROWS)))
def test_promise_07_crash_in_the_very_first_run_and_a_rerun_equal_a_clean_run(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, point: str
) -> None:
    clean, crashed = tmp_path_factory.mktemp("clean"), tmp_path_factory.mktemp("crashed")
    for folder in (clean, crashed):
        land(folder, WEEK_1, 0)
    assert_killed(run(crashed, point))
    assert (commits(crashed) > 0) == point.endswith("_fill")
    assert look(spark, crashed) == look(spark, clean)


@pytest.mark.parametrize("point", size(["mid_publish"], list(POINTS)))
def test_promise_07_crash_of_a_connect_client_and_a_rerun_equal_a_clean_run(
    server: Server, one_week: Path, undisturbed: dict[str, Any], tmp_path: Path, point: str
) -> None:
    folder = copy(one_week, tmp_path)
    assert_killed(run(folder, point, server.address))
    assert found_by(rerun(folder, server)) == undisturbed


@pytest.mark.skipif(not size(False, True), reason="the kill must fall into a write: DVDRENTAL_LONG=1 asks for it")
def test_promise_08_write_that_goes_on_without_its_client_does_no_harm(
    server: Server, one_week: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    folder = copy(one_week, tmp_path)
    before = commits(folder)
    assert_killed(run(folder, "orphan", server.address))
    assert commits(folder) == before
    server.wait()
    assert commits(folder) == before + 1
    assert found_by(rerun(folder, server)) == undisturbed


@pytest.mark.skipif(not size(False, True), reason="the kill must fall into a write: DVDRENTAL_LONG=1 asks for it")
def test_promise_08_rerun_beside_a_write_that_goes_on_is_good_or_says_that_it_lost(
    server: Server, one_week: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    folder = copy(one_week, tmp_path)
    before = commits(folder)
    assert_killed(run(folder, "orphan", server.address))
    assert commits(folder) == before
    first = run(folder, "beside", server.address)
    assert first.returncode == 0 or "ConflictError" in first.stderr, first.stderr[-3000:]
    slipped_in = "not for sure the result of this run" in first.stderr  # both were written, one after the other
    server.wait()
    assert commits(folder) == before + 1 + slipped_in
    expected = undisturbed | {"commits": [str(before + 1 + slipped_in)]}
    assert found_by(rerun(folder, server)) == expected


def assert_killed(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == -signal.SIGKILL, done.stderr[-3000:]


def rerun(folder: Path, server: Server) -> subprocess.CompletedProcess[str]:
    return run(folder, "nowhere", server.address)


def found_by(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def commits(folder: Path) -> int:
    return len(list((folder / "silver" / "dim_category" / "_delta_log").glob("*.json")))


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.trust.failpoints", folder, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=200
    )


def look(spark: SparkSession, folder: Path) -> dict[str, Any]:
    """What is there after a run."""
    lake = open_lake(spark, folder, "clean")
    work(lake)
    try:
        return found(lake)
    finally:
        drop(spark)


def land(folder: Path, source: Any, week: int) -> None:
    at = MORNING + timedelta(days=7 * week)
    write_landing(source, folder / LANDING, envelope="v2", extracted_at=at, generation=week + 1)


def copy(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to / "lake"))
