"""Run the job, show its progress, and report how it went."""

import shlex
import signal
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from rich.table import Table as Grid

from dvdrental.local import folder as lakes
from dvdrental.local import report
from dvdrental.local.bundle import Bundle, find_root
from dvdrental.local.commands.common import CONSOLE, FULL_DISK
from dvdrental.local.folder import is_out_of_space
from dvdrental.local.job import Task, plan, run
from dvdrental.local.progress import Progress
from dvdrental.recording import describe, own_frames
from dvdrental.run import JOB
from dvdrental.settings import Settings

EXAMPLE = '.venv/bin/dvdrental sql "select * from gold.monthly_store_sales"'


def planned(parameters: Mapping[str, str]) -> list[Task]:
    """Tasks of the job. Refuses at once the settings that every notebook would refuse."""
    tasks = plan(Bundle(find_root(Path.cwd())), JOB, parameters)
    Settings(**tasks[0].parameters)
    return tasks


def work(tasks: list[Task], spark: SparkSession, folder: Path, began: float) -> dict[str, Any]:
    """Run the tasks, show their progress and a summary. Gives the same for programs, with the ledger's rows."""
    lakes.open_lake(spark, folder)
    with Progress(CONSOLE, tasks) as progress, _interrupt_is_acknowledged():
        good = run(tasks, spark, progress.changed)
    seconds = time.monotonic() - began
    summary(tasks, folder, seconds)
    return {
        "status": "success" if good else "failed",
        "lake": folder,
        "run_id": tasks[0].parameters["run_id"],
        "seconds": round(seconds, 1),
        "tasks": [_result(task) for task in tasks],
    }


def _result(task: Task) -> dict[str, Any]:
    return {
        "task": task.key,
        "state": task.state,
        "seconds": round(task.seconds, 1),
        "error": describe(task.error) if task.error else None,
        "steps": task.steps,
    }


@contextmanager
def _interrupt_is_acknowledged() -> Iterator[None]:
    """Answer Ctrl-C at once: the tasks at work end first, which takes seconds. PySpark's own handler, which cancels
    their jobs, gets the second one."""
    usual = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, usual)
        CONSOLE.print("stopping: tasks that are at work end first; Ctrl-C again cancels them")
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def summary(tasks: list[Task], folder: Path, seconds: float) -> None:
    steps = [step for task in tasks for step in task.steps]
    checks = [check for step in steps for check in step["checks"]]
    grid = Grid("table", "rows", "result", title="Published", title_justify="left")
    for step in steps:
        if step["rows_after"] is not None:
            grid.add_row(step["table_name"], f"{step['rows_after']:,}", step["status"])
    CONSOLE.print(grid)
    passed = sum(check["status"] == "pass" for check in checks)
    quality = f"{passed} of {len(checks)} quality checks passed" if checks else "nothing new to check"
    CONSOLE.print(f"{quality}; {seconds:.0f} s; the lake is in {folder}", markup=False)
    docs = folder / lakes.REPORTS / "data_docs" / "index.html"
    CONSOLE.print(f"Quality in a browser: {docs}", markup=False, soft_wrap=True)
    for step in steps:
        for warning in step["warnings"]:
            CONSOLE.print(f"{step['table_name']}: {warning}", style="yellow", markup=False, soft_wrap=True)
    for task in tasks:
        if task.error is not None:
            _failure(task, task.error)
    if any(is_out_of_space(task.error) for task in tasks):
        CONSOLE.print(FULL_DISK, style="red", soft_wrap=True)
    skipped = [task.key for task in tasks if task.state == "skipped"]
    if skipped:
        CONSOLE.print(f"not run because of that: {', '.join(skipped)}", soft_wrap=True)
    if steps:  # last, so that failures are reported even if the page cannot be written
        CONSOLE.print(f"Report for a browser: {report.write(folder)}", markup=False, soft_wrap=True)
    CONSOLE.print(f"Try: {EXAMPLE} --lake {shlex.quote(str(folder))}", markup=False, highlight=False, soft_wrap=True)


def _failure(task: Task, error: Exception) -> None:
    """Where and what, without texts in which Spark quotes values of rows."""
    where = "".join(traceback.format_list(own_frames(error)[-4:]))
    text = f"{task.key} failed\n{where}{describe(error)}"
    CONSOLE.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
