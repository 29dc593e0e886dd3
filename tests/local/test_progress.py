"""What a terminal shows while tasks run, and what it does not do to them."""

import os
from io import StringIO
from pathlib import Path

from rich.console import Console

from dvdrental.local.commands.common import working
from dvdrental.local.job import Task
from dvdrental.local.output import PlainConsole, grid
from dvdrental.local.progress import Progress


def tasks(ended: int, running: int, pending: int) -> list[Task]:
    states = ["success"] * ended + ["running"] * running + ["pending"] * pending
    return [
        Task(f"task_{n}", Path("x.py"), {}, [], "ALL_SUCCESS", state, began=0.0 if state == "pending" else n + 1.0)
        for n, state in enumerate(states)
    ]


def shown(some: list[Task], height: int) -> list[str]:
    console = Console(file=StringIO(), width=80, height=height)
    console.print(Progress(console, some)._grid())
    return [line.split()[1] for line in console.file.getvalue().splitlines()[1:]]  # type: ignore[attr-defined]


def test_low_terminal_shows_what_runs_and_what_ended_last() -> None:
    assert shown(tasks(ended=20, running=3, pending=5), height=10) == [f"task_{n}" for n in range(15, 23)]


def test_task_that_waits_for_a_thread_shows_no_seconds() -> None:
    waiting = Task("task_0", Path("x.py"), {}, [], "ALL_SUCCESS", "running")
    console = Console(file=StringIO(), width=80)
    console.print(Progress(console, [waiting])._grid())
    assert console.file.getvalue().splitlines()[1].split() == ["▸", "task_0"]  # type: ignore[attr-defined]


def test_high_terminal_shows_all() -> None:
    assert len(shown(tasks(ended=20, running=3, pending=5), height=40)) == 28


def test_low_terminal_shows_all_in_the_end() -> None:
    assert len(shown(tasks(ended=28, running=0, pending=0), height=10)) == 28


def test_reader_that_goes_away_ends_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        console = PlainConsole(file=nobody)
        console.print("a")
        console.print("b")
        assert console.quiet


def test_text_is_shown_as_it_is() -> None:
    console = PlainConsole(file=StringIO(), width=40)
    console.print(grid(["a:x:b"], [[":smile: [red]"]]))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "a:x:b" in shown
    assert ":smile: [red]" in shown
    assert working("restoring [red]:x:").renderable.text.plain == "restoring [red]:x:"  # type: ignore[union-attr]
