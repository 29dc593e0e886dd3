"""The report that the run on the dump left: each figure, and the numbers of each chart, against queries on the dump."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from tests import pages

FIGURES = {
    "total_rentals": "16,044",
    "revenue": "$61,312.04",
    "revenue_per_rental": "$3.82",
    "active_customers": "584",
    "late_return_rate": "51.2%",
    "average_days_out": "5.03",
    "open_rentals": "183",
    "available_copies": "4,398",
    "rows_landed": "44,820",
    "rows_quarantined": "0",
    "checks_failed": "0",
}

RENTALS = "expected.rental JOIN expected.film USING (film_id)"

CHARTS = {
    "months": """
        SELECT strftime(month, '%Y-%m'), coalesce(sum(amount), 0)::DECIMAL(10,2), count(rental_id)
        FROM (SELECT unnest(range(DATE '2005-05-01', DATE '2006-03-01', INTERVAL 1 MONTH)) AS month)
        LEFT JOIN expected.rental ON date_trunc('month', rental_date) = month
        GROUP BY month ORDER BY month""",
    "stores": """
        WITH ruled AS (
            SELECT store_id, 'staff rule' AS rule, amount FROM expected.rental
            UNION ALL
            SELECT inventory_store_id, 'copy rule', amount FROM expected.rental
        )
        SELECT city || ' (' || store_id || ')', rule, count(*), sum(amount)
        FROM ruled JOIN source.store USING (store_id) JOIN expected.place USING (address_id)
        GROUP BY ALL ORDER BY 1, 2 DESC""",
    "returns": """
        WITH judged AS (
            SELECT CASE WHEN return_date IS NULL THEN 3 WHEN return_date > due_date THEN 2 ELSE 1 END AS outcome
            FROM expected.rental
        )
        SELECT ['on time', 'late', 'still out'][outcome], count(*) FROM judged GROUP BY outcome ORDER BY outcome""",
    "categories": f"SELECT category, sum(amount), count(*) FROM {RENTALS} GROUP BY 1 ORDER BY 2 DESC",
    "hours": """
        SELECT isodow(rental_date) || ' ' || strftime(rental_date, '%a'), hour(rental_date), count(*)
        FROM source.rental GROUP BY ALL ORDER BY 1, 2""",
    "films": f"SELECT title, count(*), sum(amount) FROM {RENTALS} GROUP BY 1 ORDER BY 2 DESC, 3 DESC, 1 LIMIT 10",
    "days": """
        SELECT date_diff('day', rental_date, return_date), count(*)
        FROM source.rental WHERE return_date IS NOT NULL GROUP BY 1 ORDER BY 1""",
    "countries": """
        SELECT country, count(*), count(DISTINCT customer_id), sum(amount)
        FROM expected.rental JOIN source.customer USING (customer_id) JOIN expected.place USING (address_id)
        GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 15""",
}


@pytest.fixture(scope="module")
def page(lake: Path) -> str:
    """As the command that made the lake left it."""
    return (lake / "reports" / "report.html").read_text(encoding="utf-8")


def test_figures_are_the_golden_ones(page: str) -> None:
    found = pages.figures(page)
    assert {name: found[name] for name in FIGURES} == FIGURES
    assert found.keys() - FIGURES.keys() == {"checks_run"}


def test_charts_are_all_there(page: str) -> None:
    assert pages.charts(page).keys() == CHARTS.keys()


@pytest.mark.parametrize("name", CHARTS)
def test_chart_shows_what_the_dump_holds(page: str, source: DuckDBPyConnection, name: str) -> None:
    expected = [[shown(value) for value in row] for row in source.execute(CHARTS[name]).fetchall()]
    found = [row[: len(expected[0])] for row in pages.table(pages.charts(page)[name])]
    assert found == expected


@pytest.mark.parametrize("name", CHARTS)
def test_every_row_is_drawn(page: str, name: str) -> None:
    part = pages.charts(page)[name]
    drawings = 2 if name == "months" else 1
    assert len(pages.marks(part)) == drawings * len(pages.table(part))


def test_data_as_of_is_told(page: str) -> None:
    assert "<dt>Newest rental</dt><dd>2006-02-14 15:16</dd>" in page


def shown(value: Any) -> str:
    return f"${value:,.2f}" if isinstance(value, Decimal) else f"{value:,}" if isinstance(value, int) else value
