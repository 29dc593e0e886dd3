"""The wheel that the job installs, built as the bundle builds it."""

import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.bundle.loading import Bundle
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(bundle: Bundle, project: Path) -> Path:
    artifact = bundle.main["artifacts"]["wheel"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command, folder = shlex.split(artifact["build"]), project / artifact["path"]
    subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, check=True, capture_output=True, timeout=120)
    (built,) = (folder / "dist").glob("*.whl")
    return built


def test_wheel_holds_what_src_holds(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        packed = {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}
    files = [file for file in (ROOT / "src").rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    assert packed == {str(file.relative_to(ROOT / "src")): file.read_bytes() for file in files}


def test_version_and_packages_come_from_pyproject(wheel: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name = f"dvdrental-{project['version']}"
    assert wheel.name == f"{name}-py3-none-any.whl"
    with ZipFile(wheel) as archive:
        lines = archive.read(f"{name}.dist-info/METADATA").decode().splitlines()
    needs = sorted(line.removeprefix("Requires-Dist: ").lower() for line in lines if line.startswith("Requires-Dist"))
    assert needs == sorted(package.lower() for package in project["dependencies"])
