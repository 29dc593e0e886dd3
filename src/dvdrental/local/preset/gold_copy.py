"""A copy of gold in one DuckDB file: what the local Superset reads instead of a SQL warehouse. Needs no Spark."""

from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from dvdrental import metrics
from dvdrental.errors import DvdRentalError
from dvdrental.local.preset.assets import contract
from dvdrental.table import Table, View

SCHEMA = "gold"
EXPLODE = ("LATERAL VIEW explode(checks) AS result", ", unnest(checks) AS exploded (result)")
"""The one clause of our views that DuckDB writes in another way."""


class OldLakeError(DvdRentalError):
    """The lake does not hold what the dashboard shows."""


def copy_gold(lake: Path, file: Path) -> None:
    """Every table and view of gold that a dashboard reads. The file is replaced at once."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with duckdb.connect(str(fresh)) as db:
        db.execute(f"CREATE SCHEMA {SCHEMA}")
        db.execute("CREATE TEMP MACRO size(list) AS len(list)")  # Spark's name
        db.execute("SET lambda_syntax = 'ENABLE_SINGLE_ARROW'")  # Spark's form
        for name in metrics.datasets():
            told = contract(name)
            source = told if isinstance(told, Table) else told.source
            rows = _rows(lake, source)  # noqa: F841 (DuckDB finds it by its name)
            query = "FROM rows" if isinstance(told, Table) else _select(told)
            db.execute(f"CREATE TABLE {SCHEMA}.{told.name} AS {query}")
    fresh.replace(file)


def _rows(lake: Path, table: Table) -> pa.Table:
    try:
        rows = DeltaTable(lake / table.layer / table.name).to_pyarrow_table()
    except TableNotFoundError:
        raise OldLakeError(f"{lake} has no {table.full_name}: run `make run`, and mend what fails there") from None
    missing = [name for name in table.column_names if name not in rows.column_names]
    if missing:
        raise OldLakeError(
            f"{table.full_name} in {lake} is of an older version, without {', '.join(missing)}: `make run`"
        )
    return rows


def _select(view: View) -> str:
    columns = ", ".join(f"{expression} AS {name}" for name, expression in view.columns.items())
    return f"SELECT {columns} FROM rows {view.clauses.replace(*EXPLODE)}"  # noqa: S608 (names of ours)
