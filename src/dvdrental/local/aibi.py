"""The AI/BI dashboard, made from metrics.yml: `python -m dvdrental.local.aibi dashboards/aibi/rentals.lvdash.json`.

Tables are named without catalog and schema: the bundle fills in those of the target. A metric is a measure of its
dataset, so that filters count, and no widget has an expression of its own.
"""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dvdrental.metrics import Metric, datasets

Json = dict[str, Any]

COLUMNS = 6
"""Width of the canvas."""

NUMBERS: dict[str, Json] = {
    "integer": {"type": "number-plain", "decimalPlaces": {"type": "exact", "places": 0}},
    "decimal": {"type": "number-plain", "decimalPlaces": {"type": "exact", "places": 2}},
    "money": {"type": "number-currency", "currencyCode": "USD", "decimalPlaces": {"type": "exact", "places": 2}},
    "percent": {"type": "number-percent", "decimalPlaces": {"type": "exact", "places": 1}},
}

VERSIONS = {"counter": 2, "table": 2, "pivot": 3, "bar": 3, "line": 3, "heatmap": 3, "choropleth-map": 1}
"""The only version of each kind of widget that is drawn; any other stays empty, without an error."""


@dataclass(frozen=True)
class Source:
    """A dataset: a query, and the table whose metrics it carries as measures."""

    name: str
    title: str
    query: str
    measures_of: str | None = None


SOURCES = (
    Source(
        "rentals",
        "Rentals",
        """SELECT *,
             CASE WHEN is_open THEN '3 still out' WHEN is_late THEN '2 late' WHEN NOT is_late THEN '1 on time'
               ELSE '4 due date unknown' END AS outcome
           FROM rental_obt""",
        "gold.rental_obt",
    ),
    Source("copies", "Copies", "SELECT * FROM inventory_status", "gold.inventory_status"),
    Source("overdue", "Overdue rentals", "SELECT * FROM overdue_rentals", "gold.overdue_rentals"),
    Source("customers", "Customers", "SELECT * FROM customer_value", "gold.customer_value"),
    Source(
        "films",
        "Films by rentals",
        """SELECT title, category, rating, {total_rentals}, {revenue}, {average_days_out}, {late_return_rate}
           FROM rental_obt GROUP BY film_id, title, category, rating
           ORDER BY total_rentals DESC, revenue DESC, title""",
    ),
    Source(
        "idle_copies",
        "Copies that stand idle",
        """SELECT title, category, inventory_store_city, rental_count, days_since_last_rental, replacement_cost
           FROM inventory_status WHERE is_available
           ORDER BY days_since_last_rental DESC NULLS FIRST, title""",
    ),
    Source(
        "overdue_list",
        "Overdue rentals, longest first",
        """SELECT title, store_city, inventory_store_city, customer_id, rental_date, due_date, days_overdue,
             replacement_cost, status
           FROM overdue_rentals ORDER BY days_overdue DESC, title""",
    ),
    Source("loads", "Last load of each table", "SELECT * FROM loads WHERE is_last", "gold.loads"),
    Source("all_loads", "Loads", "SELECT * FROM loads", "gold.loads"),
    Source(
        "last_checks",
        "Last checks of each table",
        "SELECT * FROM data_quality WHERE is_last",
        "gold.data_quality",
    ),
    Source(
        "load_list",
        "Last load of each table, in order",
        """SELECT table_name, status, started_at, seconds, rows_landed, rows_quarantined, rows_inserted, rows_updated,
             rows_deleted, rows_after, number_of_checks, failed_checks
           FROM loads WHERE is_last ORDER BY started_at""",
    ),
    Source(
        "checks",
        "Checks that did not pass",
        """SELECT table_name, rule, severity, status, broken_rows, started_at
           FROM data_quality WHERE is_last AND status <> 'pass' ORDER BY severity, table_name, rule""",
    ),
)


