"""The data dictionary: every table, view and column, from the contracts."""

from collections.abc import Iterable

from dvdrental.bronze.streams import STREAMS, Stream
from dvdrental.local.docs.markdown import WRITTEN, code, document, grid, link
from dvdrental.quality.history_rules import is_history
from dvdrental.table import Column, Table, View
from dvdrental.tables import EVERYTHING

LAYERS = {
    "bronze": "Change logs, append-only: one row per change of a source row, with the type it has in the source.",
    "silver": "The star schema: dimensions, a bridge, facts.",
    "gold": "What dashboards read. No personal data.",
    "ops": "The ledger of runs, and views on it.",
}


def page() -> str:
    return document(
        "# Data dictionary",
        f"{WRITTEN} Times are UTC. How tables hang together: [erd.md](erd.md); what is computed from what: "
        "[lineage.md](lineage.md).",
        grid(["", "one row per", "columns", "personal"], map(_entry, _by_layer())),
        *(part for layer, words in LAYERS.items() for part in [f"## {layer}", words, *_layer(layer)]),
    )


def _by_layer() -> list[Table | View]:
    return [thing for layer in LAYERS for thing in EVERYTHING.values() if thing.layer == layer]


def _entry(thing: Table | View) -> list[str]:
    if isinstance(thing, View):
        return [link(thing.full_name), f"view on {thing.source.full_name}", str(len(thing.columns)), ""]
    personal = sum(column.personal for column in thing.fields)
    return [link(thing.full_name), _what(thing.grain), str(len(thing.fields)), str(personal or "")]


def _what(grain: str) -> str:
    return grain.removeprefix("one row per ")


def _layer(layer: str) -> list[str]:
    things = [thing for thing in EVERYTHING.values() if thing.layer == layer]
    if layer == "bronze":
        technical = next(iter(STREAMS.values())).technical_fields
        tables = [part for stream in STREAMS.values() for part in _stream(stream)]
        return ["Every table of bronze also has these columns:", _columns(technical), *tables]
    return [part for thing in things for part in (_view(thing) if isinstance(thing, View) else _table(thing))]


def _stream(stream: Stream) -> list[str]:
    facts = [f"Key in the source: {code(stream.key)}"]
    if stream.secrets:
        facts.append(f"Never stored: {code(stream.secrets)}")
    return [f"### {stream.table.full_name}", _list(facts), _columns(stream.business_fields)]


def _table(table: Table) -> list[str]:
    facts = [f"One row per {_what(table.grain)}", f"Key: {code(table.key)}", *_history(table)]
    facts += [f"`{column}` is a key of {link(target.full_name)}" for column, target in table.references.items()]
    return [f"### {table.full_name}", _list(facts), _columns(table.fields)]


def _history(table: Table) -> list[str]:
    if table.layer != "silver":
        return []
    if not is_history(table):
        return ["No history: the rows of today"]
    return [f"History: a version is valid in `[valid_from, valid_to)`. Updated in place: {code(table.untracked)}"]


def _view(view: View) -> list[str]:
    rows = ([f"`{name}`", f"`{_one_line(view, expression)}`"] for name, expression in view.columns.items())
    head = f"View on {link(view.source.full_name)}. {view.comment}."
    clauses = [f"After FROM: `{_one_line(view, view.clauses)}`"] if view.clauses else []
    return [f"### {view.full_name}", head, grid(["column", "is"], rows), *clauses]


def _one_line(view: View, text: str) -> str:
    return " ".join(text.replace("{source}", view.source.full_name).split())


def _list(facts: Iterable[str]) -> str:
    return "\n".join(f"- {fact}" for fact in facts)


def _columns(columns: Iterable[Column]) -> str:
    rows = (
        [
            f"`{column.name}`",
            f"`{column.type}`",
            "yes" if column.required else "",
            "yes" if column.personal else "",
            column.comment.replace(" (personal)", ""),
        ]
        for column in columns
    )
    return grid(["column", "type", "required", "personal", "what it is"], rows)
