"""Upkeep changes no row and keeps what a restore needs; a restore brings back what a run left."""

import os
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import DataFrame

from dvdrental import maintain
from dvdrental.errors import SettingsError
from dvdrental.lake import RETENTION, Lake
from dvdrental.publish import publish
from dvdrental.silver import dim_actor, dim_staff
from tests.filled import drop
from tests.rows import rows

NOW = "2026-01-05 09:00:00"


def actors(lake: Lake, *names: str) -> DataFrame:
    given = [dict(actor_key=number, actor_id=number, full_name=name) for number, name in enumerate(names)]
    return rows(lake.spark, dim_actor.TABLE, *given).drop("_loaded_at")


def fill(lake: Lake) -> None:
    """The dimension after runs 1, 2 and 3."""
    for number, names in enumerate((["ANN HALL"], ["ANN HALL", "BO LEE"], ["CY DAY"]), 1):
        publish(in_run(lake, str(number)), dim_actor.TABLE, actors(lake, *names))


def in_run(lake: Lake, run_id: str) -> Lake:
    return Lake(lake.spark, replace(lake.settings, run_id=run_id))


def names_in(lake: Lake) -> list[str]:
    return sorted(row.full_name for row in lake.table(dim_actor.TABLE).collect())


def test_upkeep_changes_no_row_and_every_run_can_still_be_restored(filled: Lake) -> None:
    state = filled.now(dim_actor.TABLE)[0]
    assert maintain.maintain(filled) == 2  # the actors and the ledger
    assert (names_in(filled), filled.now(dim_actor.TABLE)[0]) == (["CY DAY"], state)
    maintain.restore(filled, "silver.dim_actor", "2")
    assert names_in(filled) == ["ANN HALL", "BO LEE"]
    maintain.restore(filled, "silver.dim_actor", "3")
    assert names_in(filled) == ["CY DAY"]


def test_promise_27_run_after_a_restore_computes_every_row_again(filled: Lake) -> None:
    maintain.restore(filled, "silver.dim_actor", "1")
    step = publish(in_run(filled, "4"), dim_actor.TABLE, actors(filled, "CY DAY"))
    assert (step.rows_updated, names_in(filled)) == (1, ["CY DAY"])


@pytest.mark.parametrize("run_id", ["4", "' OR '1' = '1"])
def test_run_that_left_nothing_cannot_be_restored(filled: Lake, run_id: str) -> None:
    with pytest.raises(SettingsError, match=r"\Asilver\.dim_actor has no version that run .* \(view ops\.run\)"):
        maintain.restore(filled, "silver.dim_actor", run_id)
    assert names_in(filled) == ["CY DAY"]


@pytest.mark.parametrize("table", ["bronze.rental", "gold.nothing", "gold.rental_obt; DROP TABLE x"])
def test_table_that_cannot_be_restored_is_named(lake: Lake, table: str) -> None:
    with pytest.raises(SettingsError, match="is no table of silver or gold"):
        maintain.restore(lake, table, "1")


def test_table_that_is_not_there_is_told(lake: Lake) -> None:
    with pytest.raises(SettingsError, match=r"silver\.dim_actor is not there"):
        maintain.restore(lake, "silver.dim_actor", "1")


def test_version_of_a_table_that_was_dropped_meanwhile_is_not_taken_for_its_own(filled: Lake) -> None:
    drop(filled, "silver", "dim_actor")
    for names in (["DI FOX"], ["DI FOX", "ED RAY"]):
        publish(in_run(filled, "later"), dim_actor.TABLE, actors(filled, *names))
    with pytest.raises(SettingsError, match="has no version that run '1' left"):
        maintain.restore(filled, "silver.dim_actor", "1")


def test_name_that_was_overwritten_leaves_with_its_file_though_rows_are_only_marked(lake: Lake) -> None:
    """As on the platform, where deletion vectors are on. Delta marks no row in a session that has observed a query."""
    lake = Lake(lake.spark.newSession(), lake.settings)
    lake.spark.conf.set("spark.databricks.delta.optimize.minFileSize", 1)  # OPTIMIZE takes it for a file of a gigabyte
    lake.create(dim_staff.TABLE)
    name = lake.name("silver", "dim_staff")
    lake.spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES (delta.enableDeletionVectors = true)")
    people = (dict(staff_key=n, staff_id=n, last_name="QUIDDITY" if n == 7 else "X", _loaded_at=NOW) for n in range(40))
    lake.append(dim_staff.TABLE, rows(lake.spark, dim_staff.TABLE, *people).coalesce(1))
    lake.update(dim_staff.TABLE, {"last_name": "'forgotten'"}, "staff_id = 7")
    assert live(lake, name)["QUIDDITY"] == 1
    maintain.maintain(lake)
    assert live(lake, name) == {"X": 39, "forgotten": 1}


def live(lake: Lake, name: str) -> Counter[str]:
    """Last names in the files that the newest version is made of, marked rows included."""
    files = lake.spark.table(name).inputFiles()
    return Counter(row.last_name for row in lake.spark.read.parquet(*files).collect())


def test_stages_of_refused_publications_go_after_the_retention(tmp_path: Path) -> None:
    old, young = (tmp_path / "run-1" / name for name in ("silver.a-1", "silver.b-2"))
    only_old = tmp_path / "run-0" / "silver.c-3"
    for stage in (old, young, only_old):
        stage.mkdir(parents=True)
        (stage / "part-0.parquet").touch()
    now = time.time()
    for stage in (old, only_old):
        os.utime(stage / "part-0.parquet", (now - RETENTION.total_seconds() - 60,) * 2)
    maintain.drop_old_stages(tmp_path, now - RETENTION.total_seconds())
    assert sorted(path.name for path in tmp_path.rglob("silver.*")) == ["silver.b-2"]
    assert [path.name for path in tmp_path.iterdir()] == ["run-1"]
