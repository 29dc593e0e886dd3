"""A copy of gold in one DuckDB file: what the local Superset reads instead of a SQL warehouse."""

from pathlib import Path

from duckdb import DuckDBPyConnection

from dvdrental import metrics
from dvdrental.errors import DvdRentalError
from dvdrental.local.duck import open_gold
from dvdrental.tables import EVERYTHING

SCHEMA = "gold"


class OldLakeError(DvdRentalError):
    """The lake does not hold what the dashboard shows."""


def copy_gold(lake: Path, file: Path) -> None:
    """Every table and view of gold that a dashboard reads. The file is replaced at once."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open_gold(lake) as db:
        for name in metrics.datasets():
            _complete(db, name, lake)
        place = str(fresh).replace("'", "''")
        db.execute(f"ATTACH '{place}' AS copy")
        db.execute(f"CREATE SCHEMA copy.{SCHEMA}")
        for name in metrics.datasets():
            db.execute(f"CREATE TABLE copy.{name} AS FROM {name}")
        db.execute("DETACH copy")
    fresh.replace(file)


def _complete(db: DuckDBPyConnection, name: str, lake: Path) -> None:
    query = "SELECT column_name FROM information_schema.columns WHERE table_schema || '.' || table_name = ?"
    there = {column for (column,) in db.execute(query, [name]).fetchall()}
    if not there:
        raise OldLakeError(f"{lake} has no {name}: run `make run`, and mend what fails there")
    missing = [column for column in EVERYTHING[name].column_names if column not in there]
    if missing:
        raise OldLakeError(f"{name} in {lake} is of an older version, without {', '.join(missing)}: `make run`")
