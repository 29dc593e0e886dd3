"""What was measured, one file per size, session or parse: measuring all of them takes hours, each by itself less."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.results import Figures, Run, figures

FOLDER = Path(__file__).with_name("runs")
SMALL = "S"
"""The source as it is; at larger sizes other settings of Spark are used."""

SESSION, PARSE = "session", "parse"

LIMIT = 0.08
"""A run during which other processes took more of the machine does not count."""


@dataclass
class Tally:
    """Of one contestant. Counts, and `told`, the JSON that it printed, are those of the first round."""

    runs: list[Run] = field(default_factory=list)
    jobs: int = 0
    commits: int = 0
    written_mb: float = 0.0
    told: Mapping[str, float] = field(default_factory=dict)
    failed: bool = False


@dataclass(frozen=True)
class Occasion:
    """When, from what source, how often and on which machine something was measured."""

    day: str
    source: str
    rounds: int
    machine: str


@dataclass(frozen=True)
class Contest:
    """What was run on one landing of so many rentals. `before`: seconds by name, of the measurement before this one."""

    size: str
    rentals: int
    tallies: Mapping[str, Tally]
    occasion: Occasion
    before: Mapping[str, float] = field(default_factory=dict)

    def of(self, name: str) -> Figures | None:
        """None for a contestant that did not take part."""
        tally = self.tallies.get(name)
        return figures(tally.runs, LIMIT) if tally is not None and tally.runs else None


@dataclass(frozen=True)
class Parsing:
    rows: int
    seconds: Mapping[str, Sequence[float]]
    others: float
    occasion: Occasion


def keep(contest: Contest, folder: Path = FOLDER) -> None:
    """With the measurement before, if it was of the same source: it shows how far two measurements differ."""
    last = next((kept for kept in contests(folder) if kept.size == contest.size), None)
    before = {}
    if last is not None and last.occasion.source == contest.occasion.source:
        before = {name: own.spread("seconds").median for name in last.tallies if (own := last.of(name)) is not None}
    _write(folder / f"{contest.size}.json", asdict(contest) | {"before": before})


def keep_parsing(parsing: Parsing, folder: Path = FOLDER) -> None:
    _write(folder / f"{PARSE}.json", asdict(parsing))


def contests(folder: Path = FOLDER) -> list[Contest]:
    """By number of rentals; the session, which has none, is the first."""
    kept = [_contest(json.loads(file.read_text())) for file in folder.glob("*.json") if file.stem != PARSE]
    return sorted(kept, key=lambda contest: contest.rentals)


def parsing(folder: Path = FOLDER) -> Parsing | None:
    file = folder / f"{PARSE}.json"
    if not file.exists():
        return None
    kept = json.loads(file.read_text())
    return Parsing(**kept | {"occasion": Occasion(**kept["occasion"])})


def _contest(kept: dict[str, Any]) -> Contest:
    tallies = {
        name: Tally(**tally | {"runs": [Run(**run) for run in tally["runs"]]})
        for name, tally in kept["tallies"].items()
    }
    return Contest(**kept | {"tallies": tallies, "occasion": Occasion(**kept["occasion"])})


def _write(file: Path, content: Mapping[str, Any]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content, indent=1) + "\n")
