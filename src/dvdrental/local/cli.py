"""The command `dvdrental`: land, run and query the lakehouse on this machine."""

import argparse
import importlib
import json
import sys
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from pyspark.sql import SparkSession
from rich.console import Console
from rich.table import Table as Grid

from dvdrental import maintain
from dvdrental.errors import DvdRentalError
from dvdrental.forget import forget
from dvdrental.local import folder as lakes
from dvdrental.local import status
from dvdrental.local.bundle import Bundle, find_root
from dvdrental.local.job import Task, plan, run
from dvdrental.local.landing import Envelope, read_source
from dvdrental.local.notebook import run_notebook
from dvdrental.local.progress import Progress
from dvdrental.local.session import start_session
from dvdrental.ops import describe
from dvdrental.settings import Settings

JOB = "dvd_rental_pipeline"
EXAMPLE = 'dvdrental sql "select * from gold.monthly_store_sales"'
CONSOLE = Console()


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 good, 1 a task failed, 2 the command could not be carried out."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except DvdRentalError as error:
        Console(stderr=True).print(f"dvdrental: {error}", markup=False, highlight=False, soft_wrap=True)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dvdrental", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    land = commands.add_parser("land", help="write a source's tables as Airbyte would land them")
    land.set_defaults(command=_land)
    job = commands.add_parser("run", help="land a source and run the job on it")
    job.set_defaults(command=_run)
    job.add_argument("--parameter", "-p", action="append", default=[], metavar="NAME=VALUE", help="job parameter")
    for command in (land, job):
        command.add_argument("--source", default="sample", help="sample, a pg_dump tar archive, postgresql://...")
        command.add_argument("--lake", type=Path, help="folder of the lake (default: lake/<source>)")
        command.add_argument("--envelope", choices=get_args(Envelope), default="v2", help="form of Airbyte's landing")
    rebuild = commands.add_parser("rebuild", help="compute silver and gold anew from bronze, and publish what differs")
    rebuild.set_defaults(command=_rebuild)
    again = commands.add_parser("replay", help="try the rows that were set aside once more")
    again.set_defaults(command=_replay)
    for command in (rebuild, again):
        command.add_argument(
            "--parameter", "-p", action="append", default=[], metavar="NAME=VALUE", help="job parameter"
        )
        command.add_argument("--lake", type=Path, help="folder of the lake (default: the one written last)")
    state = commands.add_parser("status", help="last runs, what is published as of when, what is stale or set aside")
    state.set_defaults(command=_status)
    back = commands.add_parser("restore", help="bring a table of silver or gold back to what a run left")
    back.set_defaults(command=_restore)
    back.add_argument("table", help="as in gold.rental_obt")
    back.add_argument("run_id", help="as in `dvdrental status`")
    person = commands.add_parser("forget", help="erase a customer from every version and file of the lake")
    person.set_defaults(command=_forget)
    person.add_argument("customer_id")
    upkeep = commands.add_parser("maintain", help="compact tables, drop files that no recent version needs")
    upkeep.set_defaults(command=_maintain)
    for command in (state, back, person, upkeep):
        command.add_argument("--lake", type=Path, help="folder of the lake (default: the one written last)")
    sql = commands.add_parser("sql", help="run a query on the lake")
    sql.set_defaults(command=_sql)
    sql.add_argument("query")
    sql.add_argument("--lake", type=Path, help="folder of the lake (default: the one written last)")
    return parser


def _land(options: argparse.Namespace) -> int:
    database = read_source(options.source)
    folder = options.lake or lakes.default_folder(options.source)
    with lakes.locked(folder):
        landed = lakes.land(database, folder, options.envelope)
    rows = sum(map(len, database.values()))
    CONSOLE.print(f"{rows:,} rows of {len(database)} tables {'landed' if landed else 'are landed already'} in {folder}")
    return 0


def _run(options: argparse.Namespace) -> int:
    began, run_id = time.monotonic(), _run_id()
    bundle = Bundle(find_root(Path.cwd()))
    own = dict(pair.partition("=")[::2] for pair in options.parameter)
    folder = options.lake or lakes.default_folder(options.source)
    tasks = plan(bundle, JOB, lakes.parameters(folder, run_id, options.envelope) | own)
    Settings(**tasks[0].parameters)  # refuses here what every notebook would refuse
    database = read_source(options.source)
    with lakes.locked(folder), ThreadPoolExecutor(2) as beside:
        landing = beside.submit(lakes.land, database, folder, options.envelope)
        beside.submit(importlib.import_module, "great_expectations")  # takes seconds, and Java is still starting
        spark = start_session(folder)
        landing.result()
        lakes.open_lake(spark, folder)
        good = _work(tasks, spark)
    _summary(tasks, folder, time.monotonic() - began)
    return 0 if good else 1


def _rebuild(options: argparse.Namespace) -> int:
    """The job on what is landed already."""
    began, folder = time.monotonic(), _existing(options.lake)
    own = dict(pair.partition("=")[::2] for pair in options.parameter) | {"rebuild": "yes"}
    parameters = lakes.parameters(folder, _run_id(), lakes.landed_envelope(folder)) | own
    tasks = plan(Bundle(find_root(Path.cwd())), JOB, parameters)
    Settings(**tasks[0].parameters)
    with lakes.locked(folder):
        spark = start_session(folder)
        lakes.open_lake(spark, folder)
        good = _work(tasks, spark)
    _summary(tasks, folder, time.monotonic() - began)
    return 0 if good else 1


