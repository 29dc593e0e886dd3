"""Metric views: written as the platform wants them; and asked, in their first form, on a Spark that has them."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dvdrental import metric_view
from dvdrental.lake import Lake
from dvdrental.local.toolchain import java_home
from dvdrental.metrics import datasets
from dvdrental.settings import Settings
from dvdrental.tables import TABLES
from tests.test_metrics import CASES, plain

PYTHON = os.environ.get("DVDRENTAL_METRIC_VIEW_PYTHON", "")
MADE = re.compile(r"CREATE OR REPLACE VIEW (\S+) WITH METRICS LANGUAGE YAML AS \$\$\n(.*)\$\$", re.DOTALL)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """View -> its definition, as the platform gets it."""
    monkeypatch.setattr(Lake, "exists", lambda _, table: table.name != "customer_value")
    settings: dict[str, Any] = dict(catalog="dvd-dev", landing="l", staging="/tmp/s", reports="/tmp/r", run_id="test")
    lake = Lake(None, Settings(**settings, gold_schema="mine_gold"))
    made = [MADE.fullmatch(statement) for statement in metric_view.statements(lake)]
    return {found[1]: yaml.safe_load(found[2]) for found in made if found}


def test_each_table_that_is_there_has_its_view(told: dict[str, Any]) -> None:
    names = ("rental_obt", "inventory_status", "overdue_rentals")
    assert {view: one["source"] for view, one in told.items()} == {
        f"`dvd-dev`.`mine_gold`.`{name}_metrics`": f"`dvd-dev`.`mine_gold`.`{name}`" for name in names
    }


def test_measures_are_the_metrics_with_what_people_read(told: dict[str, Any]) -> None:
    view = told["`dvd-dev`.`mine_gold`.`rental_obt_metrics`"]
    assert view["version"] == 1.1
    found = {one["name"]: one for one in view["measures"]}
    metrics = datasets()["gold.rental_obt"].metrics
    assert {name: one["expr"] for name, one in found.items()} == {n: m.expression for n, m in metrics.items()}
    assert found["late_return_rate"]["display_name"] == "Late returns"
    assert found["late_return_rate"]["format"]["type"] == "percentage"
    assert found["revenue"]["format"] == {
        "type": "currency",
        "currency_code": "USD",
        "decimal_places": {"type": "exact", "places": 2},
    }


def test_dimensions_are_columns_and_no_measure_has_the_name_of_one() -> None:
    for name, dimensions in metric_view.DIMENSIONS.items():
        columns = {column.name: column for column in TABLES[name].fields}
        assert set(dimensions) <= columns.keys()
        assert not any(columns[dimension].personal for dimension in dimensions)
        assert not set(dimensions) & datasets()[name].metrics.keys()


def test_every_table_of_gold_with_metrics_has_dimensions() -> None:
    assert metric_view.DIMENSIONS.keys() == datasets().keys() & TABLES.keys()


def first_form(statement: str) -> str:
    """The same in version 0.1 of metric views, which knows no comments, labels and formats."""
    text = MADE.fullmatch(statement)[2]
    made = yaml.safe_load(text)
    known = {"version": 0.1, "source": made["source"]}
    for kind in ("dimensions", "measures"):
        known[kind] = [{"name": one["name"], "expr": one["expr"]} for one in made[kind]]
    return statement.replace(text, yaml.safe_dump(known, sort_keys=False, width=1000))


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Per table its measures over all rows; and two of the rentals by a dimension."""
    if not PYTHON:
        pytest.skip("metric views need a Spark of their own: make metric-view-test")
    statements, questions = [], {}
    for name in metric_view.DIMENSIONS:
        table, (columns, rows, _) = TABLES[name], CASES[name]
        view = f"{table.name}_metrics"
        made = metric_view.statement(view, f"`default`.`{table.name}`", table)
        statements += [
            f"CREATE TABLE {table.name} ({table.schema}) USING parquet",
            f"INSERT INTO {table.name} ({columns}) VALUES {rows}",
            first_form(made).replace("OR REPLACE ", ""),  # Spark 4.2 refuses to replace one (SPARK-60177)
        ]
        measures = ", ".join(f"MEASURE({metric}) AS {metric}" for metric in datasets()[name].metrics)
        questions[name] = f"SELECT {measures} FROM {view}"
    questions["by dimension"] = """
        SELECT is_open, MEASURE(total_rentals) AS total_rentals, MEASURE(revenue) AS revenue
        FROM rental_obt_metrics GROUP BY is_open ORDER BY is_open"""
    questions["with a condition"] = """
        SELECT MEASURE(late_return_rate) AS late_return_rate FROM rental_obt_metrics WHERE days_out < 5"""
    command = [PYTHON, str(Path(__file__).with_name("ask.py")), str(tmp_path_factory.mktemp("warehouse"))]
    text = json.dumps([*statements, *questions.values()])
    environment = os.environ | {"JAVA_HOME": str(java_home())}
    where = tmp_path_factory.mktemp("asked")
    done = subprocess.run(command, input=text, capture_output=True, text=True, env=environment, cwd=where, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(questions, json.loads(done.stdout)[len(statements) :], strict=True))


@pytest.mark.parametrize("name", metric_view.DIMENSIONS)
def test_measures_are_what_plain_sql_gives(asked: dict[str, list[dict[str, Any]]], name: str) -> None:
    moments = {n for n, metric in datasets()[name].metrics.items() if metric.format == "moment"}
    (found,) = asked[name]
    expected = CASES[name][2]
    assert {n: found.pop(n)[:10] for n in moments} == {n: str(expected[n]) for n in moments}
    assert plain(found) == plain({n: value for n, value in expected.items() if n not in moments})


def test_measures_are_added_up_per_dimension(asked: dict[str, list[dict[str, Any]]]) -> None:
    assert [(row["is_open"], row["total_rentals"], float(row["revenue"])) for row in asked["by dimension"]] == [
        (False, 3, 6.0),
        (True, 1, 0.0),
    ]
    assert [float(row["late_return_rate"]) for row in asked["with a condition"]] == [0.5]
