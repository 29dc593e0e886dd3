"""Columns that Superset calculates: the same text in the warehouse's SQL and in that of the local copy."""

import duckdb
import pytest
from pyspark.sql import SparkSession

from dvdrental.local.preset import board

ROWS = """(VALUES
    (TRUE, NULL, 'London', 'Canada', DATE '2006-02-01', TIMESTAMP_NTZ '2026-01-05 23:59:59.5'),
    (FALSE, TRUE, 'London', 'United Kingdom', DATE '2005-07-01', TIMESTAMP_NTZ '2026-01-06 00:00:00'),
    (FALSE, FALSE, 'Salé', 'Morocco', DATE '2005-12-01', TIMESTAMP_NTZ '2026-01-06 09:30:00'),
    (FALSE, NULL, 'Salé', 'Morocco', DATE '2006-01-01', TIMESTAMP_NTZ '2026-01-07 09:30:00')
) AS rows (is_open, is_late, customer_city, customer_country, rental_month_start, started_at)"""

EXPECTED = {
    "rental_status": ["out", "returned late", "returned in time", "returned, due date unknown"],
    "customer_place": ["London, Canada", "London, United Kingdom", "Salé, Morocco", "Salé, Morocco"],
    "rental_month_name": ["2006-02", "2005-07", "2005-12", "2006-01"],
    "load_day": ["2026-01-05", "2026-01-06", "2026-01-06", "2026-01-07"],
}
CALCULATED = {column.name: column.expression for columns in board.CALCULATED.values() for column in columns}


def test_each_has_a_case() -> None:
    assert EXPECTED.keys() == CALCULATED.keys()


@pytest.mark.parametrize("name", CALCULATED)
def test_in_duckdb(name: str) -> None:
    rows = ROWS.replace("TIMESTAMP_NTZ", "TIMESTAMP")
    found = duckdb.sql(f"SELECT {CALCULATED[name]} FROM {rows}").fetchall()
    assert [value for (value,) in found] == EXPECTED[name]


@pytest.mark.parametrize("name", CALCULATED)
def test_in_spark(spark: SparkSession, name: str) -> None:
    found = spark.sql(f"SELECT {CALCULATED[name]} AS value FROM {ROWS}").collect()
    assert [row["value"] for row in found] == EXPECTED[name]
