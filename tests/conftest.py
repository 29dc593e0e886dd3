"""One Spark session per worker, and a fresh lake per test."""

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.connect.catalog import Catalog
from pyspark.sql.connect.dataframe import DataFrame as ConnectDataFrame

from dvdrental.lake import Lake
from dvdrental.local import session
from dvdrental.local.folder import land, parameters
from dvdrental.local.landing import Database, read_source
from dvdrental.settings import Settings
from tests.cost import CONNECT
from tests.filled import copy_into, keep
from tests.landing import MORNING
from tests.local_lake import ROOT, SCHEMAS, LocalLake
from tests.once import once
from tests.sizes import size

_numbers = itertools.count()


SLOW = (
    "end_to_end/test_pipeline",
    "golden/test_aibi",
    "end_to_end/test_weeks",
    "trust/test_serverless",
    "end_to_end/test_failed_run",
    "trust/test_crash",
    "trust/test_corruptions",
    "bronze/test_modes",
    "test_provenance",
    "bronze/test_rules",
    "test_publish",
    "bronze/test_airbyte_cases",
)
"""Files that begin first (with --no-loadscope-reorder), so that no worker is left with one of them at the end, or
waits for the golden run of another."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, name in enumerate(SLOW) if name in item.nodeid), len(SLOW))

    items.sort(key=place)
    if CONNECT:  # the same tests have been run without it
        always = ("test_serverless", "test_build_yields_its_contract")
        items[:] = [
            item for n, item in enumerate(items) if n % size(5, 1) == 0 or any(name in item.nodeid for name in always)
        ]


NOT_ON_SERVERLESS = {
    ConnectDataFrame: ("cache", "persist", "unpersist", "checkpoint", "localCheckpoint", "createGlobalTempView"),
    Catalog: ("cacheTable", "uncacheTable", "clearCache", "refreshTable"),
}


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """DVDRENTAL_CONNECT=1 runs the tests over Spark Connect, refusing what serverless refuses; it needs one process
    (-n 0). Otherwise Java's second compiler is on: a session lives for many minutes, and once it is warm each run of
    the job takes a seventh less time."""
    with pytest.MonkeyPatch.context() as guard:
        if not CONNECT:
            guard.setattr(session, "JAVA_OPTIONS", [o for o in session.JAVA_OPTIONS if o != session.QUICK_COMPILER])
        for owner, names in NOT_ON_SERVERLESS.items() if CONNECT else ():
            for name in names:
                guard.setattr(owner, name, refused_on_serverless)
        started = session.start_session(tmp_path_factory.mktemp("warehouse"), connect=CONNECT)
        yield started
        started.stop()


def refused_on_serverless(*_: object, **__: object) -> None:
    raise AssertionError("serverless refuses this")


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Iterator[Lake]:
    with empty_lake(spark, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def kept(request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of what the module's function `fill` puts into an empty lake."""
    with empty_lake(spark, tmp_path_factory.mktemp("filling")) as lake:
        request.module.fill(lake)
        return keep(lake, tmp_path_factory.mktemp("kept"))


@pytest.fixture
def filled(lake: Lake, kept: Path) -> Lake:
    """What `fill` of the module makes, a copy of each test's own."""
    return copy_into(lake, kept)


@contextmanager
def empty_lake(spark: SparkSession, folder: Path) -> Iterator[Lake]:
    """Empty schemas of its own, in folders of their names."""
    suffix = f"_{next(_numbers)}"
    names = {f"{layer}_schema": layer + suffix for layer in SCHEMAS}
    settings = replace(Settings(**parameters(folder, "test")), **names, landing="landing" + suffix)
    for schema in [*names.values(), settings.landing]:
        spark.sql(f"CREATE SCHEMA {schema} LOCATION '{(folder / schema).as_uri()}'")
    yield Lake(spark, settings)
    for schema in [*names.values(), settings.landing]:
        spark.sql(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(scope="session")
def made_lake(spark: SparkSession, sample: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a lake after the run `first` on the sample."""

    def make(folder: Path) -> None:
        house = LocalLake(spark, tmp_path_factory.mktemp("first"))
        land(sample, house.folder, "v2", MORNING)
        house.work("first")
        shutil.copytree(house.folder, folder)
        house.close()  # takes its files along

    return once(tmp_path_factory, "lake-of-one-run", make)


@pytest.fixture(scope="module")
def one_run(spark: SparkSession, made_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLake]:
    """A lake of the module's own, after the run `first` on the sample."""
    with copied(spark, made_lake, tmp_path_factory.mktemp("house")) as house:
        yield house


@contextmanager
def copied(spark: SparkSession, lake: Path, to: Path) -> Iterator[LocalLake]:
    house = LocalLake(spark, Path(shutil.copytree(lake, to / "lake")))
    try:
        house.look()
        yield house
    finally:
        house.close()


@pytest.fixture(scope="session")
def dump_path() -> Path:
    """The real dump, where it is at hand."""
    shared = Path(os.environ.get("DVDRENTAL_SHARED", ROOT.parent / "shared"))
    path = shared / "data" / "dvdrental.tar"
    if not path.exists():
        pytest.skip(f"the real dump is not at {path}; set DVDRENTAL_SHARED to the folder that holds data/")
    return path


@pytest.fixture(scope="session")
def sample() -> Database:
    return read_source("sample")
