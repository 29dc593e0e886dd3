"""Run a Databricks source notebook as it is: with stand-ins for what the workspace puts into it."""

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


class DbUtils:
    """The part of dbutils that the notebooks use."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self.widgets = Widgets(parameters)
        self.notebook = Notebook()


def run_notebook(path: Path, spark: SparkSession, parameters: Mapping[str, str]) -> str:
    """Execute the file from top to bottom and return its exit value ('' without one)."""
    namespace: dict[str, Any] = {
        "__name__": "__main__",
        "spark": spark,
        "dbutils": DbUtils(parameters),
        "display": lambda *_: None,
    }
    try:
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    except NotebookExit as done:
        return str(done)
    return ""
