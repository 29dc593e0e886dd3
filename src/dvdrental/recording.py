"""How a step gets into the ledger: timed, with its error, without values of rows."""

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from dvdrental.errors import DvdRentalError, StepError
from dvdrental.lake import Lake, parse_state
from dvdrental.ops import STEP, Step, utc_now


@contextmanager
def recording(lake: Lake) -> Iterator[list[Step]]:
    """Append the steps that are put into the list to the ledger, whatever happens inside, in one commit."""
    steps: list[Step] = []
    try:
        yield steps
    finally:
        if steps:
            lake.append_rows(STEP, [asdict(step) for step in steps])
    lake.handover.hand_on(steps)


@contextmanager
def attempt(lake: Lake, name: str, steps: list[Step]) -> Iterator[Step]:
    """Run one step and put it into the list, timed, with the error that ended it."""
    step = Step(run_id=lake.settings.run_id, table_name=name, started_at=utc_now())
    began = time.monotonic()
    try:
        yield step
    except Exception as error:
        told = error if isinstance(error, DvdRentalError) else StepError(_where(error))
        step.status, step.message = "failed", describe(told)
        told.add_note(_what_now(step))
        raise told.with_traceback(error.__traceback__) from None
    except BaseException as error:  # the process is told to end
        step.status, step.message = "failed", type(error).__name__
        raise
    finally:
        step.seconds = round(time.monotonic() - began, 3)
        steps.append(step)


@contextmanager
def recorded(lake: Lake, name: str) -> Iterator[Step]:
    """One step with its ledger row."""
    with recording(lake) as steps, attempt(lake, name, steps) as step:
        yield step


def _what_now(step: Step) -> str:
    """Last lines of a failed task: what readers see meanwhile, and what to do."""
    there = "Nothing was published here"
    if step.state is not None:
        version, since = parse_state(step.state)
        there = f"Readers see version {version}, published at {since} UTC"
    return (
        f"{step.table_name} failed in run {step.run_id}, started at {step.started_at:%Y-%m-%d %H:%M:%S} UTC. {there}. "
        "Running it again is safe. More: the view ops.last_failure"
    )


def own_frames(error: Exception) -> list[traceback.FrameSummary]:
    """Of the stack of an error the lines of this package and of notebooks. Other packages may lie in the same checkout,
    or beside this one."""
    return [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(Path(frame.filename))]


def _is_own(file: Path) -> bool:
    return Path(__file__).parent in file.parents or file.parent.parent.name == "notebooks"


NAMES_ONLY = ("42501", "42P01", "42704")
"""SQLSTATEs of a missing right, table or schema: what such an error says names things and holds no values."""


def _where(error: Exception) -> str:
    """Class and condition of an error, and the line of ours that it passed last; its text, if that is names only."""
    ours = own_frames(error)
    line = f"{Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else "code outside this package"
    condition = getattr(error, "getCondition", lambda: None)()
    state = getattr(error, "getSqlState", lambda: None)()
    kind = ", ".join(filter(None, [type(error).__name__, condition, state and f"SQLSTATE {state}"]))
    text, ends, _ = str(error).partition("SQLSTATE")  # its plan follows, which may hold values
    said = f": {' '.join(text.split())}" if ends and state in NAMES_ONLY else ""
    return f"{kind} in {line}{said}"


def describe(error: Exception) -> str:
    """Our own messages hold no values of rows; of any other error what `_where` says. Notes are ours."""
    text = f"{type(error).__name__}: {error}" if isinstance(error, DvdRentalError) else _where(error)
    return "\n".join([text, *getattr(error, "__notes__", [])])
