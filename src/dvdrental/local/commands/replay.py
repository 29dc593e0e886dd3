"""dvdrental replay"""

import json
from pathlib import Path

from dvdrental.local import folder as lakes
from dvdrental.local.bundle import find_root
from dvdrental.local.commands.common import (
    CONSOLE,
    Commands,
    Options,
    declare,
    exclusive_session,
    finish_with,
    json_option,
    lake_option,
    new_run_id,
    own_parameters,
    parameter_option,
)
from dvdrental.local.commands.work import planned
from dvdrental.local.folder import lake_with_ledger
from dvdrental.local.notebook import run_notebook


def add(commands: Commands) -> None:
    text = "try the rows that were set aside once more"
    parser = declare(commands, "replay", _replay, text, "replay", "replay --lake lake/sample")
    parameter_option(parser)
    lake_option(parser)
    json_option(parser)


def _replay(options: Options) -> int:
    """Runs the notebook that a workspace would run."""
    folder = lake_with_ledger(options.lake)
    parameters = lakes.parameters(folder, new_run_id(), lakes.landed_envelope(folder)) | own_parameters(options)
    notebook = find_root(Path.cwd()) / "notebooks/bronze/replay.py"
    with exclusive_session(folder, "trying the rows that were set aside") as lake:
        answer = run_notebook(notebook, lake.spark, planned(parameters)[0].parameters)
    steps = [step for step in json.loads(answer) if step["rows_landed"] or step["warnings"]]
    for step in steps:
        taken = (step["rows_inserted"] or 0) + (step["rows_duplicate"] or 0)
        CONSOLE.print(f"{step['table_name']}: {taken} rows taken in, {step['rows_quarantined'] or 0} still set aside")
        for warning in step["warnings"]:
            CONSOLE.print(f"  {warning}", markup=False, highlight=False, soft_wrap=True)
    CONSOLE.print("Run the job again: silver and gold follow." if steps else "No row is set aside.")
    return finish_with(options, {"steps": steps})
