"""dvdrental demo"""

import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from dvdrental.errors import DvdRentalError
from dvdrental.lake import Lake
from dvdrental.local import folder as lakes
from dvdrental.local import story
from dvdrental.local.commands.common import CONSOLE, Commands, Options, declare, open_session
from dvdrental.local.commands.work import planned
from dvdrental.local.job import Task, run
from dvdrental.local.landing import Database, read_source
from dvdrental.local.output import grid
from dvdrental.ops import WAITING
from dvdrental.recording import describe

FOLDER = lakes.LAKES / "demo"
MARK = ".demonstration"
"""Marks a folder that a demonstration made, so that the next one may replace it."""

REVENUE = "SELECT count(*) AS rentals, sum(amount) AS revenue FROM gold.rental_obt"
TOUCHED = """SELECT table_name, rows_computed, rows_inserted, rows_updated FROM ops.step
  WHERE run_id = 'week-2' AND table_name IN ('silver.fact_rentals', 'gold.rental_obt')"""
SET_ASIDE = f"SELECT stream, raw_id, reason FROM ops.quarantine WHERE {WAITING}"  # noqa: S608 (ops.py)
VERSIONS = "SELECT valid_from, valid_to, city FROM silver.dim_customer WHERE customer_id = 50 ORDER BY valid_from"
CITIES = """SELECT rental_id, rental_date, customer_city FROM gold.rental_obt
  WHERE rental_id >= 90001 ORDER BY rental_date"""
RUNS = "SELECT run_id, status, started_at FROM ops.run ORDER BY started_at"


class DemoError(DvdRentalError):
    """The demonstration did not go as it should."""


def add(commands: Commands) -> None:
    text = "three weeks of a small business: returns, a customer who moves, a broken row, a killed run, a late row"
    parser = declare(commands, "demo", _demo, text, "demo")
    parser.add_argument(
        "--lake",
        type=Path,
        default=FOLDER,
        metavar="FOLDER",
        help=f"a new folder, or that of a demonstration (default: {FOLDER})",
    )


def _demo(options: Options) -> int:
    folder = options.lake
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise DemoError(f"{folder} is not empty, and no demonstration has made it: name a new folder with --lake")
    with lakes.locked(folder):
        _empty(folder)
        (folder / MARK).touch()
        _tell(open_session(folder), folder)
    return 0


def _empty(folder: Path) -> None:
    """Except for the lock, which is held."""
    for there in folder.iterdir():
        if there.is_dir():
            shutil.rmtree(there)
        elif there.name != lakes.LOCK:
            there.unlink()


def _tell(lake: Lake, folder: Path) -> None:
    first = read_source("sample")
    second = story.second_week(first)

    _say("Week 1", "Airbyte lands the 15 tables for the first time; the job fills every table.")
    _week(lake, folder, 0, first)
    _show(lake, REVENUE)

    _say(
        "Week 2",
        f"Five copies have come back, customer {story.MOVER} has moved on Thursday and rented on Saturday, and one "
        "rental comes back before it goes out. Only what is touched is computed; the broken row is set aside with its "
        "reason, and nothing else waits for it.",
    )
    _week(lake, folder, 1, second)
    _show(lake, TOUCHED, SET_ASIDE, VERSIONS)

    _say(
        "Week 3, 09:30",
        "The machine goes down after the dimensions. Facts and gold are as they were: whoever looks at the dashboard "
        "sees last week.",
    )
    _week(lake, folder, 2, story.third_week(second), until="silver_fact")
    _show(lake, CITIES)

    _say(
        "Week 3, 09:50",
        "The same again. Nothing has to be tidied up first. The broken row has been put right in the source, and a "
        "rental from before the move has turned up: it gets the city of that day, not that of today.",
    )
    _work(lake, folder, "week-3-again")
    _show(lake, CITIES, SET_ASIDE, RUNS)
    there = f"--lake {shlex.quote(str(folder))}"
    CONSOLE.print(
        f'Look around: .venv/bin/dvdrental status {there}, .venv/bin/dvdrental sql "..." {there}, '
        f"and in a browser {folder / lakes.REPORTS / 'data_docs' / 'index.html'}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _say(title: str, text: str) -> None:
    CONSOLE.print(f"\n[bold]{title}.[/bold] {text}", highlight=False)


def _show(lake: Lake, *queries: str) -> None:
    """Print each query, so that it can be repeated, and its result."""
    for query in queries:
        CONSOLE.print(f"  {query}", style="dim", markup=False, highlight=False, soft_wrap=True)
        rows = lake.spark.sql(query)
        CONSOLE.print(grid(rows.columns, rows.collect()))


def _week(lake: Lake, folder: Path, number: int, database: Database, until: str = "") -> None:
    lakes.land(database, folder, "v2", story.monday(number))
    _work(lake, folder, f"week-{number + 1}", until)


def _work(lake: Lake, folder: Path, run_id: str, until: str = "") -> None:
    """Run the job, or only the tasks before those whose names begin with `until`. Raises DemoError if a task fails."""
    lakes.open_lake(lake.spark, folder)
    tasks = planned(lakes.parameters(folder, run_id))
    if until:
        tasks = _before(tasks, until)
    with CONSOLE.status(f"running {run_id}"):
        run(tasks, lake.spark, lambda task: None)
    failed = [f"{task.key}: {describe(task.error)}" for task in tasks if task.error]
    if failed:
        raise DemoError("\n".join(failed))


def _before(tasks: Sequence[Task], name: str) -> list[Task]:
    """Tasks that neither are nor need one whose key begins with `name`."""
    kept: list[Task] = []
    for task in tasks:
        if not task.key.startswith(name) and {*task.depends_on} <= {one.key for one in kept}:
            kept.append(task)
    return kept
