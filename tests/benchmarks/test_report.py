"""The page that `make bench` writes, from made-up runs."""

import pytest

from benchmarks.contest import Tally
from benchmarks.report import FLOOR, Contest, Parsing, page
from benchmarks.results import Run


def tally(*seconds: float, rows: str = "same", others: float = 0.0, **counts: float) -> Tally:
    made = {"rental_obt": rows} if rows else {}
    return Tally([Run(s, 2 * s, 1500.0, others, made) for s in seconds], **counts)


def lines(*contests: Contest, starts: dict[str, Tally] | None = None, parsing: Parsing | None = None) -> dict[str, str]:
    """Every line of the page by its first cell."""
    text = page(contests, Contest("session", 0, starts or {}), parsing, "sample", 3)
    return {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("|")}


SMALL = {
    "ours": tally(10.0, 12.0, 11.0, jobs=900, commits=60),
    "ours, gate timed": Tally(said='noise\n{"gate": 5.0, "tasks": 50.0}\nJava ends\n'),
    "ours, unchanged landing": tally(4.4),
    "system A's way": tally(33.0),
    "naive PySpark": tally(44.0, rows="other"),
    FLOOR: tally(1.1),
}


def test_a_figure_has_its_spread_and_its_ratio_to_the_floor_beside_it() -> None:
    found = lines(Contest("S", 1284, SMALL))["ours"]
    assert "| 11.0 (10.0 to 12.0) | 10.0 | 22.0 | 1,500 |" in found
    assert "| 900 | 60 | yes |" in found


def test_a_ratio_of_other_rows_is_void() -> None:
    found = lines(Contest("S", 1284, SMALL))
    assert "| void |" in found["naive PySpark"]
    assert "**no**" in found["naive PySpark"]
    assert found["1,284 rentals: times faster than naive PySpark"].split("|")[2].strip() == "void"


@pytest.mark.parametrize(
    ("measure", "figure"),
    [("times faster than system A's way", "3.0"), ("unchanged landing, of a full run", "40%")],
)
def test_targets_are_ratios(measure: str, figure: str) -> None:
    assert lines(Contest("S", 1284, SMALL))[f"1,284 rentals: {measure}"].split("|")[2].strip() == figure


def test_growth_is_that_between_the_two_largest_sizes() -> None:
    few, many = (
        Contest("x", n, {"ours": tally(s, said='{"gate": 1.0, "tasks": 2.0}')})
        for n, s in ((200_000, 20.0), (2_000_000, 200.0))
    )
    found = lines(Contest("S", 1284, SMALL), few, many)
    assert found["growth of time by rows, slope of the logarithms"].split("|")[2].strip() == "1.00"


def test_gate_is_a_share_of_the_work_of_all_tasks() -> None:
    found = lines(Contest("S", 1284, SMALL))
    assert found["1,284 rentals: gate, of all work"].split("|")[2].strip() == "10%"


def test_runs_that_are_left_out_and_who_failed_are_said() -> None:
    busy = tally(10.0, 12.0)
    busy.runs.append(Run(99.0, 1.0, 1.0, 0.5, {"rental_obt": "same"}))
    who = SMALL | {"ours": busy, "dbt-spark, session mode": Tally(failed=True)}
    text = page([Contest("S", 1284, who)], Contest("session", 0, {}), None, "sample", 3)
    assert "- S, ours: 3 runs, 1 of them left out; others took up to 0% of the machine" in text
    assert "- S, dbt-spark, session mode: failed, and was not run again" in text


def test_parse_is_compared_with_other_ways_and_the_floor() -> None:
    seconds = {"ours": [4.0], "get_json_object per column": [12.0], "from_json per column": [10.0], "DuckDB": [1.0]}
    found = lines(Contest("S", 1284, SMALL), parsing=Parsing(2_000_000, seconds, 0.0))
    figures = {name.removeprefix("bronze parse: "): line.split("|")[2].strip() for name, line in found.items()}
    assert figures["times faster than get_json_object per column"] == "3.0"
    assert figures["times slower than DuckDB"] == "4.0"


def test_a_password_of_the_source_is_not_told() -> None:
    text = page([], Contest("session", 0, {}), None, "postgresql://me:secret@host/dvdrental", 1)
    assert "secret" not in text
