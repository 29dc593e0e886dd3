"""Tables and views as they are named on the command line."""

from collections.abc import Sequence
from difflib import get_close_matches

from dvdrental.local.commands.common import UsageError
from dvdrental.table import Table, View
from dvdrental.tables import EVERYTHING


def chosen(names: Sequence[str]) -> list[Table | View]:
    """Tables and views behind full names and names of layers, each once. Raises UsageError with what there is."""
    things: dict[str, Table | View] = {}
    for name in names:
        of_layer = {other: thing for other, thing in EVERYTHING.items() if thing.layer == name}
        if not of_layer and name not in EVERYTHING:
            raise UsageError(no_such_table(name))
        things |= of_layer or {name: EVERYTHING[name]}
    return list(things.values())


def no_such_table(name: str) -> str:
    """The message, with the likeliest name, or else the names of the layer that was meant."""
    if name in EVERYTHING:
        return f"{name} is not in this lake yet: the next run of its source fills it, or `.venv/bin/dvdrental rebuild`"
    layer, _, last = name.rpartition(".")
    near = [*get_close_matches(name, EVERYTHING, 1), *(known for known in EVERYTHING if known.endswith(f".{last}"))]
    if near:
        return f"there is no table {name}; did you mean {near[0]}?"
    there = [known for known in EVERYTHING if known.startswith(f"{layer}.")] or list(EVERYTHING)
    return f"there is no table {name}. There are: {', '.join(there)}"
