"""What is said of measured runs: medians, ratios, void, disturbed."""

import pytest

from benchmarks.results import Figures, Run, figures, ratio, slope


def runs(*seconds: float, rows: str = "same", others: float = 0.0) -> list[Run]:
    return [Run(s, 2 * s, 100.0, others, {"obt": rows}) for s in seconds]


def counted(*seconds: float, rows: str = "same") -> Figures:
    return figures(runs(*seconds, rows=rows), limit=0.08)


def test_a_figure_is_the_median_with_least_and_most() -> None:
    found = counted(9.0, 1.0, 2.0).spread("seconds")
    assert (found.median, found.least, found.most) == (2.0, 1.0, 9.0)


def test_a_ratio_is_median_by_median() -> None:
    assert ratio(counted(4.0, 30.0, 6.0), counted(3.0, 2.0, 1.0)) == 3.0
    assert ratio(counted(4.0), counted(2.0), "cpu_seconds") == 2.0


@pytest.mark.parametrize("other", ["other", "another"])
def test_a_ratio_is_void_when_the_rows_differ(other: str) -> None:
    assert ratio(counted(4.0), counted(2.0, rows=other)) is None


def test_a_ratio_is_void_when_one_run_of_several_made_other_rows() -> None:
    mixed = figures([*runs(4.0, 4.0), *runs(4.0, rows="other")], limit=0.08)
    assert ratio(mixed, counted(2.0)) is None


def test_runs_that_others_disturbed_are_left_out() -> None:
    found = figures([*runs(1.0, 2.0, others=0.02), *runs(50.0, others=0.3)], limit=0.08)
    assert (found.spread("seconds").most, found.left_out, found.disturbed) == (2.0, 1, False)


def test_a_trial_on_a_busy_machine_is_shown_and_said_to_be_disturbed() -> None:
    found = figures(runs(50.0, others=0.3), limit=0.08)
    assert (found.spread("seconds").median, found.left_out, found.disturbed) == (50.0, 0, True)


@pytest.mark.parametrize(("seconds", "expected"), [(100.0, 1.0), (10.0, 0.0), (1000.0, 2.0)])
def test_growth_is_the_slope_of_the_logarithms(seconds: float, expected: float) -> None:
    assert slope(200_000, 10.0, 2_000_000, seconds) == pytest.approx(expected)
