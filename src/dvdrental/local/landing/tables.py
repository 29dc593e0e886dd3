"""Raw Delta tables as destination-databricks 1.x (v1) and 2.x to 3.x (v2) write them."""

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from arro3.core import Array, DataType, Table
from deltalake import write_deltalake

from dvdrental.bronze.envelope import v2_table_name
from dvdrental.local.landing.records import Record, Sync

WITHOUT_STATISTICS = {"delta.dataSkippingNumIndexedCols": "0"}
"""A table's log is kept for longer than its files, and would remember the first and last of all names."""


@dataclass(frozen=True)
class DeltaRows:
    name: str
    rows: Table

    def replace(self, folder: Path, *, interrupted: bool) -> None:
        """One commit. 2.x and 3.x fill `<name>_airbyte_tmp` first, and an interrupted sync leaves that behind."""
        unfinished = f"{self.name}_airbyte_tmp"
        name = unfinished if interrupted else self.name
        write_deltalake(
            folder / name, self.rows, mode="overwrite", schema_mode="overwrite", configuration=WITHOUT_STATISTICS
        )
        if not interrupted:
            shutil.rmtree(folder / unfinished, ignore_errors=True)

    def append(self, folder: Path) -> None:
        write_deltalake(folder / self.name, self.rows, mode="append", schema_mode="merge")


def v1(sync: Sync, stream: str, records: Sequence[Record]) -> DeltaRows:
    columns = {
        "_airbyte_ab_id": strings([record.raw_id for record in records]),
        "_airbyte_data": strings([record.data for record in records]),
        "_airbyte_emitted_at": instants([sync.milliseconds] * len(records)),
    }
    return DeltaRows(f"_airbyte_raw_{stream}".lower(), table(columns))


def v2(sync: Sync, stream: str, records: Sequence[Record], without: Collection[str] = ()) -> DeltaRows:
    columns = {
        "_airbyte_raw_id": strings([record.raw_id for record in records]),
        "_airbyte_extracted_at": instants([sync.milliseconds] * len(records)),
        "_airbyte_loaded_at": instants([None] * len(records)),
        "_airbyte_data": strings([record.data for record in records]),
        "_airbyte_meta": strings([sync.meta(record.nulled) for record in records]),
        "_airbyte_generation_id": Array([sync.generation] * len(records), type=DataType.int64()),
    }
    kept = {name: values for name, values in columns.items() if name not in without}
    return DeltaRows(v2_table_name(sync.namespace, stream), table(kept))


def table(columns: Mapping[str, Array]) -> Table:
    return Table.from_pydict(dict(columns))


def strings(values: Sequence[str | None]) -> Array:
    return Array(values, type=DataType.utf8())


def instants(milliseconds: Sequence[int | None]) -> Array:
    microseconds = [None if value is None else value * 1000 for value in milliseconds]
    return Array(microseconds, type=DataType.int64()).cast(DataType.timestamp("us", tz="UTC"))
