"""What was measured, as one page of Markdown."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.contest import Tally
from benchmarks.processes import told
from benchmarks.results import Figures, Spread, figures, ratio, slope, spread

FLOOR = "DuckDB and delta-rs: the floor"
LIMIT = 0.08
"""A run during which other processes took more of the machine does not count."""

PACKAGES = ("pyspark", "delta-spark", "deltalake", "duckdb", "great-expectations")


@dataclass(frozen=True)
class Contest:
    """What was run on one landing of so many rentals."""

    size: str
    rentals: int
    tallies: Mapping[str, Tally]

    def of(self, name: str) -> Figures | None:
        """None for who did not take part."""
        tally = self.tallies.get(name)
        return figures(tally.runs, LIMIT) if tally is not None and tally.runs else None


@dataclass(frozen=True)
class Parsing:
    rows: int
    seconds: Mapping[str, Sequence[float]]
    others: float


def page(contests: Sequence[Contest], starts: Contest, parsing: Parsing | None, source: str, rounds: int) -> str:
    parts = [_head(source, rounds)]
    parts += [f"## {contest.rentals:,} rentals\n\n{_contest_table(contest)}" for contest in contests]
    parts += [f"## Session\n\n{_contest_table(starts)}"]
    if parsing is not None:
        parts.append(f"## Bronze parse, {parsing.rows:,} rentals to Parquet\n\n{_parse_table(parsing)}")
    parts.append("## Targets\n\n" + table(["measure", "figure", "target"], _targets(contests, starts, parsing)))
    parts.append("## Noise\n\n" + "\n".join(_noise([*contests, starts], parsing)))
    return "\n\n".join(parts) + "\n"


def _head(source: str, rounds: int) -> str:
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    what = source if source == "sample" else Path(source).name
    return (
        "# Benchmark results\n\n"
        "Written by `make bench`. Every run is a process of its own, on an empty warehouse and the same landing. "
        f"Median of {rounds} rounds (least to most). Seconds are wall time; CPU and peak memory are those of all "
        "processes of the run. Spark jobs, bytes and Delta commits were counted in a round before. "
        '"Same rows": the tables that all make have the same checksum as the floor\'s; a ratio is void where not.\n\n'
        f"Source: {what}. Machine: {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}."
    )


def _contest_table(contest: Contest) -> str:
    floor = contest.of(FLOOR)
    names = ["", "seconds", "x floor", "CPU s", "peak MB", "MB written", "Spark jobs", "Delta commits", "same rows"]
    rows = []
    for name, tally in contest.tallies.items():
        own = contest.of(name)
        if own is None:
            continue
        cells = [name + (" (disturbed)" if own.disturbed else ""), _spread(own.spread("seconds"))]
        cells.append(_void(ratio(own, floor) if floor and own.runs[0].checksums else None))
        cells += [f"{own.spread('cpu_seconds').median:.1f}", f"{own.spread('peak_mb').median:,.0f}"]
        cells += [f"{tally.written_mb:.1f}", str(tally.jobs), str(tally.commits), _same(own, floor)]
        rows.append(cells)
    return table(names, rows)


def _same(own: Figures, floor: Figures | None) -> str:
    if floor is None or not own.runs[0].checksums:
        return "-"
    return "yes" if ratio(own, floor) is not None else "**no**"


def _parse_table(parsing: Parsing) -> str:
    floor = spread(parsing.seconds["DuckDB"]).median
    rows = [[n, _spread(spread(s)), f"{spread(s).median / floor:.1f}"] for n, s in parsing.seconds.items()]
    return table(["", "seconds", "x floor"], rows)


def _targets(contests: Sequence[Contest], starts: Contest, parsing: Parsing | None) -> list[list[str]]:
    rows = []
    for contest in contests:
        rows += [row for row in _targets_of(contest) if row[1]]
    if len(contests) > 1 and all(contest.of("ours") for contest in contests[-2:]):
        rows.append(["growth of time by rows, slope of the logarithms", _growth(*contests[-2:]), "<= 1.05"])
    first, stock = (starts.of(f"session and first write, {whose}") for whose in ("ours", "Spark's defaults"))
    if first and stock:
        rows.append(["session start to first Delta write, of Spark's defaults", _percent(first, stock), "<= 60 %"])
    if parsing is not None:
        ours = spread(parsing.seconds["ours"]).median
        for name, target in (("get_json_object per column", ">= 2.5"), ("from_json per column", ">= 2.5")):
            faster = spread(parsing.seconds[name]).median / ours
            rows.append([f"bronze parse: times faster than {name}", f"{faster:.1f}", target])
        rows.append(
            [
                "bronze parse: times slower than DuckDB",
                f"{ours / spread(parsing.seconds['DuckDB']).median:.1f}",
                "<= 5.2",
            ]
        )
    return rows


def _targets_of(contest: Contest) -> list[list[str]]:
    def faster(than: str) -> str:
        ours, peer = contest.of("ours"), contest.of(than)
        return _void(ratio(peer, ours)) if ours and peer else ""

    def share(name: str, of: str) -> str:
        part, whole = contest.of(name), contest.of(of)
        return _percent(part, whole) if part and whole else ""

    size = f"{contest.rentals:,} rentals"
    return [
        [f"{size}: times faster than system A's way", faster("system A's way"), ">= 2"],
        [f"{size}: ... with our Spark settings", faster("system A's way, our Spark settings"), ">= 1.3"],
        [f"{size}: times faster than dbt-spark", faster("dbt-spark, session mode"), ">= 2"],
        [f"{size}: times faster than naive PySpark", faster("naive PySpark"), ""],
        [f"{size}: unchanged landing, of a full run", share("ours, unchanged landing", "ours"), "<= 40 %"],
        [
            f"{size}: 1 % changed, full refresh, of a full run",
            share("ours, 1 % changed, full refresh", "ours"),
            "<= 8 %",
        ],
        [
            f"{size}: 1 % changed, incremental, of a full run",
            share("ours, incremental, 1 % changed", "ours, incremental"),
            "<= 8 %",
        ],
        [f"{size}: gate, of all work", _gate(contest), "<= 25 %"],
    ]


def _gate(contest: Contest) -> str:
    tally = contest.tallies.get("ours, gate timed", contest.tallies.get("ours"))
    if tally is None or not tally.said:
        return ""
    seconds = told(tally.said)
    return f"{seconds['gate'] / seconds['tasks']:.0%}"


def _growth(fewer: Contest, more: Contest) -> str:
    seconds = []
    for contest in (fewer, more):
        own = contest.of("ours")
        seconds.append(own.spread("seconds").median if own else 0.0)
    return f"{slope(fewer.rentals, seconds[0], more.rentals, seconds[1]):.2f}"


def _percent(part: Figures, whole: Figures) -> str:
    return f"{part.spread('seconds').median / whole.spread('seconds').median:.0%}"


def _noise(contests: Sequence[Contest], parsing: Parsing | None) -> list[str]:
    lines = []
    for contest in contests:
        for name, tally in contest.tallies.items():
            own = contest.of(name)
            if tally.failed:
                lines.append(f"- {contest.size}, {name}: failed, and was not run again")
            if own is not None:
                others = f"others took up to {max(run.others for run in own.runs):.0%} of the machine"
                kept = "all of them disturbed, and kept" if own.disturbed else f"{own.left_out} of them left out"
                lines.append(f"- {contest.size}, {name}: {len(tally.runs)} runs, {kept}; {others}")
    if parsing is not None:
        lines.append(f"- bronze parse: others took {parsing.others:.0%} of the machine")
    return lines


def _void(value: float | None) -> str:
    return "void" if value is None else f"{value:.1f}"


def _spread(times: Spread) -> str:
    return f"{times.median:.1f} ({times.least:.1f} to {times.most:.1f})"


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    line = "| {} |".format
    return "\n".join([line(" | ".join(names)), "|" + "---|" * len(names), *(line(" | ".join(row)) for row in rows)])
