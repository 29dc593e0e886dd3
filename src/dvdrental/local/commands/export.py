"""dvdrental export"""

from pathlib import Path

from dvdrental.lake import Lake
from dvdrental.local.commands.common import (
    CONSOLE,
    Commands,
    Options,
    UsageError,
    declare,
    finish_with,
    json_option,
    lake_option,
    open_session,
)
from dvdrental.local.commands.names import chosen
from dvdrental.local.commands.sql import spark_errors_in_one_line
from dvdrental.local.export import FORMATS, to_file, to_postgres
from dvdrental.local.folder import lake_with_ledger
from dvdrental.local.landing.database import redacted
from dvdrental.local.landing.postgres import is_postgres
from dvdrental.table import Table, View


def add(commands: Commands) -> None:
    text = "write tables or views as CSV or Parquet files, or into PostgreSQL"
    parser = declare(
        commands,
        "export",
        _export,
        text,
        "export gold.rental_obt --to exports",
        "export gold silver.dim_date --to exports --format parquet",
        "export gold --to postgresql://user:password@host/database",
    )
    parser.add_argument("tables", nargs="+", metavar="TABLE", help="as in gold.rental_obt, or a layer for all of it")
    parser.add_argument("--to", required=True, metavar="PLACE", help="a folder, or postgresql://user:password@host/db")
    parser.add_argument("--format", choices=FORMATS, default="csv", help="of files")
    lake_option(parser)
    json_option(parser)


def _export(options: Options) -> int:
    folder, things = lake_with_ledger(options.lake), chosen(options.tables)
    if Path(options.to).is_file():
        raise UsageError(f"{options.to} is a file: name a folder, or postgresql://...")
    if "://" in options.to and not is_postgres(options.to):
        raise UsageError(f"{redacted(options.to)} is no folder and no postgresql:// address")
    if "://" not in options.to:
        _make(Path(options.to))
    lake = open_session(folder)
    with spark_errors_in_one_line():
        return finish_with(options, {"tables": len(things), "written": _work(lake, things, options)})


def _make(folder: Path) -> None:
    """Called before the session starts, which takes seconds."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made ({error.strerror}): name a folder that you may write to") from None


def _work(lake: Lake, things: list[Table | View], options: Options) -> list[str]:
    """Paths of the files that were written, or the name of the database."""
    if is_postgres(options.to):
        where = to_postgres(lake, things, options.to)
        _say(f"{len(things)} tables in {where}")
        return [where]
    written = []
    for thing in things:
        written.append(str(to_file(lake, thing, Path(options.to), options.format)))
        _say(written[-1])
    return written


def _say(text: str) -> None:
    CONSOLE.print(text, soft_wrap=True, markup=False, highlight=False)
