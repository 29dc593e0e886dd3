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


def declare(lake: Lake) -> None:
    """Saying it again is safe: what stands already is dropped or replaced."""
    for statement in (*statements(lake), *metric_view.statements(lake)):
        lake.spark.sql(statement)


def statements(lake: Lake) -> Iterator[str]:
    """Primary keys first, since foreign keys refer to them. None of them is enforced: the gate is what enforces them,
    and RELY lets the optimiser count on that."""
    tables = [table for table in TABLES.values() if lake.exists(table)]
    for table in tables:
        name = lake.name(table.layer, table.name)
        yield from (_tag(name, column.name) for column in table.fields if column.personal)
        yield f"ALTER TABLE {name} CLUSTER BY AUTO"
        if table.layer != "bronze":  # a change log holds a key as often as it changed
            yield f"ALTER TABLE {name} DROP PRIMARY KEY IF EXISTS CASCADE"
            yield f"ALTER TABLE {name} ADD CONSTRAINT {ident(f'{table.name}_key')} PRIMARY KEY ({_columns(table)}) RELY"
    for table in tables:
        yield from (_reference(lake, table, column) for column, parent in table.references.items() if parent in tables)


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
