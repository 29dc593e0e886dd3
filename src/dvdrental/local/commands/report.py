"""dvdrental report"""

from dvdrental.local import report
from dvdrental.local.commands.common import CONSOLE, Commands, Options, declare, finish_with, json_option, lake_option
from dvdrental.local.folder import lake_with_ledger


def add(commands: Commands) -> None:
    text = "write the page with figures, charts and quality of the lake anew, and say where it is"
    parser = declare(commands, "report", _report, text, "report", "report --lake lake/sample")
    lake_option(parser)
    json_option(parser)


def _report(options: Options) -> int:
    page = report.write(lake_with_ledger(options.lake))
    CONSOLE.print(f"Report for a browser: {page}", soft_wrap=True, highlight=False)
    return finish_with(options, {"report": page})
