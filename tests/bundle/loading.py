"""The bundle's files, read strictly."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

PIPELINE = "dvd_rental_pipeline"


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
class JobFile:
    folder: Path
    """What the paths in the job are relative to."""
    fields: dict[str, Any]

    @property
    def tasks(self) -> list[dict[str, Any]]:
        tasks: list[dict[str, Any]] = self.fields["tasks"]
        return tasks

    @property
    def environments(self) -> list[dict[str, Any]]:
        """None where no task is a notebook."""
        environments: list[dict[str, Any]] = self.fields.get("environments", [])
        return environments

    @property
    def graph(self) -> dict[str, set[str]]:
        """Task -> the tasks that it depends on."""
        return {task["task_key"]: {on["task_key"] for on in task.get("depends_on", [])} for task in self.tasks}

    @property
    def notebooks(self) -> dict[str, Path]:
        """Task -> its notebook."""
        tasks = [task for task in self.tasks if "notebook_task" in task]
        return {t["task_key"]: (self.folder / t["notebook_task"]["notebook_path"]).resolve() for t in tasks}


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
        """What every target has."""
        return [one for file in self.files.values() for one in _definitions(file)]

    @property
    def changes(self) -> list[tuple[str, Definition]]:
        """What single targets add or change."""
        files = [self.main, *self.files.values()]
        targets = [target for file in files for target in file.get("targets", {}).items()]
        return [(name, one) for name, target in targets for one in _definitions(target)]

    @property
    def jobs(self) -> dict[str, JobFile]:
        """Those of single targets too."""
        parts = [(path, part) for path, f in self.files.items() for part in (f, *f.get("targets", {}).values())]
        found = [(path, one) for path, part in parts for one in _definitions(part) if one.kind == "jobs"]
        return {one.key: JobFile(path.parent, one.fields) for path, one in found}

    @property
    def pipeline(self) -> JobFile:
        return self.jobs[PIPELINE]


def _definitions(part: dict[str, Any]) -> list[Definition]:
    return [
        Definition(kind, key, fields)
        for kind, resources in part.get("resources", {}).items()
        for key, fields in resources.items()
    ]


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
