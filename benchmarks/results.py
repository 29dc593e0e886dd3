"""Medians and ratios of measured runs, and when no ratio may be given."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Checksums = Mapping[str, str]
"""Table -> checksum of its rows; empty for what makes no table."""


@dataclass(frozen=True)
class Run:
    """One run of one contestant: seconds, CPU seconds, peak megabytes, and the share of the machine (0 to 1) that
    processes of others took meanwhile."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    others: float
    checksums: Checksums = field(default_factory=dict)


@dataclass(frozen=True)
class Spread:
    median: float
    least: float
    most: float


@dataclass(frozen=True)
class Figures:
    """Of one contestant: the runs that count, how many were left out, and whether all of them were disturbed."""

    runs: Sequence[Run]
    left_out: int
    disturbed: bool

    def spread(self, measure: str) -> Spread:
        return spread([getattr(run, measure) for run in self.runs])


def figures(runs: Sequence[Run], limit: float) -> Figures:
    """Runs during which others took more than `limit` of the machine are left out. If that is all of them they are
    kept, and said to be disturbed: a trial on a busy machine still shows that everything works."""
    quiet = [run for run in runs if run.others <= limit]
    return Figures(quiet or runs, len(runs) - len(quiet) if quiet else 0, not quiet)


def spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


def ratio(of: Figures, to: Figures, measure: str = "seconds") -> float | None:
    """Median by median. None, for void, unless every run of both made the same rows."""
    checksums = {tuple(sorted(run.checksums.items())) for run in (*of.runs, *to.runs)}
    if len(checksums) != 1:
        return None
    return of.spread(measure).median / to.spread(measure).median


def slope(fewer: float, seconds_of_fewer: float, more: float, seconds_of_more: float) -> float:
    """Growth of log time by log rows: 1 is linear."""
    return math.log(seconds_of_more / seconds_of_fewer) / math.log(more / fewer)
