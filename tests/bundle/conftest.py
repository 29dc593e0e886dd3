import shutil
from pathlib import Path

import pytest

from tests.bundle.loading import Bundle

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    return Bundle.load(ROOT)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the rules look at, to be spoilt."""
    for name in ("databricks.yml", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in ("resources", "notebooks", "src/dvdrental/silver", "src/dvdrental/gold"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests").mkdir()
    return tmp_path
