"""Two writers of one table at once: one wins, the other stops and says so, nothing is there twice."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import DataFrame

from dvdrental.errors import ConflictError
from dvdrental.lake import Lake
from dvdrental.ops import STEP
from dvdrental.publish import publish
from dvdrental.table import Table
from tests.rows import relation

TABLE = Table(
    layer="silver",
    name="thing",
    grain="one row per thing",
    key=("id",),
    columns="""
        id BIGINT NOT NULL COMMENT 'Key',
        name STRING COMMENT 'Name',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'Loaded'
    """,
)


def rows(lake: Lake, **names: str) -> DataFrame:
    return relation(lake.spark, [(int(key[1:]), name) for key, name in names.items()], "id BIGINT, name STRING")


def at_once(monkeypatch: pytest.MonkeyPatch, step: str, *writers: Callable[[], Any]) -> list[Exception | None]:
    """Let both reach a step of their publication before one of them takes it."""
    barrier, take = threading.Barrier(len(writers)), getattr(Lake, step)
    errors: list[Exception | None] = [None] * len(writers)

    def take_together(self: Lake, table: Table, *frame: DataFrame, **how: Any) -> None:
        if table is TABLE:
            barrier.wait(120)
        take(self, table, *frame, **how)

    def write(number: int) -> None:
        try:
            writers[number]()
        except Exception as error:
            errors[number] = error

    with monkeypatch.context() as patched:
        patched.setattr(Lake, step, take_together)
        threads = [threading.Thread(target=write, args=(number,)) for number in range(len(writers))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return errors


@pytest.mark.parametrize("there", [False, True])
def test_promise_11_one_of_two_writers_wins(lake: Lake, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    if there:
        publish(lake, TABLE, rows(lake, k1="a"))
    new = rows(lake, k1="b", k2="c")
    lake.create(STEP)
    errors = at_once(
        monkeypatch, "merge" if there else "create", *(lambda: publish(lake, TABLE, new) for _ in range(2))
    )
    assert sorted(row[:2] for row in lake.table(TABLE).collect()) == [(1, "b"), (2, "c")], errors
    (lost,) = [error for error in errors if error]
    assert isinstance(lost, ConflictError)
    assert "silver.thing: another run wrote it at the same time" in str(lost)
    statuses = sorted(row.status for row in lake.table(STEP).collect())
    assert statuses == ["failed", "published", *(["published"] if there else [])]
    assert publish(lake, TABLE, new).status == "unchanged"


def test_promise_11_one_of_two_writers_fills_a_table_that_is_there_and_empty(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.create(TABLE)
    lake.create(STEP)
    errors = at_once(monkeypatch, "append", *(lambda: publish(lake, TABLE, rows(lake, k1="a")) for _ in range(2)))
    assert [row[:2] for row in lake.table(TABLE).collect()] == [(1, "a")], errors
    (lost,) = [error for error in errors if error]
    assert isinstance(lost, ConflictError)


@pytest.mark.parametrize("between", ["", "VACUUM {table}"])
def test_promise_11_table_that_another_run_has_filled_meanwhile_is_not_filled_twice(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, between: str
) -> None:
    """The other one begins and ends after this one found the table empty: Delta sees no conflict."""
    lake.create(TABLE)
    fill = Lake.fill

    def fill_late(self: Lake, *arguments: Any) -> str:
        with monkeypatch.context() as patched:
            patched.setattr(Lake, "fill", fill)
            if between:
                lake.spark.sql(between.format(table=lake.name(TABLE.layer, TABLE.name)))
            publish(lake, TABLE, rows(lake, k1="of the other"))
        return fill(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "fill", fill_late)
        with pytest.raises(ConflictError, match="not for sure the result of this run: run the job again"):
            publish(lake, TABLE, rows(lake, k1="mine"))
    assert [row[:2] for row in lake.table(TABLE).collect()] == [(1, "of the other")]


def test_promise_11_row_that_another_run_has_deleted_first_is_not_brought_back(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(lake, TABLE, rows(lake, k1="a", k2="gone"))
    merge = Lake.merge

    def merge_late(self: Lake, table: Table, frame: DataFrame, **how: Any) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(Lake, "merge", merge)
            publish(lake, TABLE, rows(lake, k1="a"))
        merge(self, table, frame, **how)

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "merge", merge_late)
        with pytest.raises(ConflictError):
            publish(lake, TABLE, rows(lake, k1="a"))
    assert [row[:2] for row in lake.table(TABLE).collect()] == [(1, "a")]


def test_promise_11_commit_that_slipped_in_unseen_is_found(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another run commits after the rows were compared, and before this MERGE begins: Delta sees no conflict."""
    publish(lake, TABLE, rows(lake, k1="a"))
    merge = Lake.merge

    def merge_late(self: Lake, table: Table, frame: DataFrame, **how: Any) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(Lake, "merge", merge)
            publish(lake, TABLE, rows(lake, k1="a", k2="of the other"))
        merge(self, table, frame, **how)

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "merge", merge_late)
        with pytest.raises(ConflictError, match="not for sure the result of this run: run the job again"):
            publish(lake, TABLE, rows(lake, k1="mine"))
    assert publish(lake, TABLE, rows(lake, k1="mine")).rows_deleted == 1
    assert [row[:2] for row in lake.table(TABLE).collect()] == [(1, "mine")]
