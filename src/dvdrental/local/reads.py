"""Which tables a notebook reads, according to its text: nothing is executed."""

import ast
from pathlib import Path


def tables_read(notebook: Path) -> set[str]:
    """Full names of the tables behind the notebook's `lake.changes(...)` and `lake.read(...)`; a name
    that cannot be resolved stays as it is written there."""
    tree = ast.parse(notebook.read_text(encoding="utf-8"))
    imported = _imported(tree)
    reads = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("lake"), attr="changes"), args=[stream, *_]):
                reads.add("bronze." + ast.unparse(stream).strip("'"))
            case ast.Call(func=ast.Attribute(value=ast.Name("lake"), attr="read"), args=[table, *_]):
                name = ast.unparse(table).removesuffix(".TABLE")
                reads.add(imported.get(name, name))
    return reads


def _imported(tree: ast.AST) -> dict[str, str]:
    """Name in the notebook -> table of the module that it is, or comes from: both have one name."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("dvdrental."):
            package = str(node.module).split(".")[1:]
            names |= {alias.asname or alias.name: ".".join([*package, alias.name][:2]) for alias in node.names}
    return names
