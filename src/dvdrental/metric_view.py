"""The metrics as metric views of Unity Catalog: `<table>_metrics` beside each table of gold that has some.

Whoever asks one (a dashboard, Genie, SQL) names measures and gets them by any dimension:
`SELECT category, MEASURE(revenue) FROM rental_obt_metrics GROUP BY ALL`.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from dvdrental.lake import Lake
from dvdrental.metrics import Metric, datasets
from dvdrental.table import Table
from dvdrental.tables import TABLES

VERSION = 1.1
"""With names, comments and formats; needs runtime 17.2 or a SQL warehouse. Open-source Spark 4.2 knows 0.1 only."""

DIMENSIONS: dict[str, tuple[str, ...]] = {
    "gold.rental_obt": (
        "rental_date",
        "rental_month_start",
        "rental_week_start",
        "rental_year",
        "rental_quarter",
        "rental_weekday",
        "rental_hour",
        "fiscal_year",
        "fiscal_quarter",
        "store_city",
        "inventory_store_city",
        "title",
        "category",
        "rating",
        "language",
        "customer_country",
        "customer_country_iso3",
        "days_out",
        "is_open",
        "is_late",
    ),
    "gold.inventory_status": (
        "title",
        "category",
        "store_id",
        "inventory_store_city",
        "status",
        "is_available",
        "rental_count",
    ),
    "gold.overdue_rentals": ("title", "store_city", "inventory_store_city", "status", "days_overdue"),
    "gold.customer_value": ("country", "frequency_band", "is_active_customer"),
}

_FORMATS: dict[str, dict[str, Any]] = {
    "integer": {"type": "number", "decimal_places": {"type": "exact", "places": 0}},
    "decimal": {"type": "number", "decimal_places": {"type": "exact", "places": 2}},
    "money": {"type": "currency", "currency_code": "USD", "decimal_places": {"type": "exact", "places": 2}},
    "percent": {"type": "percentage", "decimal_places": {"type": "exact", "places": 1}},
    "moment": {"type": "date_time", "date_format": "year_month_day", "time_format": "locale_hour_minute"},
}


def statements(lake: Lake) -> Iterator[str]:
    """One per table that is there."""
    for name in DIMENSIONS:
        table = TABLES[name]
        if lake.exists(table):
            view, source = lake.name("gold", f"{table.name}_metrics"), lake.name("gold", table.name)
            yield statement(view, source, table)


def statement(view: str, source: str, table: Table) -> str:
    """`view` and `source` are quoted names. Saying it again replaces the view."""
    text = yaml.safe_dump(definition(source, table), sort_keys=False, width=1000)
    return f"CREATE OR REPLACE VIEW {view} WITH METRICS LANGUAGE YAML AS $$\n{text}$$"


def definition(source: str, table: Table) -> dict[str, Any]:
    comments = {column.name: column.comment for column in table.fields}
    found = datasets()[table.full_name]
    return {
        "version": VERSION,
        "source": source,
        "comment": f"Metrics, {found.grain}",
        "dimensions": [{"name": name, "expr": name, "comment": comments[name]} for name in DIMENSIONS[table.full_name]],
        "measures": [_measure(metric) for metric in found.metrics.values()],
    }


def _measure(metric: Metric) -> dict[str, Any]:
    return {
        "name": metric.name,
        "expr": metric.expression,
        "comment": metric.description,
        "display_name": metric.label,
        "format": _FORMATS[metric.format],
    }
