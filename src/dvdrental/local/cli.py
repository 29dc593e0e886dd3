"""The command `dvdrental`: land, run and query the lakehouse on this machine."""

import argparse
import errno
import os
import sys
import time
from collections.abc import Sequence

from dvdrental.errors import DvdRentalError
from dvdrental.local.commands import (
    demo,
    docs,
    export,
    forget,
    land,
    maintain,
    profile,
    rebuild,
    replay,
    report,
    restore,
    run,
    sql,
    status,
)
from dvdrental.local.commands.common import CONSOLE, FULL_DISK, WIDE
from dvdrental.local.folder import is_out_of_space
from dvdrental.local.output import PlainConsole

COMMANDS = (run, demo, land, sql, status, report, profile, export, replay, rebuild, restore, forget, maintain, docs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 good, 1 a task failed, 2 the command could not be carried out."""
    options = parser().parse_args(arguments)
    os.environ["TZ"] = "UTC"  # the zone of what is printed, in every format
    time.tzset()
    CONSOLE.stderr = getattr(options, "json", False)
    if not CONSOLE.is_terminal:
        CONSOLE.width = WIDE
    try:
        return int(options.command(options))
    except BrokenPipeError:  # as in `dvdrental sql ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if is_out_of_space(error):
            _complain(FULL_DISK)
        elif isinstance(error, DvdRentalError):
            _complain(str(error))
        elif isinstance(error, OSError):
            _complain(f"{error.filename or 'this machine'}: {error.strerror or error}{_advice(error)}")
        else:
            raise
        return 2
    except KeyboardInterrupt as stop:
        _complain(str(stop) or "interrupted: run the same again")
        return 130
    finally:
        CONSOLE.stderr = False


def _advice(error: OSError) -> str:
    if error.errno == errno.ENAMETOOLONG:
        return ": name a shorter one"
    if isinstance(error, FileNotFoundError | NotADirectoryError | PermissionError):
        return ": name a place that is there and that you may write to"
    return ""


def _complain(text: str) -> None:
    PlainConsole(stderr=True).print(f"dvdrental: {text}", markup=False, highlight=False, soft_wrap=True)


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="dvdrental", description=__doc__, epilog="`dvdrental COMMAND --help` tells more, with an example."
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return whole


if __name__ == "__main__":
    sys.exit(main())
