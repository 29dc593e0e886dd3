"""What was measured, as one page of Markdown."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.measured import SMALL, Contest, Occasion, Parsing
from benchmarks.results import Figures, Spread, ratio, slope, spread

FLOOR = "DuckDB and delta-rs: the floor"

PACKAGES = ("pyspark", "delta-spark", "deltalake", "duckdb", "great-expectations")


def page(contests: Sequence[Contest], parsing: Parsing | None) -> str:
    parts = [_HEAD, *(f"## {_title(contest)}\n\n{_contest_table(contest)}" for contest in contests)]
    if parsing is not None:
        title = f"## Bronze parse, {parsing.rows:,} rentals to Parquet\n\n{_when(parsing.occasion)}"
        parts.append(f"{title}\n\n{_parse_table(parsing)}")
    parts.append("## Targets\n\n" + table(["measure", "figure", "target"], _targets(contests, parsing)))
    parts.append("## Noise\n\n" + "\n".join(_noise(contests, parsing)))
    return "\n\n".join(parts) + "\n"


_HEAD = """# Benchmark results

Written by `make bench` from `benchmarks/runs/`. Every run is a process of its own, on an empty warehouse and the
same landing. Seconds are wall time, the median of all rounds (least to most); CPU and peak memory are those of all
processes of the run. Spark jobs, bytes and Delta commits were counted in a round before. "Same rows": the tables that
all make have the same checksum as the floor's; a ratio is void where not."""


def occasion(source: str, rounds: int) -> Occasion:
    """Today, on this machine. Of a source only the part that is no secret."""
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    machine = f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"
    what = source if source == "sample" else Path(source).name
    return Occasion(date.today().isoformat(), what, rounds, f"{machine}, {versions}, commit {_commit()}")


def _commit() -> str:
    asked = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):  # no Git, or no checkout
        return "unknown"


def _title(contest: Contest) -> str:
    title = f"{contest.rentals:,} rentals" if contest.rentals else "Session"
    return f"{title}\n\n{_when(contest.occasion)}"


def _when(occasion: Occasion) -> str:
    return f"{occasion.day}, {occasion.rounds} rounds, from {occasion.source}. {occasion.machine}."


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


def _targets(contests: Sequence[Contest], parsing: Parsing | None) -> list[list[str]]:
    rows = [row for contest in contests for row in _targets_of(contest) if row[1]]
    whole = [contest for contest in contests if contest.size != SMALL and contest.of("ours")]
    if len(whole) > 1:
        rows.append(["growth of time by rows, slope of the logarithms", _growth(*whole[-2:]), "<= 1.05"])
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
        [
            "session start to first Delta write, of Spark's defaults",
            share("session and first write, ours", "session and first write, Spark's defaults"),
            "<= 60 %",
        ],
    ]


def _gate(contest: Contest) -> str:
    tally = contest.tallies.get("ours, gate timed", contest.tallies.get("ours"))
    if tally is None or "gate" not in tally.told:
        return ""
    return f"{tally.told['gate'] / tally.told['tasks']:.0%}"


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
                lines.append(
                    f"- {contest.size}, {name}: {len(tally.runs)} runs, {kept}; {others}{_again(contest, name)}"
                )
    if parsing is not None:
        lines.append(f"- bronze parse: others took {parsing.others:.0%} of the machine")
    return lines


def _again(contest: Contest, name: str) -> str:
    """How far it is from the measurement before."""
    own, before = contest.of(name), contest.before.get(name)
    if own is None or before is None:
        return ""
    return f"; {own.spread('seconds').median / before - 1:+.1%} on the measurement before"


def _void(value: float | None) -> str:
    return "void" if value is None else f"{value:.1f}"


def _spread(times: Spread) -> str:
    return f"{times.median:.1f} ({times.least:.1f} to {times.most:.1f})"


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    line = "| {} |".format
    return "\n".join([line(" | ".join(names)), "|" + "---|" * len(names), *(line(" | ".join(row)) for row in rows)])
