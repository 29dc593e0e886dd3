"""metrics.yml: written as it has to be, true to the contracts, and read alike by Spark and DuckDB."""

import re
from collections import Counter
from datetime import date
from typing import Any

import duckdb
import pytest
from pyspark.sql import SparkSession

from dvdrental import ledger_views
from dvdrental.metrics import Dataset, Metric, datasets
from dvdrental.tables import EVERYTHING, TABLES

VIEWS = {view.full_name: view for view in ledger_views.VIEWS}
EACH = pytest.mark.parametrize("dataset", datasets().values(), ids=lambda dataset: dataset.table)

# Per table: columns, a few rows, and what each metric makes of them.
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "gold.rental_obt": (
        "rental_key, customer_id, is_active_customer, amount, number_of_payments, is_late, is_late_calendar, is_open, "
        "replacement_cost, days_out, length, inventory_key, rental_date, _loaded_at",
        """(1, 10, TRUE, 4.99, 1, TRUE, FALSE, FALSE, 20.00, 4, 100, 7, DATE '2005-05-24', DATE '2006-03-01'),
           (2, 10, TRUE, 0.00, 1, FALSE, FALSE, FALSE, 20.00, 2, 100, 7, DATE '2005-05-25', DATE '2006-03-02'),
           (3, 11, FALSE, 0.00, 0, NULL, NULL, TRUE, 9.99, NULL, 50, 8, DATE '2006-02-14', DATE '2006-03-01'),
           (4, NULL, NULL, 1.01, 2, TRUE, TRUE, FALSE, NULL, 9, NULL, -1, DATE '2005-08-01', DATE '2006-03-01')""",
        {
            "total_rentals": 4,
            "renting_customers": 2,
            "active_customers": 1,
            "revenue": 6.00,
            "revenue_per_rental": 1.50,
            "revenue_per_paid_rental": 3.00,
            "paid_rental_rate": 0.75,
            "late_return_rate": 2 / 3,
            "late_return_rate_calendar": 1 / 3,
            "open_rentals": 1,
            "value_at_risk": 9.99,
            "average_days_out": 5.0,
            "average_film_length": 250 / 3,
            "rented_copies": 2,
            "rentals_per_copy": 1.5,
            "data_as_of": date(2006, 2, 14),
            "loaded_at": date(2006, 3, 2),
        },
    ),
    "gold.inventory_status": (
        "is_available, rental_count, status",
        "(TRUE, 0, 'available'), (FALSE, 3, 'lost'), (FALSE, 1, 'overdue'), (TRUE, 2, 'available')",
        {
            "copies": 4,
            "available_copies": 2,
            "dead_copies": 1,
            "lost_copies": 1,
            "rentals_per_owned_copy": 1.5,
        },
    ),
    "gold.overdue_rentals": (
        "replacement_cost",
        "(20.00), (NULL), (9.99)",
        {"overdue_rentals": 3, "overdue_value": 29.99},
    ),
    "gold.customer_value": ("revenue", "(10.00), (0.00), (2.00)", {"customers": 3, "revenue_per_customer": 4.0}),
    "gold.loads": (
        "started_at, landed_at, rows_landed, rows_quarantined, number_of_checks, failed_checks, status",
        """(DATE '2026-01-05', DATE '2026-01-04', 10, 1, 0, 0, 'published'),
           (DATE '2026-01-11', DATE '2026-01-11', 10, 3, 0, 0, 'failed'),
           (DATE '2026-01-12', DATE '2026-01-11', NULL, NULL, 5, 2, 'failed')""",
        {
            "last_load": date(2026, 1, 12),
            "newest_landing": date(2026, 1, 4),
            "rows_landed": 10,
            "rows_quarantined": 1,
            "checks_run": 5,
            "checks_failed": 2,
            "failed_loads": 2,
        },
    ),
    "gold.data_quality": ("rule", "('unique'), ('unique'), ('between')", {"results": 3}),
}


@EACH
def test_every_metric_has_a_case(dataset: Dataset) -> None:
    columns, _, expected = CASES[dataset.table]
    missing = dataset.metrics.keys() - expected.keys()
    assert not missing, f"what are {missing} of the rows in CASES of {__file__}?"
    asked = {word for metric in dataset.metrics.values() for word in columns_of(metric)}
    unknown = asked - set(columns.split(", "))
    assert not unknown, f"the rows of {dataset.table} in CASES of {__file__} need columns {unknown}"


def columns_of(metric: Metric) -> set[str]:
    """SQL's own words are in capitals."""
    return set(re.findall(r"\b[a-z_]\w*", re.sub(r"'[^']*'", "", metric.expression)))


def question(table: str, having: str = "") -> str:
    """All metrics of the table, over the rows above; the text goes to both engines."""
    columns, rows, _ = CASES[table]
    metrics = ", ".join(f"{metric.expression} AS {name}" for name, metric in datasets()[table].metrics.items())
    return f"SELECT {metrics} FROM (VALUES {rows}) AS few({columns}) {having}"


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    """Numbers of all kinds alike."""
    return {name: value if isinstance(value, date) else round(float(value), 9) for name, value in answer.items()}


@EACH
def test_metrics_mean_the_same_to_duckdb(dataset: Dataset) -> None:
    found = duckdb.sql(question(dataset.table))
    assert plain(dict(zip(found.columns, found.fetchone(), strict=True))) == plain(CASES[dataset.table][2])
    duckdb.sql(question(dataset.table, "WHERE FALSE")).fetchall()


@EACH
def test_metrics_mean_the_same_to_spark(spark: SparkSession, dataset: Dataset) -> None:
    (found,) = spark.sql(question(dataset.table)).collect()
    assert plain(found.asDict()) == plain(CASES[dataset.table][2])
    spark.sql(question(dataset.table, "WHERE FALSE")).collect()


@EACH
def test_grain_is_that_of_the_contract(dataset: Dataset) -> None:
    if dataset.table in TABLES:
        assert dataset.grain == TABLES[dataset.table].grain
    else:
        assert VIEWS[dataset.table].comment.lower().startswith(dataset.grain)


@EACH
def test_expressions_use_columns_that_are_there(dataset: Dataset) -> None:
    columns = set(EVERYTHING[dataset.table].column_names)
    for metric in dataset.metrics.values():
        assert columns_of(metric) <= columns, metric.name


def test_names_and_labels_are_there_once() -> None:
    metrics = [metric for dataset in datasets().values() for metric in dataset.metrics.values()]
    for texts in ([metric.name for metric in metrics], [metric.label for metric in metrics]):
        assert [text for text, count in Counter(texts).items() if count > 1] == []
    assert all(metric.description for metric in metrics)


def test_format_that_nobody_can_show_is_refused() -> None:
    with pytest.raises(ValueError, match="metric pay: format euros is none of integer"):
        Metric("gold.t", "pay", "Pay", "SUM(a)", "euros", "What is paid")
