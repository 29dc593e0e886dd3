"""However a history is delivered, bronze ends up the same: as the plain fold of its events says."""

from collections.abc import Callable
from datetime import UTC, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dvdrental.bronze.changes import as_events, log_changes
from dvdrental.bronze.ingest import ingest
from dvdrental.bronze.streams import STREAMS
from dvdrental.errors import StepError
from dvdrental.lake import Lake
from dvdrental.ops import QUARANTINE, STEP, Step
from dvdrental.table import Table
from tests.bronze.events import FIRST_DAY, Batch, Event, assert_folds, deliveries, histories
from tests.landing import MORNING, append, category, land, land_raw, renamed, syncing
from tests.rows import rows
from tests.sizes import size

ACTOR = STREAMS["actor"]
KEYS = size(100, 300)


class CrashError(Exception):
    """Stands for a process that dies."""


def take_in(lake: Lake, batch: Batch, number: int) -> Step:
    append(lake, [event.change() for event in batch.events], batch.extracted_at.replace(tzinfo=UTC), sync=number)
    return ingest(lake, ["actor"])[0]


@pytest.mark.parametrize(("seed", "batches"), size([(2, 3)], [(1, 1), (2, 3), (3, 8)]))
def test_promise_01_any_delivery_gives_the_fold_of_the_events(lake: Lake, seed: int, batches: int) -> None:
    lake, chance = syncing(lake, "cdc"), Random(seed)
    events = histories(chance, KEYS)
    steps = [take_in(lake, batch, number) for number, batch in enumerate(deliveries(chance, events, batches))]
    assert sum(step.rows_inserted or 0 for step in steps) == len(events)
    assert sum(step.rows_quarantined or 0 for step in steps) == 0
    assert_folds(lake.changes("actor"), events)


def test_everything_again_grows_nothing(lake: Lake) -> None:
    lake = syncing(lake, "cdc")
    events = histories(Random(4), KEYS)
    take_in(lake, Batch(FIRST_DAY, events), 1)
    again = take_in(lake, Batch(FIRST_DAY + timedelta(days=1), events), 2)
    assert (again.rows_landed, again.rows_duplicate, again.rows_inserted) == (len(events), len(events), 0)
    lake.spark.sql(f"DROP TABLE {lake.name('ops', STEP.name)}")
    forgotten = ingest(lake, ["actor"])[0]
    assert (forgotten.rows_landed, forgotten.rows_inserted) == (2 * len(events), 0)
    assert_folds(lake.changes("actor"), events)


@settings(max_examples=size(2, 20), derandomize=size(True, False), deadline=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32), batches=st.integers(1, 5))
def test_any_order_of_landed_rows_gives_the_fold_of_the_events(spark: SparkSession, seed: int, batches: int) -> None:
    chance = Random(seed)
    events = histories(chance, KEYS, before_cdc=True)
    known = rows(spark, ACTOR.table)
    for number, batch in enumerate(deliveries(chance, events, batches)):
        changes = log_changes(known, landed(spark, batch, number), ACTOR)
        stored = as_events(changes, ACTOR, gone_at=FIRST_DAY, gone_lsn=None, batch=number, ingested_at=FIRST_DAY)
        known = settled(known.unionByName(stored))
    assert_folds(known, events)


def landed(spark: SparkSession, batch: Batch, number: int) -> DataFrame:
    """What parse makes of a batch."""
    typed = [typed_row(event, batch, f"{number}-{place}") for place, event in enumerate(batch.events)]
    flags = {"_parsed": F.lit(True), "_rejected": F.lit(None).cast("string"), "_excerpt": F.lit(None).cast("string")}
    return rows(spark, ACTOR.table, *typed).drop("_batch", "_ingested_at").withColumns(flags)


def typed_row(event: Event, batch: Batch, raw_id: str) -> dict[str, Any]:
    values = {"actor_id": event.key, "first_name": event.first_name, "last_name": event.last_name}
    times = {"last_update": event.last_update, "_at": event.happened, "_extracted_at": batch.extracted_at}
    return {**values, **times, "_lsn": event.lsn, "_is_delete": event.deleted, "_raw_id": raw_id}


def settled(frame: DataFrame) -> DataFrame:
    """The same rows without the plan that made them."""
    return frame.sparkSession.createDataFrame(frame.toArrow(), frame.schema)


@pytest.mark.parametrize("mode", ["overwrite", "append", "cdc"])
def test_crash_before_the_ledger_is_mended_by_a_rerun(lake: Lake, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    lake = syncing(lake, mode)
    land(lake, category(dict.fromkeys(range(1, 11), "A")), lsn=100 if mode == "cdc" else None)
    crash_in(monkeypatch, lake, "append_rows", crashing)
    assert (lake.changes("category").count(), lake.exists(STEP)) == (10, False)
    rerun = ingest(lake, ["category"])[0]
    assert (rerun.rows_landed, rerun.rows_duplicate, rerun.rows_inserted) == (10, 10, 0)
    assert lake.changes("category").count() == 10


def test_crash_after_the_ledger_knew_an_earlier_run_is_mended_by_a_rerun(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = syncing(lake, "cdc")
    append(lake, [renamed(1, "A", 10)])
    ingest(lake, ["category"])
    append(lake, [renamed(1, "B", 20), renamed(2, "C", 21)], MORNING + timedelta(days=1), sync=2)
    crash_in(monkeypatch, lake, "append_rows", crashing)
    rerun = ingest(lake, ["category"])[0]
    assert (rerun.rows_landed, rerun.rows_duplicate, rerun.rows_inserted) == (2, 2, 0)
    assert lake.changes("category").count() == 3


def test_crash_between_quarantine_and_bronze_sets_no_row_aside_twice(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    land_raw(lake, "category", ['{"category_id":1,"name":"A"}', '{"category_id":'])
    append_to = Lake.append

    def append_but_to_bronze(self: Lake, table: Table, frame: DataFrame, **options: str) -> None:
        return crashing() if table.layer == "bronze" else append_to(self, table, frame, **options)

    crash_in(monkeypatch, lake, "append", append_but_to_bronze)
    rerun = ingest(lake, ["category"])[0]
    assert (rerun.rows_inserted, rerun.rows_quarantined) == (1, 1)
    assert (lake.changes("category").count(), lake.table(QUARANTINE).count()) == (1, 1)


def crash_in(monkeypatch: pytest.MonkeyPatch, lake: Lake, method: str, instead: Callable[..., None]) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Lake, method, instead)
        with pytest.raises((CrashError, StepError)):
            ingest(lake, ["category"])


def crashing(*_: Any) -> None:
    raise CrashError
