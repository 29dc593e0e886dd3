"""Writes sqlmesh.json: random snapshots, and the history that SQLMesh's SCD type 2 makes of them on DuckDB.

SQLMesh brings sixty packages, so it has an environment of its own, and the tests read what it said:

    python -m venv /tmp/sqlmesh && /tmp/sqlmesh/bin/pip install sqlmesh==0.236.4
    /tmp/sqlmesh/bin/python tests/differential/ask_sqlmesh.py
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
from sqlglot import exp
from sqlmesh.core.engine_adapter.duckdb import DuckDBEngineAdapter

FIRST_RUN = datetime(2026, 1, 1)
KEYS, RUNS = 25, 6
TYPES = {"id": "int", "v": "text", "upd": "timestamp"}
HOW: dict[str, dict[str, Any]] = {
    "by_column": {"check_columns": [exp.column("v")], "execution_time_as_valid_from": True},
    "by_time": {"updated_at_col": exp.column("upd", quoted=True)},
}


def snapshots(chance: Random) -> Iterator[tuple[datetime, list[list[Any]]]]:
    """Rows come, change, go and return, changed or not; the change time grows with each change. No value is NULL:
    SQLMesh fills a NULL of a closed version with the value that came after it."""
    rows: dict[int, list[Any]] = {}
    for run in range(RUNS):
        at = FIRST_RUN + timedelta(days=run)
        for key in range(KEYS):
            if key not in rows or chance.random() < 0.4:
                rows[key] = [key, chance.choice("ab"), str(at - timedelta(hours=chance.randint(1, 20)))]
        yield at, [row for row in rows.values() if chance.random() < 0.8]


def ask(how: str) -> dict[str, Any]:
    adapter = DuckDBEngineAdapter(lambda: connection)
    connection = duckdb.connect()
    types = {name: exp.DataType.build(kind) for name, kind in TYPES.items()}
    bounds = {name: exp.DataType.build("timestamp") for name in ("valid_from", "valid_to")}
    adapter.create_table("history", types | bounds)
    runs = [{"at": str(at), "rows": rows} for at, rows in snapshots(Random(1))]
    for run in runs:
        connection.execute("CREATE OR REPLACE TABLE landed (id INT, v TEXT, upd TIMESTAMP)")
        connection.executemany("INSERT INTO landed VALUES (?, ?, ?)", run["rows"])
        take_in = adapter.scd_type_2_by_column if how == "by_column" else adapter.scd_type_2_by_time
        take_in(
            target_table="history",
            source_table=exp.select(*TYPES).from_("landed"),
            unique_key=[exp.column("id", quoted=True)],
            valid_from_col=exp.column("valid_from", quoted=True),
            valid_to_col=exp.column("valid_to", quoted=True),
            execution_time=run["at"],
            invalidate_hard_deletes=True,
            target_columns_to_types=types | bounds,
            **HOW[how],
        )
    found = connection.execute("SELECT * FROM history ORDER BY id, valid_from").fetchall()
    return {"runs": runs, "history": [[v and str(v) if isinstance(v, datetime) else v for v in row] for row in found]}


if __name__ == "__main__":
    answers = json.dumps({how: ask(how) for how in HOW}, separators=(",", ":"))
    Path(__file__).with_name("sqlmesh.json").write_text(answers.replace("],[", "],\n[") + "\n", encoding="utf-8")