@dataclass(frozen=True)
class Widget:
    """`kind` as in VERSIONS, or text. Fields are metrics or columns of the source, in the order that `kind` wants:

    counter: metric. bar, line: x, y and perhaps colour, one of x and y a metric. heatmap: x, y, metric.
    pivot: row, column, metric. map: country, metric. table: columns as the query orders them.
    """

    kind: str
    title: str
    source: str = ""
    fields: tuple[str, ...] = ()
    note: str = ""
    where: str = ""
    width: int = 3
    height: int = 6


def _counter(source: str, metric: str, title: str = "", where: str = "", note: str = "") -> Widget:
    measure = _measures(source)[metric]
    about = note or measure.description
    return Widget("counter", title or measure.label, source, (metric,), about, where, width=2, height=3)


def _text(words: str) -> Widget:
    return Widget("text", words, width=COLUMNS, height=2)


def _measures(source: str) -> dict[str, Metric]:
    (table,) = [one.measures_of for one in SOURCES if one.name == source]
    return datasets()[table].metrics if table else {}


def _pages() -> dict[str, Sequence[Widget]]:
    return {
        "Overview": (
            _text(
                "Revenue counts payments by the date of their rental. Late means later than rental date plus allowed "
                "days, to the second. Store is the store of whoever rented the copy out (staff rule), unless a title "
                "says copy rule: the store that owns the copy. Two stores in one city count as one. Filters count for "
                "rentals; copies follow that of category only, overdue rentals that of store only, and customers none."
            ),
            _counter("rentals", "total_rentals"),
            _counter("rentals", "revenue"),
            _counter("rentals", "revenue_per_rental"),
            _counter("rentals", "active_customers"),
            _counter("rentals", "late_return_rate"),
            _counter("rentals", "open_rentals"),
            Widget("bar", "Revenue by month", "rentals", ("rental_month_start", "revenue")),
            Widget("bar", "Rentals by month and rating", "rentals", ("rental_month_start", "total_rentals", "rating")),
            Widget(
                "line",
                "Rentals by week and store (staff rule)",
                "rentals",
                ("rental_week_start", "total_rentals", "store_city"),
                width=COLUMNS,
            ),
            Widget("bar", "Revenue by category", "rentals", ("revenue", "category"), height=8),
            Widget(
                "heatmap",
                "Rentals by hour and weekday",
                "rentals",
                ("rental_hour", "rental_weekday", "total_rentals"),
                height=8,
            ),
        ),
        "Films": (
            _counter("copies", "copies"),
            _counter("copies", "available_copies"),
            _counter("copies", "rentals_per_owned_copy"),
            _counter("copies", "dead_copies"),
            _counter("copies", "lost_copies"),
            _counter("rentals", "average_film_length"),
            Widget(
                "table",
                "Films by rentals",
                "films",
                ("title", "category", "rating", "total_rentals", "revenue", "average_days_out", "late_return_rate"),
                "All time; the filters of category and rating count",
                width=COLUMNS,
                height=8,
            ),
            Widget("bar", "Rentals by rating", "rentals", ("rating", "total_rentals")),
            Widget(
                "bar",
                "Rentals per copy by category: high means buy more",
                "rentals",
                ("rentals_per_copy", "category"),
                height=6,
            ),
            Widget(
                "pivot",
                "Rentals by category and store (staff rule)",
                "rentals",
                ("category", "store_city", "total_rentals"),
                height=8,
            ),
            Widget(
                "table",
                "Copies that stand idle, the longest first",
                "idle_copies",
                (
                    "title",
                    "category",
                    "inventory_store_city",
                    "rental_count",
                    "days_since_last_rental",
                    "replacement_cost",
                ),
                "All copies on the shelf; no days where a copy was never rented. Store that owns the copy",
                height=8,
            ),
        ),
        "Customers and operations": (
            _counter("customers", "customers"),
            _counter("customers", "revenue_per_customer"),
            _counter("rentals", "renting_customers"),
            _counter("overdue", "overdue_rentals"),
            _counter("overdue", "overdue_value"),
            _counter("rentals", "average_days_out"),
            Widget(
                "choropleth-map",
                "Rentals by country of the customer",
                "rentals",
                ("customer_country", "total_rentals"),
                "A country whose name the map does not know stays blank; the bars beside it have all",
                height=10,
            ),
            Widget("bar", "Rentals by country", "rentals", ("total_rentals", "customer_country"), height=10),
            Widget("bar", "Rentals by weekday", "rentals", ("rental_weekday", "total_rentals")),
            Widget(
                "bar",
                "Calendar days out, returned rentals",
                "rentals",
                ("days_out", "total_rentals"),
                where="`days_out` IS NOT NULL",
            ),
            Widget("bar", "On time, late, still out", "rentals", ("outcome", "total_rentals")),
            Widget("bar", "Customers by how often they rent", "customers", ("frequency_band", "customers")),
            Widget("bar", "Rentals by store (copy rule)", "rentals", ("inventory_store_city", "total_rentals")),
            Widget("bar", "Rentals by store (staff rule)", "rentals", ("store_city", "total_rentals")),
            Widget(
                "table",
                "Overdue rentals, the longest first",
                "overdue_list",
                (
                    "title",
                    "store_city",
                    "inventory_store_city",
                    "customer_id",
                    "rental_date",
                    "due_date",
                    "days_overdue",
                    "replacement_cost",
                    "status",
                ),
                "As of the newest data. Store city by staff rule, inventory store city by copy rule",
                width=COLUMNS,
                height=8,
            ),
        ),
        "Data quality": (
            _counter("rentals", "data_as_of"),
            _counter("rentals", "loaded_at"),
            _counter("all_loads", "newest_landing"),  # a load that found nothing new has none
            _counter("loads", "rows_landed"),
            _counter("loads", "rows_quarantined"),
            _counter("loads", "failed_loads"),
            _counter("last_checks", "results", "Quality checks"),
            _counter(
                "last_checks",
                "results",
                "Failed checks",
                where="`status` <> 'pass'",
                note=_measures("loads")["checks_failed"].description,
            ),
            _counter("loads", "last_load"),
            Widget(
                "table",
                "Checks that did not pass when each table was last checked",
                "checks",
                ("table_name", "rule", "severity", "status", "broken_rows", "started_at"),
                "Empty is good",
                width=COLUMNS,
                height=5,
            ),
            Widget(
                "table",
                "Last load of each table",
                "load_list",
                (
                    "table_name",
                    "status",
                    "started_at",
                    "seconds",
                    "rows_landed",
                    "rows_quarantined",
                    "rows_inserted",
                    "rows_updated",
                    "rows_deleted",
                    "rows_after",
                    "number_of_checks",
                    "failed_checks",
                ),
                width=COLUMNS,
                height=8,
            ),
        ),
    }


