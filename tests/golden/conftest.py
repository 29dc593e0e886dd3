"""One run of the real thing on the real dump; its tables and the dump's rows side by side in one DuckDB."""

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable
from duckdb import DuckDBPyConnection
from pyspark.sql import SparkSession

from dvdrental.local.cli import main
from tests.golden.compare import EXPECTED
from tests.golden.dump import load
from tests.local_lake import ROOT, LocalLake
from tests.once import once
from tests.sizes import size

SAID = "said.txt"
"""What the run printed."""


@pytest.fixture(scope="session")
def lake(request: pytest.FixtureRequest, dump_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a lake that the command line made of the dump: in the long run in a process of its own, else on the
    session of the tests, which is warm."""

    def make(folder: Path) -> None:
        command = ["run", "--source", str(dump_path.resolve()), "--lake", str(folder)]
        if size(False, True):
            said = in_a_process(command)
        else:
            said = on_the_session(command, request.getfixturevalue("spark"), folder)
        (folder / SAID).write_text(said, encoding="utf-8")

    return once(tmp_path_factory, "golden-lake", make)


def in_a_process(command: list[str]) -> str:
    whole = [sys.executable, "-m", "dvdrental.local.cli", *command]
    done = subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def on_the_session(command: list[str], spark: SparkSession, folder: Path) -> str:
    with pytest.MonkeyPatch.context() as here, redirect_stdout(io.StringIO()) as said:
        here.chdir(ROOT)
        assert main(command) == 0, said.getvalue()[-4000:]
    kept = folder.rename(folder.with_suffix(".kept"))
    LocalLake(spark, folder).close()  # would take the files along
    kept.rename(folder)
    return said.getvalue()


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
