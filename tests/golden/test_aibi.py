"""The AI/BI dashboard on the dump: what its queries give, asked as the platform asks them."""

import json
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from dvdrental.local.duck import open_gold
from dvdrental.metrics import datasets
from tests import lvdash
from tests.golden.test_metrics import shown
from tests.local_lake import ROOT

DASHBOARD = json.loads((ROOT / "dashboards" / "aibi" / "rentals.lvdash.json").read_text(encoding="utf-8"))
QUERIES = dict(lvdash.queries(DASHBOARD))
GOLDEN = {m.label: m for d in datasets().values() for m in d.metrics.values() if m.golden is not None}
COUNTERS = {
    widget["name"]: GOLDEN[widget["spec"]["frame"]["title"]]
    for widget in lvdash.widgets(DASHBOARD)
    if widget.get("spec", {}).get("widgetType") == "counter" and widget["spec"]["frame"]["title"] in GOLDEN
}
SUMS = {"measure(Rentals)": 16_044, "measure(Revenue)": 61312.04}


@pytest.fixture(scope="module")
def gold(lake: Path) -> DuckDBPyConnection:
    db = open_gold(lake)
    db.execute("SET search_path = 'gold'")
    return db


def answer(gold: DuckDBPyConnection, widget: str) -> list[dict[str, Any]]:
    found = gold.execute(lvdash.sql(DASHBOARD, QUERIES[widget]).replace("`", '"'))
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize("widget", COUNTERS)
def test_counter_shows_the_golden_value(gold: DuckDBPyConnection, widget: str) -> None:
    ((value,),) = (row.values() for row in answer(gold, widget))
    metric = COUNTERS[widget]
    assert shown(value, metric) == shown(metric.golden, metric)


def test_enough_is_compared() -> None:
    assert len(COUNTERS) > 15


@pytest.mark.parametrize("widget", [name for name in QUERIES if name.startswith(("bar", "line", "heatmap", "pivot"))])
def test_parts_of_a_chart_add_up(gold: DuckDBPyConnection, widget: str) -> None:
    rows = answer(gold, widget)
    (measure,) = (name for name in rows[0] if name.startswith("measure("))
    total = sum(row[measure] for row in rows)
    left_out = 183 if "days-out" in widget else 0  # open rentals
    if measure in SUMS:
        assert float(total) == pytest.approx(SUMS[measure] - left_out)
    else:
        assert measure in ("measure(Rentals per copy)", "measure(Customers)")


def test_store_rules_are_told_apart(gold: DuckDBPyConnection) -> None:
    by_staff = {row["store_city"]: row["measure(Rentals)"] for row in answer(gold, "bar-rentals-by-store-staff-rule")}
    by_copy = {tuple(row.values()) for row in answer(gold, "bar-rentals-by-store-copy-rule")}
    assert by_staff == {"Lethbridge": 8_040, "Woodridge": 8_004}
    assert by_copy == {("Lethbridge", 7_923), ("Woodridge", 8_121)}


def test_films_come_in_the_order_of_their_rentals(gold: DuckDBPyConnection, source: DuckDBPyConnection) -> None:
    found = [(row["title"], row["total_rentals"]) for row in answer(gold, "table-films-by-rentals")]
    expected = source.execute("""
        SELECT title, count(*) FROM expected.rental JOIN source.film USING (film_id)
        GROUP BY title ORDER BY count(*) DESC, sum(amount) DESC, title""").fetchall()
    assert found == expected
