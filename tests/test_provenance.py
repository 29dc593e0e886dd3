import time
from dataclasses import replace
from datetime import timedelta

import pytest
from pyspark.sql import functions as F

from dvdrental import provenance
from dvdrental.errors import ContractError, QualityError, SettingsError, StepError
from dvdrental.handover import Handover
from dvdrental.lake import Lake
from dvdrental.ops import STEP, Step
from dvdrental.publish import publish
from dvdrental.quality import rules
from dvdrental.table import Table
from tests.filled import drop
from tests.rows import relation

COLUMNS = """
    id INT NOT NULL COMMENT 'Key',
    name STRING COMMENT 'Name',
    _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'Loaded'
"""
INPUT = Table(layer="silver", name="input", grain="one row per thing", key=("id",), columns=COLUMNS)
OUTPUT = Table(layer="gold", name="output", grain="one row per thing", key=("id",), columns=COLUMNS)


def fill_input(lake: Lake, *names: str) -> None:
    publish(lake, INPUT, relation(lake.spark, list(enumerate(names)), "id INT, name STRING"))


class Handed(Handover):
    """What an earlier task of the run has handed on: the states of tables as they are now."""

    def __init__(self, lake: Lake, *tables: Table) -> None:
        super().__init__()
        self._states = {table.full_name: lake.now(table) for table in tables}

    def received(self, table: Table) -> tuple[str, int] | None:
        return self._states.get(table.full_name)


def run(lake: Lake, handed: Handover | None = None, **settings: str) -> Step:
    """One task of a job: a lake of its own, names in capitals."""
    task = Lake(lake.spark, replace(lake.settings, **({"rebuild": "no"} | settings)), handed)
    return publish(task, OUTPUT, task.read(INPUT).withColumn("name", F.upper("name")))


def is_computed(lake: Lake, **settings: str) -> bool:
    """Whether the next run would look at rows at all: these cannot be computed."""
    task = Lake(lake.spark, replace(lake.settings, **({"rebuild": "no"} | settings)))
    broken = task.read(INPUT).withColumn("name", F.raise_error(F.lit("computed")).cast("string"))
    try:
        return publish(task, OUTPUT, broken).status != "unchanged"
    except StepError as error:
        return "USER_RAISED_EXCEPTION" in str(error)


def fill(lake: Lake) -> None:
    lake.create(STEP)
    fill_input(lake, "a", "b")
    assert run(lake).status == "published"


def test_same_inputs_are_not_computed_again(filled: Lake) -> None:
    assert not is_computed(filled)
    step = run(filled)
    assert (step.status, step.rows_inserted, step.rows_after) == ("unchanged", 0, 2)
    assert not is_computed(filled)


def test_changed_input_is_computed(filled: Lake) -> None:
    fill_input(filled, "a", "c")
    assert run(filled).rows_updated == 1
    assert not is_computed(filled)


def test_maintenance_is_no_change(filled: Lake) -> None:
    fill_input(filled, "a", "c")
    run(filled)
    for layer, table in (("silver", "input"), ("gold", "output")):
        filled.spark.sql(f"OPTIMIZE {filled.name(layer, table)}")
    assert not is_computed(filled)


def test_input_that_was_dropped_and_made_again_is_computed(filled: Lake) -> None:
    drop(filled, "silver", "input")
    fill_input(filled, "a", "b")
    assert is_computed(filled)


def test_table_that_was_changed_by_hand_is_repaired(filled: Lake) -> None:
    filled.spark.sql(f"DELETE FROM {filled.name('gold', 'output')} WHERE id = 1")
    assert run(filled).rows_inserted == 1
    assert not is_computed(filled)


def test_table_that_was_dropped_is_made_again(filled: Lake) -> None:
    drop(filled, "gold", "output")
    assert run(filled).rows_inserted == 2


