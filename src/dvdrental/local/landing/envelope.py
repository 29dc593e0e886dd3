"""Raw Delta tables as destination-databricks writes them: v1 (1.x) and v2 (3.x), full refresh overwrite."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from arro3.core import Array, DataType, Table
from deltalake import write_deltalake

from dvdrental.bronze.envelope import v2_table_name
from dvdrental.local.landing.database import Database, Row
from dvdrental.local.landing.schema import TABLES
from dvdrental.local.landing.spelling import encoder

_RAW_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "landing.dvdrental.example.org")
_TIMESTAMP = DataType.timestamp("us", tz="UTC")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_landing(
    database: Database,
    folder: Path,
    *,
    envelope: Literal["v1", "v2"] = "v2",
    extracted_at: datetime,
    namespace: str = "public",
    generation: int = 1,
) -> None:
    """Replaces the raw table of every stream in `folder`, each in one commit.

    `extracted_at` needs a time zone; the connector counts it in milliseconds, so finer digits are cut off.
    Nothing is written before all rows of all streams are spelled out.
    """
    if extracted_at.tzinfo is None:
        raise ValueError("extracted_at needs a time zone")
    table_name, columns = _ENVELOPES[envelope]
    sync = _Sync(namespace, (extracted_at - _EPOCH) // timedelta(milliseconds=1), generation)
    tables = {table_name(namespace, stream): columns(sync, stream, rows) for stream, rows in database.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_deltalake(folder / name, table, mode="overwrite")


@dataclass(frozen=True)
class _Sync:
    namespace: str
    milliseconds: int
    generation: int

    def raw_ids(self, stream: str, rows: list[Row]) -> Array:
        key = TABLES[stream].key
        sync = f"{self.namespace}.{stream}/{self.generation}/{self.milliseconds}"
        names = (f"{sync}/{','.join(str(row[column]) for column in key)}" for row in rows)
        return _strings([str(uuid.uuid5(_RAW_IDS, name)) for name in names])

    def extracted_at(self, rows: list[Row]) -> Array:
        return _timestamps([self.milliseconds * 1000] * len(rows))


def _v1_name(_: str, stream: str) -> str:
    return f"_airbyte_raw_{stream}".lower()


def _v1(sync: _Sync, stream: str, rows: list[Row]) -> Table:
    return Table.from_pydict(
        {
            "_airbyte_ab_id": sync.raw_ids(stream, rows),
            "_airbyte_data": _data(stream, rows),
            "_airbyte_emitted_at": sync.extracted_at(rows),
        }
    )


def _v2(sync: _Sync, stream: str, rows: list[Row]) -> Table:
    meta = f'{{"sync_id":{sync.generation},"changes":[]}}'
    return Table.from_pydict(
        {
            "_airbyte_raw_id": sync.raw_ids(stream, rows),
            "_airbyte_extracted_at": sync.extracted_at(rows),
            "_airbyte_loaded_at": _timestamps([None] * len(rows)),
            "_airbyte_data": _data(stream, rows),
            "_airbyte_meta": _strings([meta] * len(rows)),
            "_airbyte_generation_id": Array([sync.generation] * len(rows), type=DataType.int64()),
        }
    )


def _data(stream: str, rows: list[Row]) -> Array:
    return _strings(list(map(encoder(stream), rows)))


def _strings(values: list[str]) -> Array:
    return Array(values, type=DataType.utf8())


def _timestamps(microseconds: list[int] | list[None]) -> Array:
    return Array(microseconds, type=DataType.int64()).cast(_TIMESTAMP)


_ENVELOPES: dict[str, tuple[Callable[[str, str], str], Callable[[_Sync, str, list[Row]], Table]]] = {
    "v1": (_v1_name, _v1),
    "v2": (v2_table_name, _v2),
}
