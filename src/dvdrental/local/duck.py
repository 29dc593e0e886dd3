"""Gold and ledger of a lake in DuckDB, read without Spark."""

from pathlib import Path

import duckdb
from deltalake import DeltaTable
from duckdb import DuckDBPyConnection

from dvdrental import ledger_views
from dvdrental.table import View

LAYERS = ("gold", "ops")

EXPLODE = "LATERAL VIEW explode(checks) AS result"
"""Spark's words for one row per check; DuckDB has others."""


def open_gold(folder: Path) -> DuckDBPyConnection:
    """Schemas `gold` and `ops` as published now, with what gold shows of the ledger. What no run made is not there."""
    db = duckdb.connect()
    db.execute("CREATE MACRO size(list) AS len(list)")
    for layer in LAYERS:
        db.execute(f"CREATE SCHEMA {layer}")
        for log in sorted((folder / layer).glob("*/_delta_log")):
            rows = DeltaTable(log.parent).to_pyarrow_dataset()  # streamed, never whole in memory twice
            db.register("rows", rows)
            db.execute(f"CREATE TABLE {layer}.{log.parent.name} AS FROM rows")
            db.unregister("rows")
    for view in (ledger_views.LOADS, ledger_views.DATA_QUALITY):
        if (folder / view.source.layer / view.source.name).exists():
            db.execute(_statement(view))
    return db


def _statement(view: View) -> str:
    columns = ", ".join(f"{expression} AS {name}" for name, expression in view.columns.items())
    rows = "(SELECT *, unnest(checks) AS result FROM {source})" if EXPLODE in view.clauses else "{source}"
    text = f"CREATE VIEW {view.full_name} AS SELECT {columns} FROM {rows} {view.clauses.replace(EXPLODE, '')}"  # noqa: S608
    return text.replace("{source}", view.source.full_name)
