"""What Spark's event log says about a run."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Work:
    jobs: int
    written_mb: float
    jobs_by_tag: Counter[str]


def settings(folder: Path) -> dict[str, str]:
    """Spark settings that make a session write its event log into the folder."""
    return {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": folder.resolve().as_uri(),
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
    }


def read(folder: Path) -> Work:
    """Of all sessions that wrote into it. Bytes are those of files of rows; Delta's own log is not counted."""
    events = [json.loads(line) for log in folder.iterdir() for line in log.open()]
    tasks = (event["Task Metrics"] for event in events if event["Event"] == "SparkListenerTaskEnd")
    written = sum(task["Output Metrics"]["Bytes Written"] for task in tasks if task)
    starts = [event.get("Properties") or {} for event in events if event["Event"] == "SparkListenerJobStart"]
    tags = Counter(tag for properties in starts for tag in properties.get("spark.job.tags", "").split(",") if tag)
    return Work(len(starts), written / 2**20, tags)
