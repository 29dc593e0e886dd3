"""Task = notebook = table, and a task waits for exactly what its notebook and its contract need."""

import re
from importlib import import_module
from pathlib import Path

from dvdrental.local.reads import tables_read
from tests.bundle.loading import Bundle, ancestors

LAYERS = ("silver", "gold")
FIRST, LAST, END = "ops_begin", "ops_reconcile", "ops_finish"
"""The first makes the ledger that every task writes to; the last compares all layers; the end tells how all went."""
SYNC, INGEST = "ops_airbyte_sync", "bronze_ingest"
CONTRACT = re.compile(r"^(TABLE|VIEW) = ", re.MULTILINE)


def every_task_runs_the_notebook_of_its_name(bundle: Bundle) -> list[str]:
    return [f"{task} runs {path}" for task, path in bundle.pipeline.notebooks.items() if task != _key(path)]


def every_table_has_a_module_a_notebook_and_a_task(bundle: Bundle) -> list[str]:
    modules = {path for layer in LAYERS for path in (bundle.root / "src" / "dvdrental" / layer).glob("*.py")}
    found = {
        "module": {_key(path) for path in modules if CONTRACT.search(path.read_text(encoding="utf-8"))},
        "notebook": {_key(path) for layer in LAYERS for path in (bundle.root / "notebooks" / layer).glob("*.py")},
        "task": {key for key in bundle.pipeline.graph if key.startswith(LAYERS)},
    }
    tables = set().union(*found.values())
    return [f"{table} has no {what}" for what, names in found.items() for table in sorted(tables - names)]


def every_task_waits_for_what_it_needs(bundle: Bundle) -> list[str]:
    return [
        f"{task} needs {need} and does not wait for it"
        for task, needs in needed(bundle).items()
        for need in sorted(needs - ancestors(bundle.pipeline.graph, task))
    ]


def every_dependency_has_a_reason(bundle: Bundle) -> list[str]:
    needs = needed(bundle)
    return [
        f"{task} needs nothing of {on}"
        for task, edges in bundle.pipeline.graph.items()
        for on in sorted(edges - needs[task])
    ]


def no_dependency_follows_from_another(bundle: Bundle) -> list[str]:
    """The graph is its own transitive reduction."""
    return [
        f"{task} waits for {on} anyway, through {other}"
        for task, edges in bundle.pipeline.graph.items()
        for on in sorted(edges)
        for other in sorted(edges - {on})
        if on in ancestors(bundle.pipeline.graph, other)
    ]


def needed(bundle: Bundle) -> dict[str, set[str]]:
    """Task -> all tasks whose results it uses."""
    needs = {key: {FIRST} for key in bundle.pipeline.graph} | {END: set(bundle.pipeline.graph) - {END}}
    for task, notebook in bundle.pipeline.notebooks.items():
        if task.startswith(LAYERS):
            needs[task] |= (read_by(notebook) | contract_of(notebook)) - {task}
    return needs | {FIRST: set(), INGEST: {FIRST, SYNC}, LAST: set(bundle.pipeline.graph) - {LAST, END}}


def read_by(notebook: Path) -> set[str]:
    """Tasks that fill what the notebook reads; what cannot be told stays as it is."""
    return {INGEST if name.startswith("bronze.") else name.replace(".", "_", 1) for name in tables_read(notebook)}


def contract_of(notebook: Path) -> set[str]:
    """Tasks of the tables that the contract refers to."""
    module = import_module(f"dvdrental.{notebook.parent.name}.{notebook.stem}")
    tables = module.TABLE.references.values() if hasattr(module, "TABLE") else [module.VIEW.source]
    return {f"{table.layer}_{table.name}" for table in tables}


def _key(path: Path) -> str:
    return f"{path.parent.name}_{path.stem}"


RULES = (
    every_task_runs_the_notebook_of_its_name,
    every_table_has_a_module_a_notebook_and_a_task,
    every_task_waits_for_what_it_needs,
    every_dependency_has_a_reason,
    no_dependency_follows_from_another,
)
