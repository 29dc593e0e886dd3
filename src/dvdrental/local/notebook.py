"""Run a Databricks source notebook as it is: with stand-ins for what the workspace puts into it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession


class NotebookExit(Exception):
    """Raised by dbutils.notebook.exit; carries the exit value."""


class Widgets:
    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._values = dict(parameters)

    def text(self, name: str, default: str, label: str | None = None) -> None:
        self._values.setdefault(name, default)

    def get(self, name: str) -> str:
        return self._values[name]


class Notebook:
    def exit(self, value: str) -> None:
        raise NotebookExit(value)


class TaskValues:
    """Those that one task sees; `shared` holds what all tasks of the run have set."""

    def __init__(self, task: str, shared: dict[tuple[str, str], Any]) -> None:
        self._task = task
        self._shared = shared

    def set(self, key: str, value: Any) -> None:
        self._shared[self._task, key] = json.loads(json.dumps(value))

    def get(self, taskKey: str, key: str, default: Any = None, debugValue: Any = None) -> Any:
        return self._shared.get((taskKey, key), default)


class Jobs:
    def __init__(self, values: TaskValues) -> None:
        self.taskValues = values


class DbUtils:
    """The part of dbutils that the notebooks use."""

    def __init__(self, parameters: Mapping[str, str], values: TaskValues | None = None) -> None:
        self.widgets = Widgets(parameters)
        self.notebook = Notebook()
        self.jobs = Jobs(values or TaskValues("", {}))


def run_notebook(
    path: Path, spark: SparkSession, parameters: Mapping[str, str], values: TaskValues | None = None
) -> str:
    """Execute the file from top to bottom and return its exit value ('' without one). `values` are those of a task of
    a job."""
    namespace: dict[str, Any] = {
        "__name__": "__main__",
        "spark": spark,
        "dbutils": DbUtils(parameters, values),
        "display": lambda *_: None,
    }
    try:
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    except NotebookExit as done:
        return str(done)
    return ""
