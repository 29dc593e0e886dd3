"""The page that `make bench` writes, from made-up runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import measured
from benchmarks.measured import Contest, Occasion, Parsing, Tally
from benchmarks.report import FLOOR, occasion, page
from benchmarks.results import Run

NOW = Occasion("2026-01-05", "sample", 3, "2 cores")


def tally(*seconds: float, rows: str = "same", others: float = 0.0, **counts: float) -> Tally:
    made = {"rental_obt": rows} if rows else {}
    return Tally([Run(s, 2 * s, 1500.0, others, made) for s in seconds], **counts)


def lines(*contests: Contest, parsing: Parsing | None = None) -> dict[str, str]:
    """Every line of the page by its first cell."""
    text = page(contests, parsing)
    return {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("|")}


SMALL = {
    "ours": tally(10.0, 12.0, 11.0, jobs=900, commits=60),
    "ours, gate timed": Tally(told={"gate": 5.0, "tasks": 50.0}),
    "ours, unchanged landing": tally(4.4),
    "system A's way": tally(33.0),
    "naive PySpark": tally(44.0, rows="other"),
    FLOOR: tally(1.1),
}


def test_a_figure_has_its_spread_and_its_ratio_to_the_floor_beside_it() -> None:
    found = lines(Contest("S", 1284, SMALL, NOW))["ours"]
    assert "| 11.0 (10.0 to 12.0) | 10.0 | 22.0 | 1,500 |" in found
    assert "| 900 | 60 | yes |" in found


def test_a_ratio_of_other_rows_is_void() -> None:
    found = lines(Contest("S", 1284, SMALL, NOW))
    assert "| void |" in found["naive PySpark"]
    assert "**no**" in found["naive PySpark"]
    assert found["1,284 rentals: times faster than naive PySpark"].split("|")[2].strip() == "void"


@pytest.mark.parametrize(
    ("measure", "figure"),
    [("times faster than system A's way", "3.0"), ("unchanged landing, of a full run", "40%")],
)
def test_targets_are_ratios(measure: str, figure: str) -> None:
    assert lines(Contest("S", 1284, SMALL, NOW))[f"1,284 rentals: {measure}"].split("|")[2].strip() == figure


def test_growth_is_that_between_the_two_largest_sizes() -> None:
    few, many = (Contest("x", n, {"ours": tally(s)}, NOW) for n, s in ((200_000, 20.0), (2_000_000, 200.0)))
    found = lines(Contest("S", 1284, SMALL, NOW), few, many)
    assert found["growth of time by rows, slope of the logarithms"].split("|")[2].strip() == "1.00"


def test_gate_is_a_share_of_the_work_of_all_tasks() -> None:
    found = lines(Contest("S", 1284, SMALL, NOW))
    assert found["1,284 rentals: gate, of all work"].split("|")[2].strip() == "10%"


def test_runs_that_are_left_out_and_who_failed_are_said() -> None:
    busy = tally(10.0, 12.0)
    busy.runs.append(Run(99.0, 1.0, 1.0, 0.5, {"rental_obt": "same"}))
    who = SMALL | {"ours": busy, "dbt-spark, session mode": Tally(failed=True)}
    text = page([Contest("S", 1284, who, NOW)], None)
    assert "- S, ours: 3 runs, 1 of them left out; others took up to 0% of the machine" in text
    assert "- S, dbt-spark, session mode: failed, and was not run again" in text


def test_parse_is_compared_with_other_ways_and_the_floor() -> None:
    seconds = {"ours": [4.0], "get_json_object per column": [12.0], "from_json per column": [10.0], "DuckDB": [1.0]}
    found = lines(Contest("S", 1284, SMALL, NOW), parsing=Parsing(2_000_000, seconds, 0.0, NOW))
    figures = {name.removeprefix("bronze parse: "): line.split("|")[2].strip() for name, line in found.items()}
    assert figures["times faster than get_json_object per column"] == "3.0"
    assert figures["times slower than DuckDB"] == "4.0"


def test_a_password_of_the_source_is_not_told() -> None:
    assert "secret" not in str(occasion("postgresql://me:secret@host/dvdrental", 1))


def test_the_start_of_a_session_is_a_share_of_sparks_own() -> None:
    starts = {"session and first write, ours": tally(6.0), "session and first write, Spark's defaults": tally(10.0)}
    found = lines(Contest(measured.SESSION, 0, starts, NOW))
    assert found["session start to first Delta write, of Spark's defaults"].split("|")[2].strip() == "60%"


def test_what_was_measured_at_another_time_stays_on_the_page(tmp_path: Path) -> None:
    parsing = Parsing(2_000_000, {"ours": [4.0], "DuckDB": [1.0]}, 0.0, NOW)
    measured.keep(Contest("2M", 2_000_000, {"ours": tally(200.0)}, NOW), tmp_path)
    measured.keep_parsing(parsing, tmp_path)
    measured.keep(Contest("S", 1284, SMALL, NOW), tmp_path)
    assert measured.contests(tmp_path) == [
        Contest("S", 1284, SMALL, NOW),
        Contest("2M", 2_000_000, {"ours": tally(200.0)}, NOW),
    ]
    assert measured.parsing(tmp_path) == parsing


@pytest.mark.parametrize(("source", "noise"), [("sample", "; +10.0% on the measurement before"), ("other", "")])
def test_a_measurement_is_compared_with_the_one_before(source: str, noise: str, tmp_path: Path) -> None:
    """Of another source there is nothing to be compared."""
    measured.keep(Contest("S", 1284, {"ours": tally(10.0)}, NOW), tmp_path)
    measured.keep(Contest("S", 1284, {"ours": tally(11.0)}, replace(NOW, source=source)), tmp_path)
    text = page(measured.contests(tmp_path), None)
    assert f"- S, ours: 1 runs, 0 of them left out; others took up to 0% of the machine{noise}\n" in text
