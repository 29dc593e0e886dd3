"""dvdrental restore"""

from dvdrental import maintain
from dvdrental.local.commands.common import (
    CONSOLE,
    Commands,
    Options,
    declare,
    exclusive_session,
    finish_with,
    json_option,
    lake_option,
)
from dvdrental.local.folder import lake_with_ledger


def add(commands: Commands) -> None:
    text = "bring a table of silver or gold back to what a run left"
    parser = declare(commands, "restore", _restore, text, "restore gold.rental_obt local-20260112-093000")
    parser.add_argument("table", help="as in gold.rental_obt")
    parser.add_argument("run_id", help="as in `dvdrental status`")
    lake_option(parser)
    json_option(parser)


def _restore(options: Options) -> int:
    folder = lake_with_ledger(options.lake)
    with exclusive_session(folder, f"restoring {options.table}") as lake:
        maintain.restore(lake, options.table, options.run_id)
    message = f"{options.table} is as run {options.run_id} left it; the next run computes it anew"
    CONSOLE.print(message, markup=False, soft_wrap=True)
    return finish_with(options, {"table": options.table, "run_id": options.run_id})
