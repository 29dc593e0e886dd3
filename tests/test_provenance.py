from dataclasses import replace

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from dvdrental import provenance
from dvdrental.lake import Lake
from dvdrental.ops import STEP, Step
from dvdrental.publish import publish
from dvdrental.table import Table

COLUMNS = """
    id INT NOT NULL COMMENT 'Key',
    name STRING COMMENT 'Name',
    _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'Loaded'
"""
INPUT = Table(layer="silver", name="input", grain="one row per thing", key=("id",), columns=COLUMNS)
OUTPUT = Table(layer="gold", name="output", grain="one row per thing", key=("id",), columns=COLUMNS)


def fill_input(lake: Lake, *names: str) -> None:
    publish(lake, INPUT, lake.spark.createDataFrame(list(enumerate(names)), "id INT, name STRING"))


def run(lake: Lake, **settings: str) -> Step:
    """One task of a job: a lake of its own, names in capitals."""
    task = Lake(lake.spark, replace(lake.settings, **({"rebuild": "no"} | settings)))
    return publish(task, OUTPUT, task.read(INPUT).withColumn("name", F.upper("name")))


def is_computed(lake: Lake, **settings: str) -> bool:
    """Whether the next run would look at rows at all: these cannot be computed."""
    task = Lake(lake.spark, replace(lake.settings, **({"rebuild": "no"} | settings)))
    broken = task.read(INPUT).withColumn("name", F.raise_error(F.lit("computed")).cast("string"))
    try:
        return publish(task, OUTPUT, broken).status != "unchanged"
    except PySparkException as error:
        return "computed" in str(error)


@pytest.fixture
def built(lake: Lake) -> Lake:
    lake.create(STEP)
    fill_input(lake, "a", "b")
    assert run(lake).status == "published"
    return lake


def test_same_inputs_are_not_computed_again(built: Lake) -> None:
    assert not is_computed(built)
    step = run(built)
    assert (step.status, step.rows_inserted, step.rows_after) == ("unchanged", 0, 2)
    assert not is_computed(built)


def test_changed_input_is_computed(built: Lake) -> None:
    fill_input(built, "a", "c")
    assert run(built).rows_updated == 1
    assert not is_computed(built)


def test_input_that_was_dropped_and_made_again_is_computed(built: Lake) -> None:
    built.spark.sql(f"DROP TABLE {built.name('silver', 'input')}")
    fill_input(built, "a", "b")
    assert is_computed(built)


def test_table_that_was_changed_by_hand_is_repaired(built: Lake) -> None:
    built.spark.sql(f"DELETE FROM {built.name('gold', 'output')} WHERE id = 1")
    assert run(built).rows_inserted == 1
    assert not is_computed(built)


def test_table_that_was_dropped_is_made_again(built: Lake) -> None:
    built.spark.sql(f"DROP TABLE {built.name('gold', 'output')}")
    assert run(built).rows_inserted == 2


def test_other_code_computes_again(built: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "_code", lambda: "other")
    assert is_computed(built)


def test_other_sync_mode_computes_again(built: Lake) -> None:
    assert is_computed(built, sync_mode="cdc")


def test_rebuild_computes_again(built: Lake) -> None:
    assert is_computed(built, rebuild="yes")


def test_failed_step_does_not_count(built: Lake) -> None:
    fill_input(built, "a", "c")
    assert is_computed(built)  # fails, and leaves a ledger row
    assert is_computed(built)


def test_commit_whose_ledger_row_was_lost_is_looked_at_again(built: Lake) -> None:
    fill_input(built, "a", "c")
    run(built)
    built.spark.sql(f"DELETE FROM {built.name('ops', 'step')} WHERE rows_updated = 1")
    assert run(built).status == "unchanged"
    assert not is_computed(built)


def test_rows_from_elsewhere_are_always_computed(built: Lake) -> None:
    task = Lake(built.spark, replace(built.settings, rebuild="no"))
    assert publish(task, OUTPUT, task.spark.createDataFrame([(7, "x")], "id INT, name STRING")).rows_inserted == 1
    task = Lake(built.spark, replace(built.settings, rebuild="no"))
    assert publish(task, OUTPUT, task.spark.createDataFrame([(8, "x")], "id INT, name STRING")).rows_inserted == 1


def test_input_stays_as_it_was_when_it_was_read(built: Lake) -> None:
    frame = built.read(INPUT)
    fill_input(built, "c")
    assert {row.name for row in frame.collect()} == {"a", "b"}
    assert {row.name for row in built.table(INPUT).collect()} == {"c"}
