"""The end of a run is noted whatever becomes of its reports."""

import pytest

from dvdrental import ops, run
from dvdrental.errors import RunFailedError
from dvdrental.lake import Lake


def broken(*_: object) -> None:
    raise OSError("the volume is read-only")


@pytest.mark.parametrize(
    ("problems", "error", "event"), [(None, OSError, "succeeded"), ("gold.x: broken", RunFailedError, "failed")]
)
def test_run_that_cannot_write_its_reports_has_its_end_all_the_same(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, problems: str | None, error: type[Exception], event: str
) -> None:
    run.begin(lake)
    monkeypatch.setattr(run, "_write_reports", broken)
    monkeypatch.setattr(run, "_problems", lambda _: problems)
    with pytest.raises(error):
        run.finish(lake)
    events = lake.table(ops.RUN_EVENT).orderBy("at").collect()
    assert [row.event for row in events] == ["started", event]
