"""Run the bundle's job on this machine: its notebooks, its order, its parameters."""

import importlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from dvdrental.local.bundle import Bundle, BundleError
from dvdrental.local.notebook import TaskValues, run_notebook

THREADS = 4
"""Tasks that run at once: it pays even on two cores, as a small task mostly waits and plans."""


@dataclass
class Task:
    """One notebook run; `steps` are the ledger rows it gave as its exit value."""

    key: str
    notebook: Path
    parameters: dict[str, str]
    depends_on: list[str]
    run_if: str
    state: str = "pending"
    began: float = 0.0
    seconds: float = 0.0
    steps: list[dict[str, Any]] = field(default_factory=list)
    error: Exception | None = None

    @property
    def done(self) -> bool:
        return self.state in ("success", "failed", "skipped")


def plan(bundle: Bundle, job_key: str, overrides: Mapping[str, str]) -> list[Task]:
    """Tasks of the job with the job's parameters, resolved; `overrides` win, as with `bundle run --params`."""
    job = bundle.job(job_key)
    defaults = {parameter["name"]: str(parameter["default"]) for parameter in job["parameters"]}
    if unknown := set(overrides) - set(defaults):
        named = ", ".join(name[:40] for name in sorted(unknown)[:5])
        raise BundleError(f"the job has no parameter {named}; it has {', '.join(defaults)}")
    shared = {name: overrides[name] if name in overrides else bundle.resolve(defaults[name]) for name in defaults}
    tasks = {definition["task_key"]: _task(bundle, definition, shared) for definition in job["tasks"]}
    graph = {key: task.depends_on for key, task in tasks.items()}
    if missing := {name for needs in graph.values() for name in needs} - set(tasks):
        raise BundleError(f"a task depends on {', '.join(sorted(missing))}, which the job does not have")
    return [tasks[key] for key in TopologicalSorter(graph).static_order()]


def _task(bundle: Bundle, definition: dict[str, Any], shared: dict[str, str]) -> Task:
    notebook_task = definition["notebook_task"]
    own = {name: bundle.resolve(value) for name, value in notebook_task.get("base_parameters", {}).items()}
    return Task(
        key=definition["task_key"],
        notebook=(bundle.root / "resources" / notebook_task["notebook_path"]).resolve(),
        parameters=own | shared,
        depends_on=[upstream["task_key"] for upstream in definition.get("depends_on", [])],
        run_if=definition.get("run_if", "ALL_SUCCESS"),
    )


@contextmanager
def great_expectations_beside() -> Iterator[None]:
    """Imports it in a thread, since that takes seconds in which Java is starting."""
    with ThreadPoolExecutor(1) as beside:
        beside.submit(importlib.import_module, "great_expectations")
        yield


def run(tasks: list[Task], spark: SparkSession, changed: Callable[[Task], None]) -> bool:
    """Run all tasks, each as soon as what it depends on is done; a failed task stops what needs it. True if all
    went well. `changed` is called at every change of state, in the calling thread."""
    running: dict[Future[None], Task] = {}
    task_values: dict[tuple[str, str], Any] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        while not all(task.done for task in tasks):
            for task in (task for task in tasks if task.state == "pending"):
                task.state = _next_state(task, tasks)
                if task.state == "running":
                    running[pool.submit(_execute, task, spark, task_values)] = task
                if task.state != "pending":
                    changed(task)
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task = running.pop(future)
                future.result()
                changed(task)
    return all(task.state == "success" for task in tasks)


def _next_state(task: Task, tasks: list[Task]) -> str:
    upstream = [other for other in tasks if other.key in task.depends_on]
    if not all(other.done for other in upstream):
        return "pending"
    good = task.run_if == "ALL_DONE" or all(other.state == "success" for other in upstream)
    return "running" if good else "skipped"


def _execute(task: Task, spark: SparkSession, task_values: dict[tuple[str, str], Any]) -> None:
    """Errors of a notebook end the task, not the job; the caller shows them."""
    task.began = time.monotonic()
    try:
        exit_value = run_notebook(task.notebook, spark, task.parameters, TaskValues(task.key, task_values))
        task.steps = json.loads(exit_value or "[]")
        task.state = "success"
    except Exception as error:
        task.error, task.state = error, "failed"
    finally:
        task.seconds = time.monotonic() - task.began
