"""What many tests of a module start from is published once; each of them gets its own copy."""

import shutil
from pathlib import Path

from dvdrental.lake import Lake
from dvdrental.local.session import register
from tests.local_lake import SCHEMAS


def keep(lake: Lake, kept: Path) -> Path:
    """Copy what is in the lake to a folder, landing included."""
    for layer, folder in folders(lake).items():
        shutil.copytree(folder, kept / layer)
    return kept


def copy_into(lake: Lake, filled: Path) -> Lake:
    """Tables of the copy are external ones: `DROP TABLE` leaves their files (see `drop`)."""
    for layer, folder in folders(lake).items():
        shutil.copytree(filled / layer, folder, dirs_exist_ok=True)
    register(lake.spark, Path(lake.settings.staging).parent)
    return lake


def drop(lake: Lake, layer: str, table: str) -> None:
    """As the platform drops a table of its own, files included."""
    lake.spark.sql(f"DROP TABLE {lake.name(layer, table)}")
    shutil.rmtree(folders(lake)[layer] / table, ignore_errors=True)


def folders(lake: Lake) -> dict[str, Path]:
    base = Path(lake.settings.staging).parent
    own = {layer: base / getattr(lake.settings, f"{layer}_schema") for layer in SCHEMAS}
    return own | {"landing": base / lake.settings.landing}
