"""One run of the real thing on the real dump; its tables and the dump's rows side by side in one DuckDB."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable
from duckdb import DuckDBPyConnection

from tests.golden.compare import EXPECTED
from tests.golden.dump import load
from tests.once import once

ROOT = Path(__file__).parents[2]
SAID = "said.txt"
"""What the run printed."""


@pytest.fixture(scope="session")
def lake(dump_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a lake that the command line made of the dump."""
    return once(tmp_path_factory, "golden-lake", lambda folder: _run(dump_path, folder))


def _run(dump: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "dvdrental.local.cli", "run", "--source", dump.resolve(), "--lake", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    (folder / SAID).write_text(done.stdout, encoding="utf-8")


@pytest.fixture(scope="session")
def source(dump_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBPyConnection]:
    """Schema `source`: the dump. Schema `expected`: views on it."""
    with duckdb.connect() as db:
        load(dump_path, db, tmp_path_factory.mktemp("copy"))
        db.execute("CREATE SCHEMA expected")
        db.execute((EXPECTED / "views.sql").read_text())
        yield db


@pytest.fixture(scope="session")
def db(source: DuckDBPyConnection, lake: Path) -> DuckDBPyConnection:
    """Schemas `bronze`, `silver` and `gold` as published, beside `source` and `expected`; read without Spark."""
    for layer in ("bronze", "silver", "gold"):
        source.execute(f"CREATE SCHEMA {layer}")
        for folder in sorted((lake / layer).iterdir()):
            rows = DeltaTable(folder).to_pyarrow_table()  # noqa: F841 (DuckDB finds it by its name)
            source.execute(f"CREATE TABLE {layer}.{folder.name} AS FROM rows")
    return source
