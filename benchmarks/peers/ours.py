"""Ours on a landing that lies in the lake already, however large: `dvdrental run` without the source.

Prints a line of JSON: seconds of the quality gate, and of all tasks. With --many-rows Java and Spark compile.
"""

import argparse
import json
import time
from pathlib import Path

from benchmarks import spark_conf
from benchmarks.stopwatch import Stopwatch
from dvdrental.local.bundle import Bundle, find_root
from dvdrental.local.folder import open_lake, parameters
from dvdrental.local.job import great_expectations_beside, plan, run
from dvdrental.local.session import start_session
from dvdrental.quality import gate
from dvdrental.run import JOB


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("lake", type=Path)
    parser.add_argument("--sync-mode", default="overwrite")
    parser.add_argument("--many-rows", action="store_true")
    options = parser.parse_args()
    if options.many_rows:
        spark_conf.for_many_rows()
    watch = Stopwatch()
    gate.audit = watch.around("gate", gate.audit)
    run_id = f"bench-{time.time_ns()}"
    chosen = parameters(options.lake, run_id) | {"sync_mode": options.sync_mode}
    tasks = plan(Bundle(find_root(Path(__file__).parent)), JOB, chosen)
    with great_expectations_beside():
        spark = start_session(options.lake)
        open_lake(spark, options.lake)
        good = run(tasks, spark, lambda task: None)
    for task in tasks:
        if task.error is not None:
            print(f"{task.key}: {task.error}")
    print(json.dumps({"gate": sum(watch.seconds.values()), "tasks": sum(task.seconds for task in tasks)}))
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
