"""Entity-relationship diagrams of silver and gold, from the contracts' keys and references."""

from collections.abc import Sequence

from dvdrental.local.docs.markdown import WRITTEN, diagram, document
from dvdrental.table import Table
from dvdrental.tables import TABLES

CHECKED = "--"
"""Line of a reference that every publication looks up."""
CARRIED = ".."
"""Line of a column that holds the key of a table by its name, and is not looked up."""


def page() -> str:
    silver, gold = ([table for table in TABLES.values() if table.layer == layer] for layer in ("silver", "gold"))
    return document(
        "# How tables hang together",
        f"{WRITTEN} Boxes show keys (PK) and what refers to other tables (FK); all columns are in "
        "[dictionary.md](dictionary.md). A solid line is a reference that every publication looks up, a dotted one a "
        "column that carries that key and is not looked up. A table that carries no key of silver stands "
        "alone.",
        "## silver",
        _erd(silver),
        "## gold, on silver",
        _erd(gold),
    )


def _erd(tables: Sequence[Table]) -> str:
    relations = [(table, *relation) for table in tables for relation in _relations(table)]
    others = {target.full_name: target for _, _, target, _ in relations if target not in tables}
    return diagram(
        "erDiagram",
        [
            *(line for table in tables for line in _entity(table)),
            *(f'{table.name}["{table.full_name}"]' for table in others.values()),
            *(_line(*relation) for relation in relations),
        ],
    )


def _relations(table: Table) -> list[tuple[str, Table, str]]:
    """Column, the table whose key it holds, and the kind of line."""
    checked = [(column, target, CHECKED) for column, target in table.references.items()]
    carried = [
        (column, home, CARRIED)
        for column in table.column_names
        if column not in table.references
        for home in _dimensions_and_facts()
        if home is not table and (column == home.key[0] or column.endswith(f"_{home.key[0]}"))
    ]
    return checked + carried


def _dimensions_and_facts() -> list[Table]:
    """Tables with a surrogate key."""
    silver = [table for table in TABLES.values() if table.layer == "silver"]
    return [table for table in silver if len(table.key) == 1 and table.key[0].endswith("_key")]


def _entity(table: Table) -> list[str]:
    foreign = {column for column, _, _ in _relations(table)}
    shown = [column for column in table.fields if column.name in {*table.key, *foreign}]
    marks = {name: ", ".join(["PK"] * (name in table.key) + ["FK"] * (name in foreign)) for name in table.column_names}
    columns = [f"    {column.type} {column.name} {marks[column.name]}" for column in shown]
    return [f'{table.name}["{table.full_name}"] {{', *columns, "}"]


def _line(table: Table, column: str, target: Table, kind: str) -> str:
    """One row of the target, or none, to any number of rows; to one at most where the column is the whole key."""
    required = next(field.required for field in table.fields if field.name == column)
    one, many = "||" if required and kind == CHECKED else "|o", "o|" if table.key == (column,) else "o{"
    return f"{target.name} {one}{kind}{many} {table.name} : {column}"
