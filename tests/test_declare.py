"""What Unity Catalog is told, read as text: open-source Spark has neither tags nor keys."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from dvdrental import declare, metric_view
from dvdrental.lake import Lake
from dvdrental.settings import Settings
from dvdrental.table import Table
from dvdrental.tables import TABLES

Lakes = Callable[..., Lake]
NAME = r"`main`\.`(\w+)`\.`(\w+)`"


@pytest.fixture
def lake_without(monkeypatch: pytest.MonkeyPatch) -> Lakes:
    def made(*absent: str) -> Lake:
        monkeypatch.setattr(Lake, "exists", lambda _, table: table.full_name not in absent)
        settings: dict[str, Any] = dict(
            catalog="main", landing="landing", staging="/tmp/s", reports="/tmp/r", run_id="test"
        )
        return Lake(None, Settings(**settings))

    return made


def told(lake: Lake, pattern: str) -> list[tuple[str, ...]]:
    return [found.groups() for statement in declare.statements(lake) if (found := re.fullmatch(pattern, statement))]


def test_every_personal_column_is_tagged_and_no_other(lake_without: Lakes) -> None:
    tagged = told(lake_without(), rf"ALTER TABLE {NAME} ALTER COLUMN `(\w+)` SET TAGS \('personal' = 'true'\)")
    personal = {(t.layer, t.name, c.name) for t in TABLES.values() for c in t.fields if "(personal)" in c.comment}
    assert set(tagged) == personal
    assert ("silver", "dim_customer", "email") in personal
    assert len(tagged) == len(personal)


def test_every_table_but_change_logs_has_its_key(lake_without: Lakes) -> None:
    keys = told(lake_without(), rf"ALTER TABLE {NAME} ADD CONSTRAINT `\w+` PRIMARY KEY \((.+)\) RELY")
    assert ("gold", "rental_obt", "`rental_key`") in keys
    assert ("silver", "bridge_film_actor", "`film_id`, `actor_id`") in keys
    assert sorted(f"{layer}.{name}" for layer, name, _ in keys) == sorted(
        name for name in TABLES if not name.startswith("bronze.")
    )
    assert told(lake_without(), rf"ALTER TABLE {NAME} DROP PRIMARY KEY IF EXISTS CASCADE") == [
        (layer, name) for layer, name, _ in keys
    ]


def test_the_platform_chooses_how_every_table_is_clustered(lake_without: Lakes) -> None:
    lake = lake_without()
    lake.spark = Workspace("no statement holds this", "")
    assert declare.declare(lake) == []
    said = (re.fullmatch(rf"ALTER TABLE {NAME} CLUSTER BY AUTO", statement) for statement in lake.spark.heard)
    assert [found.groups() for found in said if found] == [(t.layer, t.name) for t in TABLES.values()]


class Workspace:
    """Refuses statements that hold a text, with a message."""

    def __init__(self, refused: str, message: str) -> None:
        self.refused, self.message, self.heard = refused, message, list[str]()

    def sql(self, statement: str) -> None:
        if self.refused in statement:
            raise RuntimeError(self.message)
        self.heard.append(statement)


def test_where_clustering_is_not_to_be_had_all_else_is_said(lake_without: Lakes) -> None:
    lake = lake_without()
    lake.spark = Workspace("`bronze`.`rental` CLUSTER BY", "[CLUSTER_BY_AUTO_REQUIRES_PREDICTIVE_OPTIMIZATION] off")
    (unsaid,) = declare.declare(lake)
    assert unsaid.startswith("bronze.rental: CLUSTER BY AUTO needs predictive optimisation")
    keys = [*declare.statements(lake), *metric_view.statements(lake)]
    assert lake.spark.heard[: len(keys)] == keys
    assert len(lake.spark.heard) == len(keys) + len(TABLES) - 1


@pytest.mark.parametrize(("refused", "message"), [("CLUSTER BY", "no right"), ("SET TAGS", "no right")])
def test_any_other_refusal_ends_the_task(lake_without: Lakes, refused: str, message: str) -> None:
    lake = lake_without()
    lake.spark = Workspace(refused, message)
    with pytest.raises(RuntimeError, match=message):
        declare.declare(lake)


def test_references_follow_the_keys_that_they_need(lake_without: Lakes) -> None:
    statements = list(declare.statements(lake_without()))
    reference = rf"ALTER TABLE {NAME} ADD CONSTRAINT `\w+` FOREIGN KEY \(`(\w+)`\) REFERENCES {NAME} \(`(\w+)`\)"
    found = told(lake_without(), reference)
    assert ("silver", "fact_rentals", "customer_key", "silver", "dim_customer", "customer_key") in found
    assert ("gold", "rental_obt", "customer_key", "silver", "dim_customer", "customer_key") in found
    first = next(n for n, statement in enumerate(statements) if "FOREIGN KEY" in statement)
    assert all("FOREIGN KEY" in statement for statement in statements[first:])
    assert len(statements[first:]) == len(found) == sum(len(table.references) for table in TABLES.values())


def test_key_is_required_as_the_platform_demands() -> None:
    def optional(table: Table) -> list[str]:
        return [c.name for c in table.fields if c.name in table.key and not c.required]

    assert {name: optional(table) for name, table in TABLES.items() if optional(table) and "bronze" not in name} == {}


def test_table_that_is_not_there_is_left_out(lake_without: Lakes) -> None:
    statements = "\n".join(declare.statements(lake_without("silver.dim_customer")))
    assert "dim_customer" not in statements
    assert "FOREIGN KEY (`film_key`)" in statements
