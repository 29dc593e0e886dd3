"""What lies in a landing folder, read back."""

import gzip
import json
from datetime import UTC, datetime

from deltalake import DeltaTable

from dvdrental.bronze.envelope import v2_table_name

AT = datetime(2024, 5, 6, 7, 8, 9, 123000, tzinfo=UTC)
MILLISECONDS = 1714979289123
STORE = {"store_id": "1", "manager_staff_id": "1", "address_id": "1", "last_update": "2006-02-15 09:45:30"}
FILE_ENVELOPES = ("jsonl", "jsonl_gzip", "jsonl_text", "jsonl_flat", "jsonl_old")


def read(folder, name):
    return DeltaTable(folder / name).to_pyarrow_table().to_pylist()


def columns(folder, name):
    return [(field.name, str(field.type.type)) for field in DeltaTable(folder / name).schema().fields]


def payloads(folder, stream):
    return [row["_airbyte_data"] for row in read(folder, v2_table_name("public", stream))]


def text(file):
    return (gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()).decode()


def lines(folder, stream):
    files = sorted((folder / "public" / stream).iterdir(), key=lambda file: file.name)
    return [line for file in files for line in text(file).removesuffix("\n").split("\n")]


def objects(folder, stream):
    return [json.loads(line) for line in lines(folder, stream)]
