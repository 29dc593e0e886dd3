"""dvdrental report"""

import argparse

from dvdrental.local import report
from dvdrental.local.commands.common import CONSOLE, Commands, Options, answered, declare, json_option, lake_option
from dvdrental.local.folder import worked


def add(commands: "Commands[argparse.ArgumentParser]") -> None:
    text = "write the page with figures, charts and quality of the lake anew, and say where it is"
    parser = declare(commands, "report", _report, text, "report", "report --lake lake/sample")
    lake_option(parser)
    json_option(parser)


def _report(options: Options) -> int:
    page = report.write(worked(options.lake))
    CONSOLE.print(f"Report for a browser: {page}", soft_wrap=True, highlight=False)
    return answered(options, {"report": page})
