"""What a step was built from: states of its inputs, code and settings. The same again gives the same result, and what
has changed since tells which rows may differ."""

import hashlib
import shlex
from collections.abc import Collection
from functools import cache
from pathlib import Path

from pyspark.sql import DataFrame, Row

from dvdrental.errors import SettingsError
from dvdrental.lake import Lake
from dvdrental.ops import Step


def note_inputs(lake: Lake, step: Step) -> None:
    """Note on the step what its result depends on."""
    step.built_from = lake.inputs | _surroundings(lake)


def is_up_to_date(step: Step, last: Row) -> bool:
    """Whether the last success had all that this step has: inputs, code and the table as it is."""
    return bool(last.built_from == step.built_from)


def was_judged_alike(lake: Lake, step: Step, last: Row | None) -> bool:
    """Whether the published rows passed today's rules, judged by the code hash. Assumed true if nothing was read
    through the lake."""
    return not lake.inputs or (last is not None and last.built_from.get("code") == step.built_from["code"])


def keep_as_it_is(step: Step, last: Row) -> None:
    """Note that no row was computed: the table is what the last success left."""
    step.rows_computed = step.rows_inserted = step.rows_updated = step.rows_deleted = 0
    step.rows_after = last.rows_after


def changed_inputs(
    lake: Lake, step: Step, last: Row, among: Collection[str] | None = None
) -> dict[str, DataFrame] | None:
    """Change feed of each input that has changed since the last success, by full name. None means recompute everything:
    the code, settings or set of inputs changed, an input outside `among` changed, or a change feed is unavailable."""
    if step.built_from.keys() != last.built_from.keys() or _surroundings(lake).items() - last.built_from.items():
        return None
    moved = {name: state for name, state in lake.inputs.items() if state != last.built_from[name]}
    if among is not None and moved.keys() - set(among):
        return None
    feeds = {name: lake.feed(name, last.built_from[name], state) for name, state in moved.items()}
    known = {name: feed for name, feed in feeds.items() if feed is not None}
    return known if known.keys() == feeds.keys() else None


def reusable_success(lake: Lake, step: Step) -> Row | None:
    """The last success, where what it left may be built upon: not if the table is another by now, nothing was read
    through the lake, or the setting `rebuild` says yes."""
    if not lake.inputs:
        return None
    last = lake.last_success(step.table_name)
    if lake.settings.rebuild == "yes":
        mode = lake.settings.sync_mode if last is None else last.built_from["sync_mode"]
        if mode != lake.settings.sync_mode:
            raise SettingsError(
                f"{step.table_name} was built with sync_mode={mode}: give the same to compute it anew (on a laptop: "
                f"-p {shlex.quote(f'sync_mode={mode}')}), or let the job run with the other one first"
            )
        return None
    return last if last is not None and last.state == step.state else None


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
