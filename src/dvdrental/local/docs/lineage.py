"""What is computed from what: from the notebooks that the job runs."""

from collections.abc import Iterable, Mapping

from dvdrental.local.bundle import Bundle
from dvdrental.local.docs.markdown import WRITTEN, diagram, document, grid, link
from dvdrental.local.folder import parameters
from dvdrental.local.job import Task, plan
from dvdrental.local.reads import tables_read
from dvdrental.run import JOB
from dvdrental.tables import TABLES, VIEWS


def page(bundle: Bundle) -> str:
    tasks = _tasks(bundle)
    inputs = reads(bundle)
    silver, gold = ([name for name in inputs if name.startswith(layer)] for layer in ("silver", "gold"))
    edges = [(needed, task.key) for task in tasks for needed in task.depends_on]
    return document(
        "# What is computed from what",
        f"{WRITTEN} An arrow means: the notebook that fills the one reads the other. Of columns nothing is told here: "
        "what a column is computed from stands in `build` of its table, and cannot be read off exactly without "
        "running it. (Columns of views: [dictionary.md](dictionary.md).)",
        grid(["table", "is computed from"], ([link(name), _links(inputs[name])] for name in inputs)),
        "## bronze to silver",
        "Each bronze table takes the landing of the stream of its name.",
        _flow("LR", {name: inputs[name] for name in silver}),
        "## silver to gold",
        _flow("LR", {name: inputs[name] for name in gold}),
        "## The job",
        "An arrow means: runs after. Tasks without a path between them run side by side.",
        diagram("flowchart LR", (f"{first} --> {then}" for first, then in edges)),
    )


def reads(bundle: Bundle) -> dict[str, list[str]]:
    """Tables and views of silver and gold -> what their notebook reads, in the order of the layers."""
    tasks = {task.key: task for task in _tasks(bundle)}
    inputs: dict[str, list[str]] = {}
    for name in (*TABLES, *VIEWS):
        task = tasks.get(name.replace(".", "_"))
        if task is not None:
            sources = {VIEWS[name].source.full_name} if name in VIEWS else tables_read(task.notebook)
            inputs[name] = sorted(sources, key=[*TABLES].index)
    return inputs


def _tasks(bundle: Bundle) -> list[Task]:
    return plan(bundle, JOB, parameters(bundle.root, "docs"))


def _links(names: Iterable[str]) -> str:
    return ", ".join(map(link, names))


def _flow(direction: str, inputs: Mapping[str, list[str]]) -> str:
    names = dict.fromkeys(name for target, sources in inputs.items() for name in (*sources, target))
    nodes = [f'{_node(name)}["{name}"]' for name in names]
    arrows = [f"{_node(source)} --> {_node(target)}" for target, sources in inputs.items() for source in sources]
    return diagram(f"flowchart {direction}", [*nodes, *arrows])


def _node(name: str) -> str:
    return name.replace(".", "_")
