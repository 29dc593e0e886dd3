"""Each metric on the published gold, against a query on the dump that was written from its description."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from dvdrental.metrics import Metric, datasets

ROUNDED = {"money": 2, "decimal": 2, "percent": 4}

RENTED = "source.rental JOIN source.inventory USING (inventory_id) JOIN source.film USING (film_id)"
RETURNED = f"{RENTED} WHERE return_date IS NOT NULL"
OUT = f"{RENTED} WHERE return_date IS NULL"
CLOCK = """(SELECT greatest(
    (SELECT max(greatest(rental_date, return_date)) FROM source.rental),
    (SELECT max(payment_date) FROM source.payment)
))"""
OVERDUE = f"{OUT} AND rental_date + to_days(rental_duration) < {CLOCK}"
PAID = "(SELECT rental_id, sum(amount) AS total FROM source.payment GROUP BY rental_id)"
RENTERS = "SELECT customer_id FROM source.rental"
RENTED_COPIES = "SELECT inventory_id FROM source.rental"

QUERIES = {
    "gold.rental_obt": {
        "total_rentals": "SELECT count(*) FROM source.rental",
        "renting_customers": f"SELECT count(*) FROM source.customer WHERE customer_id IN ({RENTERS})",
        "active_customers": f"SELECT count(*) FROM source.customer WHERE active = 1 AND customer_id IN ({RENTERS})",
        "revenue": "SELECT sum(amount) FROM source.payment",
        "revenue_per_rental": "SELECT sum(amount) / (SELECT count(*) FROM source.rental) FROM source.payment",
        "revenue_per_paid_rental": f"SELECT sum(total) / count(*) FROM {PAID} WHERE total > 0",
        "paid_rental_rate": f"SELECT count(*) / (SELECT count(*) FROM source.rental) FROM {PAID}",
        "late_return_rate": f"SELECT avg((return_date > rental_date + to_days(rental_duration))::INT) FROM {RETURNED}",
        "late_return_rate_calendar": f"""
            SELECT avg((return_date::DATE > rental_date::DATE + rental_duration)::INT) FROM {RETURNED}""",
        "open_rentals": "SELECT count(*) FROM source.rental WHERE return_date IS NULL",
        "value_at_risk": f"SELECT sum(replacement_cost) FROM {OUT}",
        "average_days_out": f"SELECT avg(return_date::DATE - rental_date::DATE) FROM {RETURNED}",
        "average_film_length": f"SELECT avg(length) FROM {RENTED}",
        "rented_copies": f"SELECT count(*) FROM source.inventory WHERE inventory_id IN ({RENTED_COPIES})",
        "rentals_per_copy": "SELECT avg(n) FROM (SELECT count(*) AS n FROM source.rental GROUP BY inventory_id)",
        "data_as_of": "SELECT rental_date FROM source.rental ORDER BY rental_date DESC LIMIT 1",
    },
    "gold.inventory_status": {
        "copies": "SELECT count(*) FROM source.inventory",
        "available_copies": """
            SELECT count(*) FROM source.inventory
            WHERE inventory_id NOT IN (SELECT inventory_id FROM source.rental WHERE return_date IS NULL)""",
        "dead_copies": f"SELECT count(*) FROM source.inventory WHERE inventory_id NOT IN ({RENTED_COPIES})",
        "lost_copies": f"""
            SELECT count(DISTINCT inventory_id) FROM {OVERDUE}
            AND rental_date + to_days(3 * rental_duration + 1) <= {CLOCK}""",
        "rentals_per_owned_copy": "SELECT count(*) / (SELECT count(*) FROM source.inventory) FROM source.rental",
    },
    "gold.overdue_rentals": {
        "overdue_rentals": f"SELECT count(*) FROM {OVERDUE}",
        "overdue_value": f"SELECT sum(replacement_cost) FROM {OVERDUE}",
    },
    "gold.customer_value": {
        "customers": "SELECT count(*) FROM source.customer",
        "revenue_per_customer": "SELECT sum(amount) / (SELECT count(*) FROM source.customer) FROM source.payment",
    },
}  # fmt: skip

METRICS = [metric for dataset in datasets().values() for metric in dataset.metrics.values()]
OF_THE_DATA = [metric for metric in METRICS if metric.golden is not None]


def test_every_metric_but_those_of_the_run_has_a_golden_value() -> None:
    without = {(metric.table, metric.name) for metric in METRICS if metric.golden is None}
    assert {table for table, _ in without} == {"gold.rental_obt", "gold.loads", "gold.data_quality"}
    assert {name for table, name in without if table == "gold.rental_obt"} == {"loaded_at"}
    asked = {(table, name) for table, queries in QUERIES.items() for name in queries}
    assert {(metric.table, metric.name) for metric in OF_THE_DATA} ^ asked == set()


@pytest.mark.parametrize("metric", OF_THE_DATA, ids=lambda metric: metric.name)
def test_metric_is_what_its_description_says(db: DuckDBPyConnection, metric: Metric) -> None:
    published = one(db, f"SELECT {metric.expression} FROM {metric.table}")
    published = float(published) if metric.format in ROUNDED else published
    assert metric.name in QUERIES.get(metric.table, {}), f"write what {metric.name} means as SQL into QUERIES here"
    described = one(db, QUERIES[metric.table][metric.name])
    assert published == (pytest.approx(float(described)) if metric.format in ROUNDED else described)
    assert shown(described, metric) == shown(metric.golden, metric)
    assert shown(published, metric) == shown(metric.golden, metric)


def one(db: DuckDBPyConnection, query: str) -> Any:
    ((value,),) = db.execute(query).fetchall()
    return value


def shown(value: Any, metric: Metric) -> str:
    """As people read it."""
    digits = ROUNDED.get(metric.format)
    return str(value) if digits is None else str(Decimal(str(value)).quantize(Decimal(10) ** -digits, ROUND_HALF_UP))
