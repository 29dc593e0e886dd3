"""dvdrental profile"""

import sys
from dataclasses import asdict
from pathlib import Path

from dvdrental.local.commands.common import CONSOLE, Commands, Options, UsageError, declare, lake_option, working
from dvdrental.local.commands.names import chosen
from dvdrental.local.folder import lake_with_ledger
from dvdrental.local.output import FORMATS, dumps, grid, write_csv, write_json_array
from dvdrental.local.profile import HEADER, Profile, cells, profile
from dvdrental.local.profile_page import to_html
from dvdrental.table import Table
from dvdrental.tables import EVERYTHING


def add(commands: Commands) -> None:
    text = "what is in the tables: rows, columns, types, NULLs, distinct values, smallest and largest"
    parser = declare(
        commands, "profile", _profile, text, "profile", "profile gold.rental_obt silver", "profile --html profile.html"
    )
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="as in gold.rental_obt, or a layer (default: all)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one page instead, with every column")
    parser.add_argument("--format", choices=FORMATS, default="table", help="json, csv: one entry per column")
    lake_option(parser)


def _profile(options: Options) -> int:
    folder = lake_with_ledger(options.lake)
    tables = [thing for thing in chosen(options.tables or [*EVERYTHING]) if isinstance(thing, Table)]
    if not tables:
        raise UsageError(f"a view has no profile: take that of its table ({', '.join(options.tables)})")
    with working("reading the tables"):
        profiles = [one for table in tables if (one := profile(folder, table))]
    if options.html:
        options.html.write_text(to_html(profiles, folder), encoding="utf-8")
        CONSOLE.print(f"{len(profiles)} tables in {options.html}", soft_wrap=True)
    elif options.format == "json":
        write_json_array(map(dumps, _lines(profiles)), sys.stdout)
    elif options.format == "csv":
        lines = _lines(profiles)
        write_csv(list(lines[0]) if lines else [], [list(line.values()) for line in lines], sys.stdout)
    else:
        _show(profiles, whole=bool(options.tables))
    return 0


def _lines(profiles: list[Profile]) -> list[dict[str, object]]:
    return [{"table": one.table, "rows": one.rows, **asdict(column)} for one in profiles for column in one.columns]


def _what(one: Profile) -> str:
    return one.grain.removeprefix("one row per ")


def _show(profiles: list[Profile], *, whole: bool) -> None:
    if whole:
        for one in profiles:
            title = f"{one.table}: {one.rows:,} rows, {len(one.columns)} columns; {one.grain}"
            CONSOLE.print(grid(HEADER, map(cells, one.columns), title, names=True))
        return
    header = ("table", "rows", "columns", "with NULLs", "one row per")
    rows = ((p.table, f"{p.rows:,}", len(p.columns), sum(c.nulls > 0 for c in p.columns), _what(p)) for p in profiles)
    CONSOLE.print(grid(header, rows, names=True))
    CONSOLE.print(
        "Columns of a table: .venv/bin/dvdrental profile gold.rental_obt; of all: --html FILE", highlight=False
    )
