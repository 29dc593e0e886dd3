"""dvdrental restore"""

import argparse

from dvdrental import maintain
from dvdrental.local import folder as lakes
from dvdrental.local.commands.common import (
    CONSOLE,
    Commands,
    Options,
    answered,
    declare,
    json_option,
    lake_option,
    opened,
    working,
)
from dvdrental.local.folder import worked


def add(commands: "Commands[argparse.ArgumentParser]") -> None:
    text = "bring a table of silver or gold back to what a run left"
    parser = declare(commands, "restore", _restore, text, "restore gold.rental_obt local-20260112-093000")
    parser.add_argument("table", help="as in gold.rental_obt")
    parser.add_argument("run_id", help="as in `dvdrental status`")
    lake_option(parser)
    json_option(parser)


def _restore(options: Options) -> int:
    folder = worked(options.lake)
    with lakes.locked(folder), working(f"restoring {options.table}"):
        maintain.restore(opened(folder), options.table, options.run_id)
    message = f"{options.table} is as run {options.run_id} left it; the next run computes it anew"
    CONSOLE.print(message, markup=False, soft_wrap=True)
    return answered(options, {"table": options.table, "run_id": options.run_id})
