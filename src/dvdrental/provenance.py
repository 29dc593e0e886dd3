"""What a step was built from: states of its inputs, code and settings. The same again gives the same result, and what
has changed since tells which rows may differ."""

import hashlib
from functools import cache
from pathlib import Path

from pyspark.sql import DataFrame

from dvdrental.lake import Lake
from dvdrental.ops import Step
from dvdrental.table import Table


def is_up_to_date(lake: Lake, step: Step) -> bool:
    """Note on the step what its result depends on, and tell whether its last success had all of it: inputs, code and
    the table as it is. Always False if the setting `rebuild` says yes, or nothing was read through the lake."""
    step.built_from = lake.inputs | _surroundings(lake)
    if lake.settings.rebuild == "yes" or not lake.inputs:
        return False
    last = lake.last_success(step.table_name)
    if last is None or (last.state, last.built_from) != (step.state, step.built_from):
        return False
    step.rows_computed = step.rows_inserted = step.rows_updated = step.rows_deleted = 0
    step.rows_after = last.rows_after
    return True


def changed_inputs(lake: Lake, table: Table) -> dict[str, DataFrame] | None:
    """Change feed of each input that has changed since the table was built, by full name. None if every row must be
    computed: never built, other code, other inputs, a table or an input that is not what it was left as."""
    if lake.settings.rebuild == "yes" or not lake.exists(table):
        return None
    last = lake.last_success(table.full_name)
    if last is None or last.state != lake.state(lake.name(table.layer, table.name)):
        return None
    now = lake.inputs | _surroundings(lake)
    if now.keys() != last.built_from.keys() or _surroundings(lake).items() - last.built_from.items():
        return None
    moved = {name: state for name, state in lake.inputs.items() if state != last.built_from[name]}
    feeds = {name: lake.feed(name, last.built_from[name], state) for name, state in moved.items()}
    known = {name: feed for name, feed in feeds.items() if feed is not None}
    return known if known.keys() == feeds.keys() else None


def _surroundings(lake: Lake) -> dict[str, str]:
    return {"code": _code(), "sync_mode": lake.settings.sync_mode}


@cache
def _code() -> str:
    """Hash of this package: other code may give other rows."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.*")):
        if file.suffix in (".py", ".yml"):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
