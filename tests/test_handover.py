"""What tasks of a run tell each other about tables: by task values, where there are some."""

from typing import Any

import pytest

from dvdrental.bronze.streams import STREAMS
from dvdrental.handover import Handover
from dvdrental.local.notebook import DbUtils, TaskValues
from dvdrental.ops import Step, utc_now
from dvdrental.silver import dim_category, dim_film

FILM = STREAMS["film"].table


def task(key: str, told: dict[tuple[str, str], Any], repair: str = "0") -> Handover:
    return Handover(DbUtils({}, TaskValues(key, told)), repair)


def step(name: str, state: str | None) -> Step:
    return Step(run_id="test", table_name=name, started_at=utc_now(), state=state, version=7)


def test_later_tasks_receive_states_by_table() -> None:
    told: dict[tuple[str, str], Any] = {}
    task("bronze_ingest", told).hand_on([step("bronze.film", "3@then"), step("bronze.actor", None)])
    task("silver_dim_film", told).hand_on([step("silver.dim_film", "4@then")])
    later = task("gold_rental_obt", told)
    assert later.received(FILM) == ("3@then", 7)
    assert later.received(dim_film.TABLE) == ("4@then", 7)
    assert later.received(STREAMS["actor"].table) is None
    assert later.received(dim_category.TABLE) is None


def test_repair_of_a_run_receives_only_what_its_own_tasks_have_told() -> None:
    """Other runs, a replay or a mended table may lie between."""
    told: dict[tuple[str, str], Any] = {}
    task("bronze_ingest", told).hand_on([step("bronze.film", "3@then")])
    task("silver_dim_film", told, "1").hand_on([step("silver.dim_film", "4@then")])
    repaired = task("gold_rental_obt", told, "1")
    assert repaired.received(FILM) is None
    assert repaired.received(dim_film.TABLE) == ("4@then", 7)


def test_task_that_the_run_lacks_is_no_error() -> None:
    """`bundle run --only`: on the platform `get` then raises, whatever the default."""

    class Strict(TaskValues):
        def get(self, *_: Any, **__: Any) -> Any:
            raise ValueError("task not found")

    assert Handover(DbUtils({}, Strict("silver_dim_film", {}))).received(FILM) is None


@pytest.mark.parametrize("dbutils", [None, object()])
def test_nothing_is_told_without_task_values(dbutils: Any) -> None:
    alone = Handover(dbutils)
    alone.hand_on([step("bronze.film", "3@then")])
    assert alone.received(FILM) is None
