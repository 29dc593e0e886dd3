"""The rows of a pg_dump archive in DuckDB, schema `source`; shares nothing with the code under test."""

import re
import tarfile
from pathlib import Path

from duckdb import DuckDBPyConnection

COPY = re.compile(r"COPY public\.(\w+) \(([^)]+)\) FROM '\$\$PATH\$\$/(\d+\.dat)'")
TYPES = {
    "active": "INTEGER",
    "activebool": "BOOLEAN",
    "amount": "DECIMAL(5,2)",
    "create_date": "DATE",
    "last_update": "TIMESTAMP",
    "length": "INTEGER",
    "payment_date": "TIMESTAMP",
    "release_year": "INTEGER",
    "rental_date": "TIMESTAMP",
    "rental_duration": "INTEGER",
    "rental_rate": "DECIMAL(4,2)",
    "replacement_cost": "DECIMAL(5,2)",
    "return_date": "TIMESTAMP",
    "staff.active": "BOOLEAN",
}


def load(archive: Path, db: DuckDBPyConnection, scratch: Path) -> None:
    db.execute("CREATE SCHEMA source")
    with tarfile.open(archive) as tar:
        script = tar.extractfile("restore.sql").read().decode()
        for table, columns, member in COPY.findall(script):
            file = scratch / member
            file.write_bytes(_rows(tar.extractfile(member).read()))
            _create(db, table, columns.split(", "), file)


def _rows(copy_text: bytes) -> bytes:
    r"""The lines before the closing `\.`"""
    return copy_text[: copy_text.index(b"\n\\.\n") + 1]


def _create(db: DuckDBPyConnection, table: str, columns: list[str], file: Path) -> None:
    typed = ", ".join(f"CAST({column} AS {_type(table, column)}) AS {column}" for column in columns)
    texts = dict.fromkeys(columns, "VARCHAR")
    form = r"delim = '\t', nullstr = '\N', quote = '', escape = '', header = false, auto_detect = false"
    rows = f"read_csv('{file}', columns = {texts}, {form})"
    db.execute(f"CREATE TABLE source.{table} AS SELECT {typed} FROM {rows}")


def _type(table: str, column: str) -> str:
    default = "INTEGER" if column.endswith("_id") else "VARCHAR"
    return TYPES.get(f"{table}.{column}") or TYPES.get(column) or default
