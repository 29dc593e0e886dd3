"""Rows that were set aside, tried again after a fix."""

from datetime import timedelta

import pytest

from dvdrental.bronze import ingest as module
from dvdrental.bronze.ingest import ingest, replay
from dvdrental.errors import StepError
from dvdrental.history import current
from dvdrental.lake import Lake
from dvdrental.ops import QUARANTINE
from tests.landing import MORNING, land_raw

GOOD = '{"category_id":1,"name":"A","last_update":"2006-02-15T09:46:27"}'
NAMELESS = '{"category_id":2,"last_update":"2006-02-15T09:46:27"}'
BROKEN = '{"category_id":3,"name":"Ann'


def set_aside(lake: Lake) -> list[tuple[str, str, bool]]:
    rows = lake.table(QUARANTINE).orderBy("raw_id").collect()
    return [(row.raw_id, row.rule, row.replayed_at is not None) for row in rows]


def fill(lake: Lake) -> None:
    land_raw(lake, "category", [GOOD, NAMELESS, BROKEN])
    ingest(lake, ["category"])


def relax(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "row_rules", lambda _: [])


def test_promise_13_row_moves_once_after_its_rule_was_relaxed(filled: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = filled
    relax(monkeypatch)
    first, second = replay(lake, ["category"])[0], replay(lake, ["category"])[0]
    assert (first.rows_landed, first.rows_inserted, first.rows_quarantined) == (2, 1, 1)
    assert (second.rows_landed, second.rows_inserted, second.rows_quarantined) == (1, 0, 1)
    assert set_aside(lake) == [("id-1", "column_values_to_not_be_null:name", True), ("id-2", "broken_json", False)]
    assert {row.category_id for row in current(lake.changes("category"), ["category_id"]).collect()} == {1, 2}


def test_full_refresh_closes_what_it_no_longer_brings(filled: Lake) -> None:
    """One row is mended in the source, the other comes under a new id, as in every full refresh, and is as bad."""
    lake = filled
    mended = NAMELESS.replace("{", '{"name":"B",')
    land_raw(lake, "category", [GOOD, mended, GOOD.replace("1", "4"), BROKEN], MORNING + timedelta(days=7))
    ingest(lake, ["category"])
    rows = lake.table(QUARANTINE).orderBy("quarantined_at", "raw_id").collect()
    assert [(row.raw_id, row.gone_at is not None) for row in rows] == [("id-1", True), ("id-2", True), ("id-3", False)]
    assert replay(lake, ["category"])[0].rows_quarantined == 1


def test_row_that_lacks_a_field_is_still_set_aside(filled: Lake) -> None:
    """A few rows are no full refresh: what they lack is not lost."""
    lake = filled
    land_raw(lake, "category", [GOOD, GOOD.replace("1", "2").replace("A", "B")], MORNING + timedelta(days=7))
    ingest(lake, ["category"])
    land_raw(lake, "category", [GOOD, NAMELESS], MORNING + timedelta(days=14))
    ingest(lake, ["category"])
    (step,) = replay(lake, ["category"])
    assert (step.rows_landed, step.rows_quarantined) == (1, 1)


def test_crash_after_the_row_moved_is_mended_by_the_next_replay(filled: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = filled
    relax(monkeypatch)
    with monkeypatch.context() as crash:
        crash.setattr(Lake, "merge", _fail)
        with pytest.raises(StepError, match="RuntimeError"):
            replay(lake, ["category"])
    step = replay(lake, ["category"])[0]
    assert (step.rows_duplicate, step.rows_inserted) == (1, 0)
    assert lake.changes("category").count() == 2
    assert set_aside(lake)[0][2]


def _fail(*_: object) -> None:
    raise RuntimeError("crash")


def test_without_a_fix_nothing_moves(filled: Lake) -> None:
    step = replay(filled, ["category"])[0]
    assert (step.rows_inserted, step.rows_quarantined) == (0, 2)
    assert [moved for _, _, moved in set_aside(filled)] == [False, False]


def test_row_that_left_the_landing_is_told(filled: Lake) -> None:
    land_raw(filled, "category", [GOOD], MORNING + timedelta(days=7))
    step = replay(filled, ["category"])[0]
    assert step.warnings == ["2 rows that are set aside are no longer in the landing"]


def test_excerpt_shows_the_form_but_no_letter_or_digit(filled: Lake) -> None:
    excerpts = {row.raw_id: row.excerpt for row in filled.table(QUARANTINE).collect()}
    assert excerpts["id-2"] == '{"xxxxxxxx_xx":n,"xxxx":"xxx'