FILTERS = (
    ("filter-date-range-picker", "Date of the rental", "rental_date", ("rentals",)),
    ("filter-multi-select", "Store (staff rule)", "store_city", ("rentals", "overdue", "overdue_list")),
    ("filter-multi-select", "Category", "category", ("rentals", "films", "copies", "idle_copies")),
    ("filter-multi-select", "Rating", "rating", ("rentals", "films")),
)


def dashboard() -> Json:
    """The file's content."""
    pages = [
        {"name": _name(title), "displayName": title, "pageType": "PAGE_TYPE_CANVAS", "layout": _layout(widgets)}
        for title, widgets in _pages().items()
    ]
    filters = {"name": "filters", "displayName": "Filters", "pageType": "PAGE_TYPE_GLOBAL_FILTERS"}
    return {"datasets": list(map(_dataset, SOURCES)), "pages": [*pages, {**filters, "layout": _filters()}]}


def _dataset(source: Source) -> Json:
    named = {name: f"{m.expression} AS {name}" for name, m in datasets()["gold.rental_obt"].metrics.items()}
    lines = [re.sub(r"^ {11}", "", line) + "\n" for line in source.query.format(**named).splitlines()]
    measures = [
        {"displayName": metric.label, "description": metric.description, "expression": metric.expression}
        for metric in _measures(source.name).values()
    ]
    dataset: Json = {"name": source.name, "displayName": source.title, "queryLines": lines}
    return {**dataset, "columns": measures} if measures else dataset


