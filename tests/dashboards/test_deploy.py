"""`make preset`: what it asks for, and what it hands to preset-cli."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.local_lake import ROOT

SECRET = "not-for-the-list-of-processes"
GIVEN = {
    "DVDRENTAL_GOLD_URI": f"databricks://token:{SECRET}@host:443?http_path=/sql/1.0/warehouses/1",
    "DVDRENTAL_CATALOG": "dvd_dev",
    "DVDRENTAL_GOLD_SCHEMA": "dev_jane_gold",
    "DVDRENTAL_DASHBOARD_URL": "https://1a2b.us1a.app.preset.io/",
    "PRESET_API_TOKEN": SECRET,
    "PRESET_API_SECRET": SECRET,
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The script, and stand-ins of the commands that say what they were called with."""
    (tmp_path / "dashboards").mkdir()
    shutil.copy(ROOT / "dashboards" / "deploy", tmp_path / "dashboards")
    commands = tmp_path / ".venv-preset" / "bin"
    commands.mkdir(parents=True)
    for name in ("preset-cli", "python"):
        (commands / name).write_text(f'#!/bin/sh\nprintf "%s\\n" {name} "$@"\n')
        (commands / name).chmod(0o755)
    return tmp_path


def deploy(checkout: Path, given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    known = {name: os.environ[name] for name in ("PATH",)}
    command = [checkout / "dashboards" / "deploy"]
    return subprocess.run(command, env=known | given, capture_output=True, text=True, check=False)


def test_everything_that_is_there_is_overwritten_with_the_values_of_the_environment(checkout: Path) -> None:
    done = deploy(checkout, GIVEN)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "preset-cli",
        "--workspaces=https://1a2b.us1a.app.preset.io/",
        "superset",
        *("sync", "native", "dashboards/preset", "--overwrite", "--load-env"),
        *("--option", "catalog=dvd_dev", "--option", "gold_schema=dev_jane_gold"),
    ]


def test_a_superset_of_ones_own_is_reached_with_user_and_password(checkout: Path) -> None:
    done = deploy(checkout, GIVEN | {"SUPERSET_USERNAME": "jane", "SUPERSET_PASSWORD": SECRET})
    assert done.returncode == 0, done.stderr
    assert {"python", "https://1a2b.us1a.app.preset.io/", "sync", "catalog=dvd_dev"} <= set(done.stdout.splitlines())
    assert SECRET not in done.stdout


@pytest.mark.parametrize("name", [name for name in GIVEN if name != "DVDRENTAL_GOLD_SCHEMA"])
def test_what_is_missing_is_named(checkout: Path, name: str) -> None:
    done = deploy(checkout, {known: text for known, text in GIVEN.items() if known != name})
    assert (done.returncode, done.stdout) == (2, "")
    assert name in done.stderr
    assert SECRET not in done.stderr


def test_gold_is_called_gold_unless_told_otherwise(checkout: Path) -> None:
    done = deploy(checkout, {known: text for known, text in GIVEN.items() if known != "DVDRENTAL_GOLD_SCHEMA"})
    assert "gold_schema=gold" in done.stdout.splitlines()
