"""What Unity Catalog is told about the tables beyond their columns: keys, where personal data is, how to lie on disk,
and the metrics as views.

All of it follows from the contracts and metrics.yml. Only the platform has it, so only the job "upkeep" says it.
"""

from collections.abc import Iterator

from dvdrental import metric_view
from dvdrental.lake import Lake
from dvdrental.names import ident, literal
from dvdrental.table import Table
from dvdrental.tables import TABLES

NOT_HERE = "CLUSTER_BY_AUTO_REQUIRES_PREDICTIVE_OPTIMIZATION"


def declare(lake: Lake) -> list[str]:
    """Saying it again is safe: what stands already is dropped or replaced. Gives what could not be said here."""
    for statement in (*statements(lake), *metric_view.statements(lake)):
        lake.spark.sql(statement)
    return [unsaid for table in _there(lake) if (unsaid := _cluster(lake, table))]


def _cluster(lake: Lake, table: Table) -> str | None:
    """The platform chooses and changes the keys by what is asked. Gives why not, where it does not."""
    try:
        lake.spark.sql(f"ALTER TABLE {lake.name(table.layer, table.name)} CLUSTER BY AUTO")
    except Exception as error:
        if NOT_HERE not in str(error):
            raise
        return f"{table.full_name}: CLUSTER BY AUTO needs predictive optimisation, which is off there"
    return None


def statements(lake: Lake) -> Iterator[str]:
    """Primary keys first, since foreign keys refer to them. None of them is enforced: the gate is what enforces them,
    and RELY lets the optimiser count on that."""
    tables = _there(lake)
    for table in tables:
        name = lake.name(table.layer, table.name)
        yield from (_tag(name, column.name) for column in table.fields if column.personal)
        if table.layer != "bronze":  # a change log holds a key as often as it changed
            yield f"ALTER TABLE {name} DROP PRIMARY KEY IF EXISTS CASCADE"
            yield f"ALTER TABLE {name} ADD CONSTRAINT {ident(f'{table.name}_key')} PRIMARY KEY ({_columns(table)}) RELY"
    for table in tables:
        yield from (_reference(lake, table, column) for column, parent in table.references.items() if parent in tables)


def _there(lake: Lake) -> list[Table]:
    return [table for table in TABLES.values() if lake.exists(table)]


def _reference(lake: Lake, table: Table, column: str) -> str:
    parent, constraint = table.references[column], ident(f"{table.name}_{column}")
    return (
        f"ALTER TABLE {lake.name(table.layer, table.name)} ADD CONSTRAINT {constraint} FOREIGN KEY ({ident(column)}) "
        f"REFERENCES {lake.name(parent.layer, parent.name)} ({_columns(parent)})"
    )


def _tag(name: str, column: str) -> str:
    return f"ALTER TABLE {name} ALTER COLUMN {ident(column)} SET TAGS ({literal('personal')} = {literal('true')})"


def _columns(table: Table) -> str:
    return ", ".join(map(ident, table.key))
