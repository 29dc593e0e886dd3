"""The bundle's files as the local runner needs them: the job with its references resolved."""

import re
from pathlib import Path
from typing import Any

import yaml

from dvdrental.errors import DvdRentalError

_REFERENCE = re.compile(r"\$\{([^}]+)\}")


class BundleError(DvdRentalError):
    """The bundle's files do not fit together."""


def find_root(start: Path) -> Path:
    """Nearest folder upward that holds databricks.yml."""
    for folder in (start, *start.parents):
        if (folder / "databricks.yml").is_file():
            return folder
    raise BundleError("databricks.yml was not found: run this inside a checkout of the project")


class Bundle:
    def __init__(self, root: Path) -> None:
        self.root = root
        self._main = yaml.safe_load((root / "databricks.yml").read_text(encoding="utf-8"))
        self._resources: dict[str, dict[str, Any]] = {}
        for file in sorted((root / "resources").glob("*.yml")):
            for kind, items in yaml.safe_load(file.read_text(encoding="utf-8")).get("resources", {}).items():
                self._resources.setdefault(kind, {}).update(items)

    def job(self, key: str) -> dict[str, Any]:
        try:
            job: dict[str, Any] = self._resources["jobs"][key]
        except KeyError:
            raise BundleError(f"no job {key} in resources/*.yml") from None
        return job

    def resolve(self, text: str) -> str:
        """Replace ${var.x} by the variable's default and ${resources.kind.key.field} by that field."""
        return _REFERENCE.sub(lambda match: self.resolve(str(self._look_up(match[1]))), text)

    def _look_up(self, path: str) -> Any:
        first, *rest = path.split(".")
        try:
            if first == "var":
                return self._main["variables"][rest[0]]["default"]
            if first == "bundle":
                return self._main["bundle"][rest[0]]
            kind, key, field = rest
            return self._resources[kind][key][field]
        except (KeyError, ValueError):
            raise BundleError(f"${{{path}}} has no value on this machine") from None
