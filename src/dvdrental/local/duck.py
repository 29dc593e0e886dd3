"""Gold and ledger of a lake in DuckDB, read without Spark."""

from pathlib import Path

import duckdb
from deltalake import DeltaTable
from duckdb import DuckDBPyConnection

from dvdrental import ledger_views
from dvdrental.local.session import delta_tables, has_commit
from dvdrental.table import View

LAYERS = ("gold", "ops")


def open_gold(folder: Path) -> DuckDBPyConnection:
    """Schemas `gold` and `ops` as published now, with what gold shows of the ledger. What no run made is not there."""
    db = duckdb.connect()
    db.execute("CREATE MACRO size(list) AS len(list)")
    for layer in LAYERS:
        db.execute(f"CREATE SCHEMA {layer}")
        for table in delta_tables(folder / layer):
            rows = DeltaTable(table).to_pyarrow_dataset()  # streamed, never whole in memory twice
            db.register("rows", rows)
            db.execute(f"CREATE TABLE {layer}.{table.name} AS FROM rows")
            db.unregister("rows")
    for view in (ledger_views.LOADS, ledger_views.DATA_QUALITY):
        if has_commit(folder / view.source.layer / view.source.name):
            db.execute(_statement(view))
    return db


def _statement(view: View) -> str:
    columns = ", ".join(f"{expression} AS {name}" for name, expression in view.columns.items())
    each_check = view.clauses == ledger_views.EACH_CHECK  # DuckDB has other words for it
    rows = "(SELECT *, unnest(checks) AS result FROM {source})" if each_check else "{source}"
    clauses = "" if each_check else view.clauses
    text = f"CREATE VIEW {view.full_name} AS SELECT {columns} FROM {rows} {clauses}"  # noqa: S608
    return text.replace("{source}", view.source.full_name)
