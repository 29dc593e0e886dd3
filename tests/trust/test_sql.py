"""No text from outside becomes SQL: identifiers pass `ident`, values are parameters."""

import ast
from pathlib import Path

from tests.conftest import ROOT

QUOTING = ("ident", "literal", "name")
"""Calls that give text which may stand in a statement: names.ident, names.literal, Lake.name."""


def test_promise_20_statements_are_built_of_quoted_parts_in_few_places() -> None:
    """Whoever builds a statement elsewhere, or of other parts, is found here."""
    built = {(path.name, function) for path in sources() for function in builders(path)}
    assert built == {
        ("lake.py", "create"),
        ("lake.py", "follow_contract"),
        ("lake.py", "create_view"),
        ("lake.py", "state_of"),
        ("lake.py", "states"),
        ("lake.py", "commits_since"),
        ("lake.py", "feed"),
        ("lake.py", "update"),
        ("declare.py", "_cluster"),
        ("declare.py", "declare"),
        ("maintain.py", "maintain"),
        ("maintain.py", "_rewrite_marked_files"),
        ("maintain.py", "purge"),
        ("maintain.py", "restore"),
        ("session.py", "register"),
        ("setup.py", "fetch_jars"),
        ("session.py", "_register_table"),
        ("connect.py", "connect_and_smoke"),
        ("land.py", "<module>"),
        ("verify.py", "<module>"),
    }


def sources() -> list[Path]:
    return [path for folder in ("src", "notebooks") for path in (ROOT / folder).rglob("*.py")]


def builders(path: Path) -> set[str]:
    """Functions that hand anything but a constant to `sql`, `expr`, `filter`, `where` or `selectExpr`."""
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef | ast.Module):
            calls = (node for node in own_nodes(scope) if isinstance(node, ast.Call))
            if any(is_built(call) for call in calls):
                found.add(getattr(scope, "name", "<module>"))
    return found


def own_nodes(scope: ast.AST) -> list[ast.AST]:
    """Nodes of a scope, without those of functions inside it."""
    nodes, found = list(ast.iter_child_nodes(scope)), []
    while nodes:
        node = nodes.pop()
        if not isinstance(node, ast.FunctionDef):
            found.append(node)
            nodes.extend(ast.iter_child_nodes(node))
    return found


def is_built(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return name in ("sql", "expr", "filter", "where", "selectExpr") and any(map(is_text_made, call.args))


def is_text_made(argument: ast.expr) -> bool:
    """f-strings, `+`, `%`, `.format(...)`, and names of statements put together before."""
    match argument:
        case ast.JoinedStr():
            return True
        case ast.BinOp(op=ast.Add() | ast.Mod(), left=left, right=right):
            return any(isinstance(side, ast.Constant | ast.JoinedStr) for side in (left, right))
        case ast.Call(func=ast.Attribute(attr="format")):
            return True
        case ast.Name(id="statement"):
            return True
        case _:
            return False


def test_each_way_to_build_a_statement_is_seen() -> None:
    for text in ('f"a {b}"', '"a" + b', '"a %s" % b', '"a {}".format(b)'):
        assert is_built(ast.parse(f"spark.sql({text})").body[0].value), text
    assert not is_built(ast.parse('spark.sql("select :v", args)').body[0].value)
