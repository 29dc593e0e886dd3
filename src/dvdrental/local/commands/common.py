"""What the commands share."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status

from dvdrental.errors import DvdRentalError
from dvdrental.lake import Lake
from dvdrental.local import folder as lakes
from dvdrental.local.output import dumps
from dvdrental.local.session import start_session

WIDE = 200
CONSOLE = Console(width=None if sys.stdout.isatty() else WIDE)
"""A file has room for every type and name of a column."""

FULL_DISK = (
    f"no space is left on the disk, of the lake or of {tempfile.gettempdir()}. Make room, and run the same again: "
    "nothing is half done"
)

Commands = argparse._SubParsersAction  # the type that add_subparsers gives has no public name
Options = argparse.Namespace


class UsageError(DvdRentalError):
    """What was asked for is not there, or does not fit together."""


def declare(
    commands: "Commands[argparse.ArgumentParser]", name: str, work: Callable[[Options], int], text: str, *examples: str
) -> argparse.ArgumentParser:
    """`work` gives the exit code. The first letter of the text is made a capital where it stands alone."""
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


def answered(options: Options, result: Mapping[str, Any]) -> int:
    """Give the result to a program that asked for it. Exit code: 1 if its `status` is failed."""
    if options.json:
        sys.stdout.write(dumps(result) + "\n")
    return int(result.get("status") == "failed")


def own_parameters(options: Options) -> dict[str, str]:
    return dict(pair.partition("=")[::2] for pair in options.parameter)


def opened(folder: Path) -> Lake:
    """Where there are several lakes, it is said which one this is."""
    if len(lakes.all_lakes()) > 1:
        Console(stderr=True).print(f"lake: {folder}", markup=False, highlight=False, soft_wrap=True)
    return lakes.open_lake(start_session(folder), folder)


def working(text: str) -> Status:
    """While nothing else is shown: it turns on a terminal, and is silent elsewhere."""
    return Console(stderr=True).status(text)


def new_run_id() -> str:
    return datetime.now(UTC).strftime("local-%Y%m%d-%H%M%S")
