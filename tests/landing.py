"""Landing tables and files for tests, written as Airbyte would."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dvdrental.lake import Lake
from dvdrental.local.landing import Change, Database, append_landing, write_landing
from dvdrental.local.session import register
from tests.rows import relation

MORNING = datetime(2026, 1, 5, 9, tzinfo=UTC)


def folder(lake: Lake) -> Path:
    return Path(lake.settings.staging).parent / lake.settings.landing.rpartition("/")[2]


def reading_files(lake: Lake) -> Lake:
    """The same lake, with a folder of JSON lines for its landing."""
    return Lake(lake.spark, replace(lake.settings, landing=str(folder(lake))))


def syncing(lake: Lake, mode: str) -> Lake:
    return Lake(lake.spark, replace(lake.settings, sync_mode=mode))


def land(lake: Lake, database: Database, at: datetime = MORNING, envelope: str = "v2", **how: Any) -> None:
    write_landing(database, folder(lake), envelope=envelope, extracted_at=at, **how)
    register(lake.spark, folder(lake).parent)


def append(lake: Lake, changes: Sequence[Change], at: datetime = MORNING, envelope: str = "v2", **how: Any) -> None:
    append_landing(changes, folder(lake), envelope=envelope, extracted_at=at, **how)
    register(lake.spark, folder(lake).parent)


def land_raw(lake: Lake, stream: str, rows: Sequence[str | None], at: datetime = MORNING) -> None:
    """Payloads as they are, broken ones too."""
    table = f"{lake.settings.landing}.public_raw__stream_{stream}"
    values = [(f"id-{number}", at, payload) for number, payload in enumerate(rows)]
    schema = "_airbyte_raw_id STRING, _airbyte_extracted_at TIMESTAMP, _airbyte_data STRING"
    frame = relation(lake.spark, values, schema)
    frame.write.format("delta").mode("overwrite").option("overwriteSchema", "true").saveAsTable(table)


def category(rows: Mapping[int, str], last_update: str = "2006-02-15 09:46:27") -> Database:
    """A source that holds categories only."""
    return {
        "category": [{"category_id": str(key), "name": name, "last_update": last_update} for key, name in rows.items()]
    }


def renamed(key: int, name: str, lsn: int | None = None, last_update: str | None = "2026-01-10 12:00:00") -> Change:
    """Insert or update of a category; from CDC when it has a log position."""
    row = {"category_id": str(key), "name": name, "last_update": last_update}
    return Change("category", row, lsn, MORNING if lsn else None)


def removed(key: int, lsn: int) -> Change:
    return Change("category", {"category_id": str(key)}, lsn, MORNING, deleted=True)
