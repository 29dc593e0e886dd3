"""What the commands share."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from rich.status import Status
from rich.text import Text

from dvdrental.errors import DvdRentalError
from dvdrental.lake import Lake
from dvdrental.local import folder as lakes
from dvdrental.local.output import PlainConsole, dumps
from dvdrental.local.session import start_session

CONSOLE = PlainConsole()
WIDE = 200
"""Columns of a file: room for the name and type of every column of a table."""

FULL_DISK = (
    f"no space is left on the disk, of the lake or of {tempfile.gettempdir()}. Make room, and run the same again"
)

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # argparse has no public name for it
Options = argparse.Namespace


class UsageError(DvdRentalError):
    """The arguments name something that does not exist, or contradict each other."""


def declare(
    commands: Commands, name: str, work: Callable[[Options], int], text: str, *examples: str
) -> argparse.ArgumentParser:
    """Add a command; `work` returns its exit code. `text` is shown in the list of commands and in its help."""
    parser = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog="\n".join(["examples:", *(f"  dvdrental {example}" for example in examples)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=work)
    return parser


def lake_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lake", type=Path, metavar="FOLDER", help="the lake (default: the one written last)")


def parameter_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--parameter", "-p", action="append", default=[], metavar="NAME=VALUE", help="parameter of the job"
    )


def json_option(parser: argparse.ArgumentParser) -> None:
    text = "the result as one JSON object on standard output; what people read goes to standard error"
    parser.add_argument("--json", action="store_true", help=text)


def finish_with(options: Options, result: Mapping[str, Any]) -> int:
    """Print the result as JSON if --json asked for it. Gives the exit code: 1 if its `status` is failed."""
    if options.json:
        sys.stdout.write(dumps(result) + "\n")
    return int(result.get("status") == "failed")


def own_parameters(options: Options) -> dict[str, str]:
    return dict(pair.partition("=")[::2] for pair in options.parameter)


def open_session(folder: Path) -> Lake:
    """Start Spark on the lake. Where there are several lakes, say which one this is."""
    if len(lakes.all_lakes()) > 1:
        PlainConsole(stderr=True).print(f"lake: {folder}", markup=False, highlight=False, soft_wrap=True)
    return lakes.open_lake(start_session(folder), folder)


@contextmanager
def exclusive_session(folder: Path, text: str) -> Iterator[Lake]:
    """Spark on a lake that no other process may change meanwhile; `text` says what is being done."""
    with lakes.locked(folder), working(text):
        yield open_session(folder)


def working(text: str) -> Status:
    """A spinner on a terminal while nothing else is shown; nothing elsewhere."""
    return PlainConsole(stderr=True).status(Text(text))


def new_run_id() -> str:
    return datetime.now(UTC).strftime("local-%Y%m%d-%H%M%S")
