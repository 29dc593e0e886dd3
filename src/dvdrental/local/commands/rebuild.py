"""dvdrental rebuild"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dvdrental.local import folder as lakes
from dvdrental.local.commands.common import (
    Commands,
    Options,
    declare,
    finish_with,
    json_option,
    lake_option,
    new_run_id,
    own_parameters,
    parameter_option,
)
from dvdrental.local.commands.work import planned, work
from dvdrental.local.folder import find_lake
from dvdrental.local.session import start_session


def add(commands: Commands) -> None:
    text = "take in what is landed, compute silver and gold anew from bronze, and publish what differs"
    parser = declare(commands, "rebuild", _rebuild, text, "rebuild", "rebuild --lake lake/sample")
    parameter_option(parser)
    lake_option(parser)
    json_option(parser)


def _rebuild(options: Options) -> int:
    return finish_with(options, rebuild(find_lake(options.lake), own_parameters(options)))


def rebuild(folder: Path, own: Mapping[str, str]) -> dict[str, Any]:
    """Run the job on what is landed already. Gives its result."""
    began = time.monotonic()
    parameters = lakes.parameters(folder, new_run_id(), lakes.landed_envelope(folder))
    tasks = planned({**parameters, **own, "rebuild": "yes"})
    with lakes.locked(folder):
        return work(tasks, start_session(folder), folder, began)
