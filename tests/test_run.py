"""The end of a run is noted whatever becomes of its reports."""

import pytest

from dvdrental import ops, run
from dvdrental.errors import RunFailedError
from dvdrental.lake import Lake


def broken(*_: object) -> None:
    raise OSError("the volume is read-only")


@pytest.mark.parametrize(
    ("problems", "told"),
    [
        ([], "the reports could not be written: OSError in run.py"),
        (["gold.x: broken"], "gold.x: broken\nthe reports could not be written: OSError in"),
    ],
)
def test_run_that_cannot_write_its_reports_has_its_end_all_the_same(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, problems: list[str], told: str
) -> None:
    run.begin(lake)
    monkeypatch.setattr(run, "_write_reports", broken)
    monkeypatch.setattr(run, "_problems", lambda _: problems)
    with pytest.raises(RunFailedError) as failed:
        run.finish(lake)
    assert isinstance(failed.value.__cause__, OSError)
    start, end = lake.table(ops.RUN_EVENT).orderBy("at").collect()
    assert (start.event, end.event) == ("started", "failed")
    assert end.message.startswith(told)
    assert "read-only" not in end.message


def test_run_whose_first_task_failed_is_told_to_look_there(lake: Lake) -> None:
    with pytest.raises(RunFailedError, match="ops_begin has failed before there was a ledger"):
        run.finish(lake)
