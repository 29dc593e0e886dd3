"""Every metric once, from metrics.yml: what dashboards, the local report, the metric view and their tests share."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

FORMATS = ("integer", "decimal", "money", "percent", "moment")


@dataclass(frozen=True)
class Metric:
    """An aggregate over the rows of one table of gold. `golden` is its value on the real dump."""

    table: str
    name: str
    label: str
    expression: str
    format: str
    description: str
    golden: Any = None

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(f"metric {self.name}: format {self.format} is none of {', '.join(FORMATS)}")


@dataclass(frozen=True)
class Dataset:
    """The metrics of one table, by name."""

    table: str
    grain: str
    metrics: dict[str, Metric]


@cache
def datasets() -> dict[str, Dataset]:
    """By full table name. Raises ValueError for a metric that is not written as it has to be."""
    text = files("dvdrental").joinpath("metrics.yml").read_text(encoding="utf-8")
    found = {}
    for table, told in yaml.safe_load(text).items():
        metrics = {name: Metric(table=table, name=name, **fields) for name, fields in told["metrics"].items()}
        found[table] = Dataset(table, told["grain"], metrics)
    return found
