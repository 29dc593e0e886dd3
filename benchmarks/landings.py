"""Landings to run on: what `dvdrental land` wrote, blown up to many rentals, and one sync later.

All of it is arithmetic on landed rows: the same landing gives the same rows each time.
"""

from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable, write_deltalake
from duckdb import DuckDBPyConnection

from benchmarks.peers.streams import COLUMNS, landed

SHIFTED = {
    "customer": ("customer_id",),
    "inventory": ("inventory_id",),
    "payment": ("payment_id", "customer_id", "rental_id"),
    "rental": ("rental_id", "inventory_id", "customer_id"),
}
"""Streams that grow, with the ids that each copy of the business has of its own. Films, stores and staff stay."""


def rows(landing: Path, stream: str) -> int:
    return int(DeltaTable(landed(landing, stream)).count())


def grow(landing: Path, target: Path, rentals: int) -> None:
    """As many copies of the business as come closest to that number of rentals."""
    copies = max(1, round(rentals / rows(landing, "rental")))
    with duckdb.connect() as db:
        for stream in COLUMNS:
            table = _read(db, landing, stream)
            shifted = SHIFTED.get(stream, ())
            data = "_airbyte_data"
            for column in shifted:
                stride = _highest(db, landing, column) + 1
                old = f"regexp_extract(_airbyte_data, '\"{column}\":(\\d+)', 1)::BIGINT"
                data = f"regexp_replace({data}, '\"{column}\":\\d+', '\"{column}\":' || ({old} + copy * {stride}))"
            copied = copies if shifted else 1
            _write(
                db,
                target,
                stream,
                f"SELECT * EXCLUDE (copy) REPLACE (md5(_airbyte_raw_id || copy)::UUID::VARCHAR AS _airbyte_raw_id, "
                f"{data} AS _airbyte_data) FROM {table}, range({copied}) AS copies(copy)",
            )


def refresh(landing: Path, percent: int) -> None:
    """One more sync, `Full refresh | Overwrite`: every row comes again under another id, a generation later; `percent`
    of the rentals, spread over the table, have another date of return."""
    with duckdb.connect() as db:
        for stream in COLUMNS:
            data = _returned(percent) if stream == "rental" else "_airbyte_data"
            again = _later(_read(db, landing, stream), data)
            _write(db, landing, stream, again)


def append(landing: Path, percent: int) -> None:
    """One more sync, `Incremental | Append`: only those rentals come."""
    with duckdb.connect() as db:
        table = _read(db, landing, "rental")
        _write(db, landing, "rental", f"{_later(table, _returned(percent))} WHERE {_chosen(percent)}", "append")


def _later(table: str, data: str) -> str:
    return (
        f"SELECT * REPLACE (md5(_airbyte_raw_id || 'later')::UUID::VARCHAR AS _airbyte_raw_id, "
        f"_airbyte_extracted_at + INTERVAL 7 DAY AS _airbyte_extracted_at, {data} AS _airbyte_data, "
        f"_airbyte_generation_id + 1 AS _airbyte_generation_id) FROM {table}"
    )


def _returned(percent: int) -> str:
    date = 'regexp_replace(_airbyte_data, \'"return_date":(null|"[^"]*")\', \'"return_date":"2006-03-01T12:00:00"\')'
    update = f'regexp_replace({date}, \'"last_update":"[^"]*"\', \'"last_update":"2006-03-01T12:00:01"\')'
    return f"CASE WHEN {_chosen(percent)} THEN {update} ELSE _airbyte_data END"


def _chosen(percent: int) -> str:
    return f"regexp_extract(_airbyte_data, '\"rental_id\":(\\d+)', 1)::BIGINT % 100 < {percent}"


def _highest(db: DuckDBPyConnection, landing: Path, column: str) -> int:
    table = _read(db, landing, column.removesuffix("_id"))
    highest = f"max(regexp_extract(_airbyte_data, '\"{column}\":(\\d+)', 1)::BIGINT)"
    return int(db.execute(f"SELECT {highest} FROM {table}").fetchall()[0][0])


def _read(db: DuckDBPyConnection, landing: Path, stream: str) -> str:
    files = ", ".join(f"'{file}'" for file in DeltaTable(landed(landing, stream)).file_uris())
    return f"read_parquet([{files}])"


def _write(db: DuckDBPyConnection, landing: Path, stream: str, query: str, mode: Any = "overwrite") -> None:
    """In pieces: two million rows of text do not fit into memory at once."""
    reader = db.execute(query).to_arrow_reader(200_000)
    write_deltalake(landed(landing, stream), reader, mode=mode)