def test_ledger_is_not_asked_about_a_table_that_is_not_there(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("asked")

    lake.create(STEP)
    fill_input(lake, "a")
    monkeypatch.setattr(Lake, "last_success", refuse)
    assert run(lake).status == "published"


def test_table_that_was_dropped_is_not_rebuilt_with_another_sync_mode(filled: Lake) -> None:
    drop(filled, "gold", "output")
    with pytest.raises(SettingsError, match=r"gold.output was built with sync_mode=overwrite"):
        run(filled, rebuild="yes", sync_mode="cdc")


def test_other_code_computes_again(filled: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "_code", lambda: "other")
    assert is_computed(filled)


NAMES_ARE_SHORT = {
    "type": "expect_column_values_to_be_in_set",
    "kwargs": {"column": "name", "value_set": ["A"]},
}


@pytest.mark.parametrize("rebuild", ["no", "yes"])
def test_new_rule_judges_rows_that_are_there(filled: Lake, monkeypatch: pytest.MonkeyPatch, rebuild: str) -> None:
    """Nothing differs, and one of the two rows breaks it."""
    if rebuild == "no":
        monkeypatch.setattr(provenance, "_code", lambda: "other")
    with monkeypatch.context() as patched:
        patched.setattr(rules, "_rule_file", lambda: {OUTPUT.full_name: [NAMES_ARE_SHORT]})
        with pytest.raises(QualityError, match=r"gold\.output was not published: .*in_set\(name\): fail, 1 rows"):
            run(filled, rebuild=rebuild)
    step = run(filled, rebuild=rebuild)
    assert (step.status, {check.status for check in step.checks}) == ("unchanged", {"pass"})
    assert filled.table(OUTPUT).count() == 2


def test_rows_that_were_judged_before_are_not_judged_again(filled: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that they break, under the same code: it is asked of the new row alone."""
    assert run(filled).checks == []
    fill_input(filled, "a", "b", "c")
    only_c = {"type": NAMES_ARE_SHORT["type"], "kwargs": {"column": "name", "value_set": ["C"]}}
    monkeypatch.setattr(rules, "_rule_file", lambda: {OUTPUT.full_name: [only_c]})
    step = run(filled)
    assert (step.status, step.rows_inserted) == ("published", 1)
    assert "column_values_to_be_in_set(name)" in {check.rule for check in step.checks}


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_zone_of_the_process_makes_no_other_state(filled: Lake, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    before = filled.now(OUTPUT)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    after, again = filled.now(OUTPUT), is_computed(filled)
    monkeypatch.undo()
    time.tzset()
    assert (after, again) == (before, False)


def test_other_sync_mode_computes_again(filled: Lake) -> None:
    assert is_computed(filled, sync_mode="cdc")


def test_rebuild_computes_again(filled: Lake) -> None:
    assert is_computed(filled, rebuild="yes")


def test_rebuild_with_another_sync_mode_is_refused(filled: Lake) -> None:
    with pytest.raises(SettingsError, match=r"gold.output was built with sync_mode=overwrite: give the same"):
        run(filled, rebuild="yes", sync_mode="cdc")


def test_failed_step_does_not_count(filled: Lake) -> None:
    fill_input(filled, "a", "c")
    assert is_computed(filled)  # fails, and leaves a ledger row
    assert is_computed(filled)


def test_commit_whose_ledger_row_was_lost_is_looked_at_again(filled: Lake) -> None:
    fill_input(filled, "a", "c")
    run(filled)
    filled.spark.sql(f"DELETE FROM {filled.name('ops', 'step')} WHERE rows_updated = 1")
    assert run(filled).status == "unchanged"
    assert not is_computed(filled)


def test_tasks_of_a_run_see_an_input_as_its_own_task_left_it(filled: Lake) -> None:
    left = Handed(filled, INPUT)
    filled.spark.sql(f"DELETE FROM {filled.name('silver', 'input')} WHERE id = 1")
    assert run(filled, left).status == "unchanged"
    assert run(filled).rows_deleted == 1


def test_rows_from_elsewhere_are_always_computed(filled: Lake) -> None:
    task = Lake(filled.spark, replace(filled.settings, rebuild="no"))
    assert publish(task, OUTPUT, relation(task.spark, [(7, "x")], "id INT, name STRING")).rows_inserted == 1
    task = Lake(filled.spark, replace(filled.settings, rebuild="no"))
    assert publish(task, OUTPUT, relation(task.spark, [(8, "x")], "id INT, name STRING")).rows_inserted == 1


def feed(lake: Lake, since: str) -> list[tuple[str, str]] | None:
    rows = lake.feed("silver.input", since, lake.now(INPUT)[0])
    return None if rows is None else sorted((row._change_type, row.name) for row in rows.collect())


def test_feed_tells_what_has_changed_since_a_state_and_nothing_else(filled: Lake) -> None:
    name = filled.name("silver", "input")
    since = filled.now(INPUT)[0]
    fill_input(filled, "a", "c", "d")
    filled.spark.sql(f"OPTIMIZE {name}")
    fill_input(filled, "a", "c")
    expected = [("delete", "d"), ("insert", "d"), ("update_postimage", "c"), ("update_preimage", "b")]
    assert feed(filled, since) == expected


def test_no_feed_of_a_table_that_had_none_for_a_while(filled: Lake) -> None:
    name = filled.name("silver", "input")
    since = filled.now(INPUT)[0]
    filled.spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'false')")
    fill_input(filled, "a", "c")
    assert feed(filled, since) is None
    filled.spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')")
    fill_input(filled, "a", "d")
    assert feed(filled, since) is None


def test_no_feed_where_it_may_be_incomplete(filled: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    since = filled.now(INPUT)[0]
    fill_input(filled, "a", "c")
    assert feed(filled, since) is not None
    assert feed(filled, "1@2020-01-01T00:00:00") is None
    monkeypatch.setattr("dvdrental.lake.FEED_LASTS", timedelta(0))
    assert feed(filled, since) is None
    drop(filled, "silver", "input")
    fill_input(filled, "a", "b")
    monkeypatch.undo()
    assert feed(filled, since) is None


def test_input_stays_as_it_was_when_it_was_read(filled: Lake) -> None:
    frame = filled.read(INPUT)
    fill_input(filled, "c")
    assert {row.name for row in frame.collect()} == {"a", "b"}
    assert {row.name for row in filled.table(INPUT).collect()} == {"c"}


def test_table_follows_the_comments_of_its_contract_and_nothing_is_computed_for_it(filled: Lake) -> None:
    said = replace(OUTPUT, columns=OUTPUT.columns.replace("'Name'", "'What it is called'"))
    filled.follow_contract(said)
    comments = {field.name: field.metadata["comment"] for field in filled.table(OUTPUT).schema}
    assert comments == {"id": "Key", "name": "What it is called", "_loaded_at": "Loaded"}
    assert not is_computed(filled)


def test_column_of_another_type_is_refused_with_what_to_do(filled: Lake) -> None:
    other = replace(OUTPUT, columns=OUTPUT.columns.replace("name STRING", "name INT"))
    with pytest.raises(
        ContractError, match=r"gold\.output: column name is string in the table and int in its contract"
    ):
        filled.follow_contract(other)
