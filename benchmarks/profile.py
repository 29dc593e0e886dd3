"""Where the time of a cold run goes: `python -m benchmarks.profile <lake>`, a folder that `dvdrental land` has filled.

Tasks run side by side, so their seconds add up to more than the wall time.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks import spark_log
from benchmarks.report import table
from benchmarks.stopwatch import Stopwatch
from dvdrental.lake import Lake
from dvdrental.local import job, session
from dvdrental.local.bundle import Bundle, find_root
from dvdrental.local.folder import open_lake, parameters
from dvdrental.local.notebook import run_notebook
from dvdrental.quality import gate, history_rules
from dvdrental.run import JOB

PARTS: dict[str, list[tuple[Any, str]]] = {
    "compute and write what differs (stage)": [(Lake, "write_stage")],
    "Great Expectations": [(gate, "audit")],
    "rules of history": [(history_rules, "audit")],
    "MERGE": [(Lake, "merge")],
    "make tables": [(Lake, "create")],
    "append, ledger included": [(Lake, "append")],
    "read the ledger": [(Lake, "last_success"), (Lake, "last_seen")],
    "states of tables": [(Lake, "state_of"), (Lake, "commits_since")],
}
"""What is timed, under the name that is shown; none of them calls another."""


def main(lake: Path) -> str:
    wall, work = Stopwatch(), Stopwatch()
    wall.add("Python and its packages", time.time() - psutil.Process().create_time())
    for name, places in PARTS.items():
        for owner, attribute in places:
            setattr(owner, attribute, work.around(name, getattr(owner, attribute)))
    with tempfile.TemporaryDirectory() as folder:
        session.CONFIG |= spark_log.settings(Path(folder))
        tasks = job.plan(Bundle(find_root(Path(__file__).parent)), JOB, parameters(lake, f"profile-{time.time_ns()}"))
        with job.great_expectations_beside():
            spark = wall.around("Java and the session", session.start_session)(lake)
            wall.around("find the tables", open_lake)(spark, lake)
            job.run_notebook = _tagged  # type: ignore[attr-defined, assignment]
            wall.around("tasks", job.run)(tasks, spark, lambda task: None)
        spark.stop()
        jobs = spark_log.read(Path(folder)).jobs_by_tag
    spent = sum(task.seconds for task in tasks)
    work.seconds["the rest: plans, counts, Python"] = spent - sum(work.seconds.values())
    return "\n\n".join(
        [
            table(["wall", "seconds"], [[name, f"{s:.1f}"] for name, s in wall.seconds.items()]),
            table(["inside tasks", "share", "calls"], _shares(work, spent)),
            table(
                ["task", "state", "seconds", "Spark jobs"],
                [[t.key, t.state, f"{t.seconds:.1f}", str(jobs[t.key])] for t in tasks],
            ),
        ]
    )


def _shares(work: Stopwatch, spent: float) -> list[list[str]]:
    largest = sorted(work.seconds.items(), key=lambda item: -item[1])
    return [[name, f"{seconds / spent:.0%}", str(work.calls.get(name, ""))] for name, seconds in largest]


def _tagged(path: Path, spark: Any, *others: Any) -> Any:
    """Tag Spark jobs with the task whose notebook started them."""
    tag = f"{path.parent.name}_{path.stem}"
    spark.sparkContext.addJobTag(tag)
    try:
        return run_notebook(path, spark, *others)
    finally:
        spark.sparkContext.removeJobTag(tag)


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
