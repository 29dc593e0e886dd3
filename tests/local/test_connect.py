"""The way to a real workspace, as far as it goes without one.

The tests of the other environment need its interpreter in DVDRENTAL_CONNECT_PYTHON (`make connect-test`).
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from dvdrental.lake import Lake
from dvdrental.local import connect
from tests.bundle.deployed import IMPORTS
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def elsewhere() -> str:
    python = os.environ.get("DVDRENTAL_CONNECT_PYTHON")
    if not python:
        pytest.skip("DVDRENTAL_CONNECT_PYTHON names no interpreter with databricks-connect: see `make connect-test`")
    return python


def pins(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return {name: version for name, _, version in (line.partition("==") for line in lines if re.match(r"\w.*==", line))}


def test_both_environments_have_the_same_versions() -> None:
    here, there = pins("requirements-dev.txt"), pins("requirements-connect.txt")
    assert {name: there[name] for name in here.keys() & there.keys()} == {
        n: here[n] for n in here.keys() & there.keys()
    }
    assert "pyspark" not in there
    assert there["databricks-connect"].startswith("18.")
    assert {"great-expectations", "pandas", "numpy", "pyarrow"} <= there.keys()


def test_missing_package_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert connect.main([]) == 2
    assert "databricks-connect is not installed here" in capsys.readouterr().err


def test_table_goes_through_and_comes_back(lake: Lake) -> None:
    connect.smoke(lake)


def test_missing_workspace_is_named(elsewhere: str, tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DATABRICKS", "PYTHONPATH"))}
    command = [elsewhere, "-m", "dvdrental.local.connect"]
    environment = {**clean, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "no workspace: set DATABRICKS_HOST" in answer.stderr


def test_notebooks_import_with_the_pyspark_of_databricks(elsewhere: str) -> None:
    notebooks = [*(ROOT / "notebooks").glob("[bgos]*/*.py")]
    assert len(notebooks) > 25
    command = [elsewhere, "-c", IMPORTS, str(ROOT / "src"), *map(str, notebooks)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert answer.stderr == ""
