"""Landing tables for tests, written as Airbyte would."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from dvdrental.lake import Lake
from dvdrental.local.landing import Database, write_landing
from dvdrental.local.session import register

MORNING = datetime(2026, 1, 5, 9, tzinfo=UTC)


def folder(lake: Lake) -> Path:
    return Path(lake.settings.staging).parent / lake.settings.landing


def land(lake: Lake, database: Database, at: datetime = MORNING, envelope: str = "v2") -> None:
    write_landing(database, folder(lake), envelope=envelope, extracted_at=at)
    register(lake.spark, folder(lake).parent)


def land_raw(lake: Lake, stream: str, rows: Sequence[str | None], at: datetime = MORNING) -> None:
    """Payloads as they are, broken ones too."""
    table = f"{lake.settings.landing}.public_raw__stream_{stream}"
    values = [(f"id-{number}", at, payload) for number, payload in enumerate(rows)]
    schema = "_airbyte_raw_id STRING, _airbyte_extracted_at TIMESTAMP, _airbyte_data STRING"
    frame = lake.spark.createDataFrame(values, schema)
    frame.write.format("delta").mode("overwrite").option("overwriteSchema", "true").saveAsTable(table)


def category(rows: Mapping[int, str], last_update: str = "2006-02-15 09:46:27") -> Database:
    """A source that holds categories only."""
    return {
        "category": [{"category_id": str(key), "name": name, "last_update": last_update} for key, name in rows.items()]
    }
