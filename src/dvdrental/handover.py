"""What a task of the job tells the tasks after it: the states in which it left tables, as task values of the run."""

from collections.abc import Sequence
from typing import Any

from dvdrental.ops import Step
from dvdrental.table import Table


class Handover:
    """Does nothing without task values: in a notebook that is opened by hand, or run over Databricks Connect.

    A `repair` of a run, which may come after other runs, knows only what its own tasks hand on.
    """

    def __init__(self, dbutils: Any = None, repair: str = "0") -> None:
        self._values = getattr(getattr(dbutils, "jobs", None), "taskValues", None)
        self._key = f"states_{repair}"
        self._received: dict[str, dict[str, list[Any]]] = {}

    def hand_on(self, steps: Sequence[Step]) -> None:
        """Tell in which state each table is after this task."""
        states = {step.table_name: [step.state, step.version] for step in steps if step.state is not None}
        if self._values is not None and states:
            self._values.set(key=self._key, value=states)

    def received(self, table: Table) -> tuple[str, int] | None:
        """State and version in which this run's own task has left a table; None if that is not told."""
        task = "bronze_ingest" if table.layer == "bronze" else f"{table.layer}_{table.name}"
        if task not in self._received:
            self._received[task] = self._ask(task)
        told = self._received[task].get(table.full_name)
        return (told[0], told[1]) if told else None

    def _ask(self, task: str) -> dict[str, list[Any]]:
        """A run of chosen tasks may lack the one that is asked, which `get` calls a ValueError."""
        if self._values is None:
            return {}
        try:
            return dict(self._values.get(taskKey=task, key=self._key, default={}, debugValue={}))
        except ValueError:
            return {}
