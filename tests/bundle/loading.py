"""The bundle's files, read strictly."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

JOB = "dvd_rental_pipeline"


class StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Refuses a key that is there twice; YAML readers usually take the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        if again := twice([key.value for key, _ in node.value]):
            raise yaml.constructor.ConstructorError(None, None, f"twice: {', '.join(again)}", node.start_mark)
        return super().construct_mapping(node, deep)


class Definition(NamedTuple):
    kind: str
    key: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Bundle:
    root: Path
    main: dict[str, Any]
    files: dict[Path, dict[str, Any]]

    @classmethod
    def load(cls, root: Path) -> "Bundle":
        root = root.resolve()
        main = read(root / "databricks.yml")
        paths = sorted(path for pattern in main["include"] for path in root.glob(pattern))
        return cls(root, main, {path: read(path) for path in paths})

    @property
    def definitions(self) -> list[Definition]:
        return [
            Definition(kind, key, fields)
            for file in self.files.values()
            for kind, resources in file["resources"].items()
            for key, fields in resources.items()
        ]

    @property
    def job(self) -> dict[str, Any]:
        return next(fields for kind, key, fields in self.definitions if (kind, key) == ("jobs", JOB))

    @property
    def job_folder(self) -> Path:
        """What the paths in the job are relative to."""
        return next(path.parent for path, file in self.files.items() if JOB in file["resources"].get("jobs", {}))

    @property
    def graph(self) -> dict[str, set[str]]:
        """Task -> the tasks that it depends on."""
        return {task["task_key"]: {on["task_key"] for on in task.get("depends_on", [])} for task in self.job["tasks"]}

    @property
    def notebooks(self) -> dict[str, Path]:
        """Task -> its notebook."""
        tasks = [task for task in self.job["tasks"] if "notebook_task" in task]
        return {t["task_key"]: (self.job_folder / t["notebook_task"]["notebook_path"]).resolve() for t in tasks}


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), StrictLoader)
    return content


def strings(value: Any) -> Iterator[str]:
    """Every text in a tree of dicts and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def ancestors(graph: dict[str, set[str]], task: str) -> set[str]:
    found: set[str] = set()
    waiting = set(graph.get(task, ()))
    while waiting:
        found |= waiting
        waiting = {further for one in waiting for further in graph.get(one, ())} - found
    return found
