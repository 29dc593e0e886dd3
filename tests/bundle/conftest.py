import shutil
from pathlib import Path

import pytest

from tests.bundle.loading import Bundle

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    return Bundle.load(ROOT)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the rules look at. Who changes it puts it right again."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("databricks.yml", ".gitignore", "requirements-dev.txt"):
        shutil.copy(ROOT / name, copy)
    for folder in ("resources", "notebooks", "dashboards/aibi", "src/dvdrental/silver", "src/dvdrental/gold"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    leave_behind(copy)
    return copy


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the bundle consists of."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("databricks.yml", ".gitignore", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy)
    for name in ("resources", "notebooks", "dashboards/aibi", "src"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    leave_behind(copy)
    return copy


def leave_behind(copy: Path) -> None:
    """What is not uploaded: a file in each folder that is left out (a pattern without any fails the validation)."""
    for name in ("tests", "benchmarks", "docs", "dashboards/preset", ".github", ".ci"):
        (copy / name).mkdir(parents=True)
        (copy / name / "stays_at_home.py").touch()
