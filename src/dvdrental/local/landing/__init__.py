"""Landing emulator: writes what Airbyte's PostgreSQL source and Databricks destination would write."""

from dvdrental.local.landing.database import Database, Row, SourceError
from dvdrental.local.landing.envelope import write_landing
from dvdrental.local.landing.source import read_source

__all__ = ["Database", "Row", "SourceError", "read_source", "write_landing"]
