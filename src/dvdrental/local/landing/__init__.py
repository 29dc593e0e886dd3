"""Landing emulator: writes what Airbyte's PostgreSQL source and its destinations would write."""

from dvdrental.local.landing.cdc import Change, Unchanged
from dvdrental.local.landing.database import Database, Row, SourceError
from dvdrental.local.landing.envelope import Envelope, append_landing, write_landing
from dvdrental.local.landing.source import read_source
from dvdrental.local.landing.spelling import Spelling

__all__ = [
    "Change",
    "Database",
    "Envelope",
    "Row",
    "SourceError",
    "Spelling",
    "Unchanged",
    "append_landing",
    "read_source",
    "write_landing",
]
