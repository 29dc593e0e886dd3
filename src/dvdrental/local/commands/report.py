"""dvdrental report"""

import argparse

from dvdrental.local import report
from dvdrental.local.commands.common import CONSOLE, Commands, Options, declare, lake_option
from dvdrental.local.folder import worked


def add(commands: "Commands[argparse.ArgumentParser]") -> None:
    text = "write the page with figures, charts and quality of the lake anew, and say where it is"
    lake_option(declare(commands, "report", _report, text, "report", "report --lake lake/sample"))


def _report(options: Options) -> int:
    CONSOLE.print(f"Report for a browser: {report.write(worked(options.lake))}", soft_wrap=True, highlight=False)
    return 0
