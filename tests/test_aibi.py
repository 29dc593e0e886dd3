"""The AI/BI dashboard: as metrics.yml gives it, sound, and each of its queries answered by Spark as by DuckDB."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from duckdb import DuckDBPyConnection
from pyspark.sql import SparkSession

from dvdrental.local import aibi
from dvdrental.local.duck import open_gold
from dvdrental.metrics import datasets
from dvdrental.tables import TABLES
from tests import lvdash
from tests.local_lake import ROOT, LocalLake

FILE = ROOT / "dashboards" / "aibi" / "rentals.lvdash.json"


@pytest.fixture(scope="module")
def dashboard() -> lvdash.Json:
    content: lvdash.Json = json.loads(FILE.read_text(encoding="utf-8"))
    return content


@pytest.fixture
def in_gold(spark: SparkSession, one_run: LocalLake) -> Iterator[Path]:
    """What `dataset_schema` does on the platform; gives the folder of the lake."""
    one_run.lake.spark.catalog.setCurrentDatabase("gold")
    yield one_run.folder
    spark.catalog.setCurrentDatabase("default")


@pytest.fixture
def by_hand() -> Iterator[DuckDBPyConnection]:
    """Takes the rows of a test as tables by their plain names."""
    with duckdb.connect() as db:
        yield db


def test_file_is_what_metrics_give() -> None:
    assert FILE.read_text(encoding="utf-8") == aibi.text(), "make generated"


def test_file_is_sound(dashboard: lvdash.Json) -> None:
    assert lvdash.faults(dashboard) == []


def test_pages_are_those_of_the_other_dashboard(dashboard: lvdash.Json) -> None:
    pages = [page["displayName"] for page in dashboard["pages"]]
    assert pages == ["Overview", "Films", "Customers and operations", "Data quality", "Filters"]
    filters = {widget["spec"]["frame"]["title"] for widget in lvdash.widgets(dashboard)[-4:]}
    assert filters == {"Date of the rental", "Store (staff rule)", "Category", "Rating"}


def test_filters_reach_every_dataset_that_can_be_filtered(by_hand: DuckDBPyConnection, dashboard: lvdash.Json) -> None:
    for name in datasets():
        table = TABLES.get(name)
        types = {one.name: one.type.removesuffix("_NTZ") for one in table.fields} if table else {"is_last": "BOOLEAN"}
        names = table.column_names if table else lvdash.columns(name)
        columns = ", ".join(f"{column} {types.get(column, 'STRING')}" for column in names)
        by_hand.execute(f"CREATE TABLE {name.removeprefix('gold.')} ({columns})")
    have = {
        dataset["name"]: {column[0] for column in by_hand.execute("".join(dataset["queryLines"])).description}
        for dataset in dashboard["datasets"]
    }
    for widget in lvdash.widgets(dashboard)[-4:]:
        asked = [one["query"] for one in widget["queries"]]
        (column,) = {field["name"] for query in asked for field in query["fields"]}
        reached = {query["datasetName"] for query in asked}
        if column == "rental_date":  # a period is one of rentals; what is overdue is so today
            assert reached == {"rentals"}
        else:
            assert reached == {name for name, columns in have.items() if column in columns}, column


def test_text_says_which_filters_a_tile_ignores(dashboard: lvdash.Json) -> None:
    reaching: dict[str, set[str]] = {}
    for widget in lvdash.widgets(dashboard)[-4:]:
        for named in widget["queries"]:
            reaching.setdefault(named["query"]["datasetName"], set()).add(title_of(widget))
    assert reaching["copies"] == reaching["idle_copies"] == {"Category"}
    assert reaching["overdue"] == reaching["overdue_list"] == {"Store (staff rule)"}
    assert "customers" not in reaching
    (text,) = (one["multilineTextboxSpec"] for one in lvdash.widgets(dashboard) if "multilineTextboxSpec" in one)
    (told,) = text["lines"]
    assert "copies follow that of category only, overdue rentals that of store only, and customers none" in told


def test_no_measure_has_the_name_of_a_column() -> None:
    """The platform would not know which one is meant."""
    for table, dataset in datasets().items():
        columns = TABLES[table].column_names if table in TABLES else lvdash.columns(table)
        labels = {metric.label.lower() for metric in dataset.metrics.values()}
        assert not labels & {column.lower() for column in columns}


def test_every_number_is_shown_by_its_format(dashboard: lvdash.Json) -> None:
    shown = {
        widget["spec"]["frame"]["title"]: widget["spec"]["encodings"]["value"].get("format", {}).get("type")
        for widget in lvdash.widgets(dashboard)
        if widget.get("spec", {}).get("widgetType") == "counter"
    }
    assert shown["Revenue"] == "number-currency"
    assert shown["Late returns"] == "number-percent"
    assert shown["Rentals"] == shown["Quality checks"] == "number-plain"
    assert shown["Newest rental"] is None


def test_spark_answers_each_query_as_duckdb_does(spark: SparkSession, in_gold: Path, dashboard: lvdash.Json) -> None:
    db = open_gold(in_gold)
    db.execute("SET search_path = 'gold'")
    asked = {lvdash.sql(dashboard, query): name for name, query in lvdash.queries(dashboard)}
    assert len(asked) > 45
    for query, widget in asked.items():
        expected = plain(db.execute(query.replace("`", '"')).fetchall())
        assert plain(spark.sql(query).collect()) == expected, widget
        assert expected or "did-not-pass" in widget
        assert expected != ["[None]"], f"{widget} stays blank"


def plain(rows: list[Any]) -> list[str]:
    """In any order; numbers of all kinds alike."""
    return sorted(
        repr([v if isinstance(v, str | bool | date | None) else round(float(v), 6) for v in row]) for row in rows
    )


def shown(db: DuckDBPyConnection, dashboard: lvdash.Json, title: str, where: str = "TRUE") -> list[tuple[Any, ...]]:
    """What a widget shows; `where` is what a filter adds to its dataset."""
    (widget,) = (one for one in lvdash.widgets(dashboard) if title_of(one) == title)
    (named,) = widget["queries"]
    chosen = [*named["query"].get("filters", []), {"expression": where}]
    return db.execute(lvdash.sql(dashboard, named["query"] | {"filters": chosen}).replace("`", '"')).fetchall()


def title_of(widget: lvdash.Json) -> str:
    title: str = widget.get("spec", {}).get("frame", {}).get("title", "")
    return title


def test_rental_whose_due_date_nobody_knows_is_neither_late_nor_on_time(
    by_hand: DuckDBPyConnection, dashboard: lvdash.Json
) -> None:
    by_hand.execute("""CREATE TABLE rental_obt AS FROM (VALUES
        (1, FALSE, FALSE), (2, FALSE, TRUE), (3, FALSE, TRUE), (4, TRUE, NULL), (5, FALSE, NULL)
    ) AS rows (rental_key, is_open, is_late)""")
    assert sorted(shown(by_hand, dashboard, "On time, late, still out")) == [
        ("1 on time", 1),
        ("2 late", 2),
        ("3 still out", 1),
        ("4 due date unknown", 1),
    ]
    assert shown(by_hand, dashboard, "Late returns") == [(pytest.approx(2 / 3),)]


def test_category_whose_copies_idle_less_than_a_hundred_others_has_its_list(
    by_hand: DuckDBPyConnection, dashboard: lvdash.Json
) -> None:
    by_hand.execute("""CREATE TABLE inventory_status AS
        SELECT 'Old' AS title, 'Action' AS category, 'Woodridge' AS inventory_store_city, 1 AS rental_count,
            90 AS days_since_last_rental, 9.99 AS replacement_cost, TRUE AS is_available
        FROM range(100)
        UNION ALL SELECT 'New', 'Comedy', 'Woodridge', 1, 5, 9.99, TRUE""")
    listed = shown(by_hand, dashboard, "Copies that stand idle, the longest first", "category = 'Comedy'")
    assert [row[0] for row in listed] == ["New"]


def test_counters_of_quality_agree_with_the_tables_below_when_the_last_load_found_nothing_new(
    by_hand: DuckDBPyConnection, dashboard: lvdash.Json
) -> None:
    by_hand.execute("""CREATE TABLE loads AS FROM (VALUES
        ('bronze.rental', 'published', FALSE, TIMESTAMP '2026-01-05 09:00', TIMESTAMP '2026-01-05 06:00', 10, 1, 0, 0),
        ('gold.big', 'published', FALSE, TIMESTAMP '2026-01-05 09:01', NULL, NULL, NULL, 2, 1),
        ('bronze.rental', 'unchanged', TRUE, TIMESTAMP '2026-01-12 09:00', NULL, NULL, NULL, 0, 0),
        ('gold.big', 'unchanged', TRUE, TIMESTAMP '2026-01-12 09:01', NULL, NULL, NULL, 0, 0)
    ) AS rows (table_name, status, is_last, started_at, landed_at, rows_landed, rows_quarantined, number_of_checks,
        failed_checks)""")
    by_hand.execute("""CREATE TABLE data_quality AS FROM (VALUES
        ('gold.big', TRUE, 'unique', 'critical', 'pass', 0, TIMESTAMP '2026-01-05 09:01'),
        ('gold.big', TRUE, 'named', 'warning', 'fail', 2, TIMESTAMP '2026-01-05 09:01'),
        ('gold.big', FALSE, 'named', 'warning', 'fail', 3, TIMESTAMP '2025-12-29 09:01')
    ) AS rows (table_name, is_last, rule, severity, status, broken_rows, started_at)""")
    titles = ("Landed (UTC)", "Last load (UTC)", "Rows landed", "Failed loads", "Quality checks", "Failed checks")
    counters = {title: shown(by_hand, dashboard, title)[0][0] for title in titles}
    assert counters == {
        "Landed (UTC)": datetime(2026, 1, 5, 6),
        "Last load (UTC)": datetime(2026, 1, 12, 9, 1),
        "Rows landed": 0,
        "Failed loads": 0,
        "Quality checks": 2,
        "Failed checks": 1,
    }
    assert shown(by_hand, dashboard, "Checks that did not pass when each table was last checked") == [
        ("gold.big", "named", "warning", "fail", 2, datetime(2026, 1, 5, 9, 1))
    ]