def _work(tasks: list[Task], spark: SparkSession) -> bool:
    with Progress(CONSOLE, tasks) as progress:
        return run(tasks, spark, progress.changed)


def _replay(options: argparse.Namespace) -> int:
    """The notebook that a workspace would run."""
    folder = _existing(options.lake)
    bundle = Bundle(find_root(Path.cwd()))
    own = dict(pair.partition("=")[::2] for pair in options.parameter)
    parameters = lakes.parameters(folder, _run_id(), lakes.landed_envelope(folder)) | own
    with lakes.locked(folder):
        settings = plan(bundle, JOB, parameters)[0].parameters
        spark = start_session(folder)
        lakes.open_lake(spark, folder)
        answer = run_notebook(bundle.root / "notebooks/bronze/replay.py", spark, settings)
    steps = [step for step in json.loads(answer) if step["rows_landed"] or step["warnings"]]
    for step in steps:
        taken = (step["rows_inserted"] or 0) + (step["rows_duplicate"] or 0)
        CONSOLE.print(f"{step['table_name']}: {taken} rows taken in, {step['rows_quarantined'] or 0} still set aside")
        for warning in step["warnings"]:
            CONSOLE.print(f"  {warning}", markup=False, highlight=False, soft_wrap=True)
    CONSOLE.print("Run the job again: silver and gold follow." if steps else "No row is set aside.")
    return 0


def _status(options: argparse.Namespace) -> int:
    folder = _existing(options.lake)
    status.show(lakes.open_lake(start_session(folder), folder), CONSOLE)
    return 0


def _restore(options: argparse.Namespace) -> int:
    folder = _existing(options.lake)
    with lakes.locked(folder):
        maintain.restore(lakes.open_lake(start_session(folder), folder), options.table, options.run_id)
    CONSOLE.print(f"{options.table} is as run {options.run_id} left it; the next run computes it anew", markup=False)
    return 0


def _forget(options: argparse.Namespace) -> int:
    """Bronze first; silver and gold follow from it; then the files of older versions go."""
    folder = _existing(options.lake)
    with lakes.locked(folder):
        lake = lakes.open_lake(start_session(folder), folder)
        forget(lake, options.customer_id)
    done = _rebuild(argparse.Namespace(lake=folder, parameter=[]))
    if done == 0:
        with lakes.locked(folder):
            maintain.purge(lake)
        CONSOLE.print("Forgotten in bronze, silver and gold, and in their files. The landing is Airbyte's: sync again.")
    return done


def _maintain(options: argparse.Namespace) -> int:
    folder = _existing(options.lake)
    with lakes.locked(folder):
        maintain.maintain(lakes.open_lake(start_session(folder), folder))
    return 0


def _existing(folder: Path | None) -> Path:
    folder = folder or lakes.newest_folder()
    if not (folder / lakes.STATE).is_file():
        raise lakes.NoLakeError(f"{folder} is no lake: run `make run` first")
    return folder


def _run_id() -> str:
    return datetime.now(UTC).strftime("local-%Y%m%d-%H%M%S")


def _sql(options: argparse.Namespace) -> int:
    folder = _existing(options.lake)
    spark = start_session(folder)
    lakes.open_lake(spark, folder)
    rows = spark.sql(options.query)
    grid = Grid(*rows.columns)
    for row in rows.limit(1000).collect():
        grid.add_row(*("" if value is None else str(value) for value in row))
    CONSOLE.print(grid)
    return 0


def _summary(tasks: list[Task], folder: Path, seconds: float) -> None:
    steps = [step for task in tasks for step in task.steps]
    checks = [check for step in steps for check in step["checks"]]
    grid = Grid("table", "rows", "result", title="Published", title_justify="left")
    for step in steps:
        if step["rows_after"] is not None:
            grid.add_row(step["table_name"], f"{step['rows_after']:,}", step["status"])
    CONSOLE.print(grid)
    passed = sum(check["status"] == "pass" for check in checks)
    quality = f"{passed} of {len(checks)} quality checks passed" if checks else "nothing new to check"
    CONSOLE.print(f"{quality}; {seconds:.0f} s; the lake is in {folder}")
    CONSOLE.print(f"Quality in a browser: {folder / lakes.REPORTS / 'data_docs' / 'index.html'}", soft_wrap=True)
    for step in steps:
        for warning in step["warnings"]:
            CONSOLE.print(f"{step['table_name']}: {warning}", style="yellow", markup=False, soft_wrap=True)
    for task in tasks:
        if task.error is not None:
            _failure(task, task.error)
    skipped = [task.key for task in tasks if task.state == "skipped"]
    if skipped:
        CONSOLE.print(f"not run because of that: {', '.join(skipped)}", soft_wrap=True)
    CONSOLE.print(f"Try: {EXAMPLE} --lake {folder}", highlight=False, soft_wrap=True)


def _failure(task: Task, error: Exception) -> None:
    """Where and what, without the text of foreign errors: Spark quotes values of rows in them."""
    where = "".join(traceback.format_tb(error.__traceback__)[-4:])
    text = f"{task.key} failed\n{where}{describe(error)}"
    CONSOLE.print(text, style="red", markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
