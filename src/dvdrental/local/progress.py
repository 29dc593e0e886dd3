"""What a run shows: a live table on a terminal, one line per finished task anywhere else."""

import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table as Grid

from dvdrental.local.job import Task

MARK = {
    "pending": "[dim]·",
    "running": "[cyan]▸",
    "success": "[green]✓",
    "failed": "[red]✗",
    "skipped": "[yellow]–",
}


class Progress:
    """Context manager; `changed` is called at every change of a task's state."""

    def __init__(self, console: Console, tasks: list[Task]) -> None:
        self._console, self._tasks = console, tasks
        self._live = Live(console=console, refresh_per_second=4, get_renderable=self._grid)

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def changed(self, task: Task) -> None:
        if task.done and not self._console.is_terminal:
            line = f"{task.state:8}{task.key:38}{task.seconds:6.1f} s  {outcome(task)}"
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _grid(self) -> Grid:
        grid = Grid("", "task", "seconds", "result", box=None, header_style="dim")
        for task in self._shown():
            seconds = time.monotonic() - task.began if task.state == "running" else task.seconds
            grid.add_row(MARK[task.state], escape(task.key), f"{seconds:.1f}" if seconds else "", outcome(task))
        return grid

    def _shown(self) -> list[Task]:
        """All tasks once they are done; until then, on a terminal with too few lines, those that began last."""
        room = max(self._console.height - 2, 1)
        if len(self._tasks) <= room or all(task.done for task in self._tasks):
            return self._tasks
        latest = sorted(self._tasks, key=lambda task: task.began)[-room:]
        return [task for task in self._tasks if any(task is shown for shown in latest)]


COUNTS = {
    "landed": "rows_landed",
    "duplicate": "rows_duplicate",
    "quarantined": "rows_quarantined",
    "inserted": "rows_inserted",
    "updated": "rows_updated",
    "deleted": "rows_deleted",
}


def outcome(task: Task) -> str:
    """In words: what the task's ledger rows say, added up."""
    if task.error is not None:
        return type(task.error).__name__
    sums = {label: sum(step[column] or 0 for step in task.steps) for label, column in COUNTS.items()}
    states = sorted({step["status"] for step in task.steps})
    return ", ".join([*states, *(f"{count:,} {label}" for label, count in sums.items() if count)])
