"""One Spark session per worker, and a fresh lake per test."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from dvdrental.lake import Lake
from dvdrental.local.folder import parameters
from dvdrental.local.landing import Database, read_source
from dvdrental.local.session import start_session
from dvdrental.settings import Settings

ROOT = Path(__file__).parents[1]
SCHEMAS = ("bronze", "silver", "gold", "ops")
_numbers = itertools.count()


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """DVDRENTAL_CONNECT=1 runs the tests over Spark Connect; only one process at a time then (-n 0)."""
    session = start_session(tmp_path_factory.mktemp("warehouse"), connect=os.environ.get("DVDRENTAL_CONNECT") == "1")
    yield session
    session.stop()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Iterator[Lake]:
    """Empty schemas of its own; landing tables go to `landing_folder(lake)`."""
    suffix = f"_{next(_numbers)}"
    names = {f"{layer}_schema": layer + suffix for layer in SCHEMAS}
    settings = replace(Settings(**parameters(tmp_path, "test")), **names, landing="landing" + suffix)
    for schema in [*names.values(), settings.landing]:
        spark.sql(f"CREATE SCHEMA {schema} LOCATION '{(tmp_path / schema).as_uri()}'")
    yield Lake(spark, settings)
    for schema in [*names.values(), settings.landing]:
        spark.sql(f"DROP SCHEMA {schema} CASCADE")


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
