"""dvdrental maintain"""

from dvdrental import maintain
from dvdrental.lake import RETENTION
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
    text = "compact tables, drop files that no recent version needs"
    parser = declare(commands, "maintain", _maintain, text, "maintain", "maintain --lake lake/sample")
    lake_option(parser)
    json_option(parser)


def _maintain(options: Options) -> int:
    folder = lake_with_ledger(options.lake)
    with exclusive_session(folder, "compacting") as lake:
        number = maintain.maintain(lake)
    days = RETENTION.days
    CONSOLE.print(f"{number} tables are compacted; what their versions of the last {days} days need is kept.")
    return finish_with(options, {"tables": number, "retention_days": days})
