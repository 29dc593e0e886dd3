"""dvdrental maintain"""

import argparse

from dvdrental import maintain
from dvdrental.lake import RETENTION
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
    text = "compact tables, drop files that no recent version needs"
    parser = declare(commands, "maintain", _maintain, text, "maintain", "maintain --lake lake/sample")
    lake_option(parser)
    json_option(parser)


def _maintain(options: Options) -> int:
    folder = worked(options.lake)
    with lakes.locked(folder), working("compacting"):
        number = maintain.maintain(opened(folder))
    days = RETENTION.days
    CONSOLE.print(f"{number} tables are compacted; what their versions of the last {days} days need is kept.")
    return answered(options, {"tables": number, "retention_days": days})