def _layout(widgets: Sequence[Widget]) -> list[Json]:
    """From left to right; a widget that does not fit begins a new row, below the tallest of the row before."""
    placed, x, y, row = [], 0, 0, 0
    for widget in widgets:
        if x + widget.width > COLUMNS:
            x, y, row = 0, y + row, 0
        position = {"x": x, "y": y, "width": widget.width, "height": widget.height}
        placed.append({"widget": _widget(widget), "position": position})
        x, row = x + widget.width, max(row, widget.height)
    return placed


def _widget(widget: Widget) -> Json:
    if widget.kind == "text":
        return {"name": _name(widget.title), "multilineTextboxSpec": {"lines": [widget.title]}}
    fields = [_field(widget.source, name) for name in widget.fields]
    query: Json = {"datasetName": widget.source, "fields": fields, "disaggregated": widget.kind == "table"}
    if widget.where:
        query["filters"] = [{"expression": widget.where}]
    frame: Json = {"showTitle": True, "title": widget.title}
    if widget.note:
        frame |= {"showDescription": True, "description": widget.note}
    return {
        "name": _name(f"{widget.kind} {widget.title}"),
        "queries": [{"name": "main_query", "query": query}],
        "spec": {
            "version": VERSIONS[widget.kind],
            "widgetType": widget.kind,
            "encodings": _encodings(widget),
            "frame": frame,
        },
    }


def _field(source: str, name: str) -> Json:
    metric = _measures(source).get(name)
    if metric:
        return {"name": f"measure({metric.label})", "expression": f"MEASURE(`{metric.label}`)"}
    return {"name": name, "expression": f"`{name}`"}


def _encodings(widget: Widget) -> Json:
    shown = [_encoding(widget, name) for name in widget.fields]
    match widget.kind:
        case "counter":
            return {"value": shown[0]}
        case "table":
            return {"columns": shown}
        case "choropleth-map":
            country = {"fieldName": shown[0]["fieldName"], "type": "field", "geographicRole": "admin0-name"}
            return {"region": {"regionType": "mapbox-v4-admin", "admin0": country}, "color": _scaled(widget, 1)}
        case "pivot":
            cell = {"type": "multi-cell", "fields": [{**shown[2], "cellType": "text"}]}
            return {"rows": shown[:1], "columns": shown[1:2], "cell": cell}
    places = ("x", "y", "color")[: len(shown)]
    return {place: _scaled(widget, position) for position, place in enumerate(places)}


def _encoding(widget: Widget, name: str) -> Json:
    metric = _measures(widget.source).get(name)
    shown = {"fieldName": _field(widget.source, name)["name"], "displayName": metric.label if metric else _words(name)}
    form = NUMBERS.get(metric.format) if metric else None
    return {**shown, "format": form} if form else shown


def _scaled(widget: Widget, position: int) -> Json:
    """Horizontal bars are sorted by their length."""
    name, measures = widget.fields[position], _measures(widget.source)
    kind = "quantitative" if name in measures else "temporal" if name.endswith("_start") else "categorical"
    scale: Json = {"type": kind}
    if widget.kind == "bar" and position == 1 and kind == "categorical":
        scale["sort"] = {"by": "x-reversed"}
    return {**_encoding(widget, name), "scale": scale}


def _filters() -> list[Json]:
    return [
        {"widget": _filter(*definition), "position": {"x": 0, "y": 2 * number, "width": 1, "height": 2}}
        for number, definition in enumerate(FILTERS)
    ]


def _filter(kind: str, title: str, field: str, sources: Sequence[str]) -> Json:
    queries = [
        {
            "name": f"{source}_{field}",
            "query": {"datasetName": source, "fields": [_field(source, field)], "disaggregated": False},
        }
        for source in sources
    ]
    fields = [{"fieldName": field, "displayName": title, "queryName": query["name"]} for query in queries]
    frame = {"showTitle": True, "title": title}
    spec = {"version": 2, "widgetType": kind, "encodings": {"fields": fields}, "frame": frame}
    return {"name": _name(f"filter {title}"), "queries": queries, "spec": spec}


def _name(words: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", words.lower()))[:60].strip("-")


def _words(column: str) -> str:
    return column.removesuffix("_start").replace("_", " ").capitalize()


def text() -> str:
    return json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
