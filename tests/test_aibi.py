"""The AI/BI dashboard: as metrics.yml gives it, sound, and each of its queries answered by Spark as by DuckDB."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
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


def test_file_is_what_metrics_give() -> None:
    assert FILE.read_text(encoding="utf-8") == aibi.text(), "make generated"


def test_file_is_sound(dashboard: lvdash.Json) -> None:
    assert lvdash.faults(dashboard) == []


def test_pages_are_those_of_the_other_dashboard(dashboard: lvdash.Json) -> None:
    pages = [page["displayName"] for page in dashboard["pages"]]
    assert pages == ["Overview", "Films", "Customers and operations", "Data quality", "Filters"]
    filters = {widget["spec"]["frame"]["title"] for widget in lvdash.widgets(dashboard)[-4:]}
    assert filters == {"Date of the rental", "Store (staff rule)", "Category", "Rating"}


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


def plain(rows: list[Any]) -> list[str]:
    """In any order; numbers of all kinds alike."""
    return sorted(
        repr([v if isinstance(v, str | bool | date | None) else round(float(v), 6) for v in row]) for row in rows
    )
