"""The charts of the local report: what each asks of gold, and how Vega-Lite draws the answer.

Colours are the variables of the page's style sheet, so that one drawing serves light and dark.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
Spec = dict[str, Any]

WIDTH = 370

CONFIG: Spec = {
    "background": None,
    "font": "system-ui, sans-serif",
    "autosize": {"type": "fit-x", "contains": "padding"},
    "padding": {"left": 12, "right": 8, "top": 4, "bottom": 4},
    "view": {"stroke": None},
    "bar": {"color": "var(--one)"},
    "text": {"color": "var(--ink)", "fontSize": 11},
    "axis": {
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "titleFontWeight": "normal",
        "labelFontSize": 11,
        "titleFontSize": 11,
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelLimit": 150,
    },
    "legend": {"orient": "top", "title": None, "labelColor": "var(--soft)", "labelFontSize": 11, "labelLimit": 300},
    "range": {"category": ["var(--one)", "var(--two)"]},
}

HEAT = ["var(--heat1)", "var(--heat2)", "var(--heat3)", "var(--heat4)", "var(--heat5)"]


@dataclass(frozen=True)
class Chart:
    """`{name}` in the query stands for that metric of gold.rental_obt; `draw` takes the rows of the answer."""

    name: str
    title: str
    note: str
    query: str
    draw: Callable[[Sequence[Row]], Spec]


def by_month(rows: Sequence[Row]) -> Spec:
    month = {"field": "month", "type": "ordinal", "title": None, "axis": {"labelAngle": -40, "labelOverlap": True}}
    both = (("revenue", "Revenue, US dollars"), ("total_rentals", "Rentals"))
    return {
        "spacing": 16,
        "vconcat": [
            {
                "width": WIDTH - 45,
                "height": 100,
                "mark": "bar",
                "encoding": {"x": month, "y": {**_amount(name, title), "axis": _thousands(4)}},
            }
            for name, title in both
        ],
    }


def by_store(_: Sequence[Row]) -> Spec:
    return {
        "width": WIDTH,
        "height": {"step": 22},
        "encoding": {
            "y": {"field": "store", "type": "nominal", "title": None},
            "yOffset": {"field": "rule", "type": "nominal", "sort": None},
            "x": {**_amount("total_rentals", "Rentals"), "axis": _thousands(4)},
        },
        "layer": [
            {
                "mark": "bar",
                "encoding": {"color": {"field": "rule", "type": "nominal", "sort": None, "legend": {"columns": 1}}},
            },
            _label("total_rentals", ",", "right", -4, "var(--paper)"),
        ],
    }


def ranked(field: str, metric: str, title: str, number: str) -> Callable[[Sequence[Row]], Spec]:
    """Horizontal bars in the order of the rows."""

    def draw(_: Sequence[Row]) -> Spec:
        return {
            "width": WIDTH,
            "height": {"step": 20},
            "encoding": {
                "y": {"field": field, "type": "nominal", "sort": None, "title": None},
                "x": {**_amount(metric, title), "axis": {**_thousands(4), "grid": False}},
            },
            "layer": [{"mark": "bar"}, _label(metric, number, "left", 4, "var(--ink)")],
        }

    return draw


def by_hour(_: Sequence[Row]) -> Spec:
    return {
        "width": WIDTH,
        "height": {"step": 24},
        "mark": "rect",
        "encoding": {
            "x": {"field": "hour", "type": "ordinal", "title": "Hour of the day", "axis": _EVERY_THIRD},
            "y": {"field": "weekday", "type": "ordinal", "title": None},
            "color": {
                "field": "fifth",
                "type": "ordinal",
                "scale": {"domain": [1, 2, 3, 4, 5], "range": HEAT},
                "legend": {
                    "symbolType": "square",
                    "columnPadding": 18,
                    "labelExpr": "{1: 'fewest rentals', 5: 'most'}[datum.value] || ''",
                },
            },
        },
    }


def by_days(_: Sequence[Row]) -> Spec:
    return {
        "width": WIDTH,
        "height": 170,
        "mark": "bar",
        "encoding": {
            "x": {"field": "days_out", "type": "ordinal", "title": "Calendar days out", "axis": {"labelAngle": 0}},
            "y": {**_amount("total_rentals", "Rentals"), "axis": _thousands(5)},
        },
    }


_EVERY_THIRD = {"labelAngle": 0, "values": list(range(0, 24, 3))}


def _amount(field: str, title: str) -> Spec:
    return {"field": field, "type": "quantitative", "title": title}


def _thousands(ticks: int) -> Spec:
    return {"labelExpr": "format(datum.value, '~s')", "tickCount": ticks}


def _label(field: str, number: str, align: str, dx: int, colour: str) -> Spec:
    text = {"field": field, "type": "quantitative", "format": number}
    return {"mark": {"type": "text", "align": align, "dx": dx, "color": colour}, "encoding": {"text": text}}


CHARTS = (
    Chart(
        "months",
        "Revenue and rentals by month",
        "Both by the date of the rental. Rentals without a payment bring no revenue; months without rentals are shown.",
        """
        WITH month AS (
            SELECT unnest(generate_series(min(rental_month_start), max(rental_month_start), INTERVAL 1 MONTH)) AS start
            FROM gold.rental_obt
        ), rented AS (
            SELECT rental_month_start AS start, {revenue}, {total_rentals} FROM gold.rental_obt GROUP BY ALL
        )
        SELECT
            strftime(start, '%Y-%m') AS month,
            coalesce(revenue, 0) AS revenue,
            coalesce(total_rentals, 0) AS total_rentals,
        FROM month LEFT JOIN rented USING (start) ORDER BY month
        """,
        by_month,
    ),
    Chart(
        "stores",
        "Rentals by store, by two rules",
        "Staff rule: the store of whoever rented the copy out. Copy rule: the store that owns the copy.",
        """
        WITH ruled AS (
            SELECT *, 'staff rule' AS rule, store_city AS city, store_id AS number FROM gold.rental_obt
            UNION ALL
            SELECT *, 'copy rule', inventory_store_city, inventory_store_id FROM gold.rental_obt
        )
        SELECT format('{{}} ({{}})', coalesce(city, 'unknown'), number) AS store, rule, {total_rentals}, {revenue}
        FROM ruled GROUP BY city, number, rule ORDER BY store, rule DESC
        """,
        by_store,
    ),
    Chart(
        "returns",
        "Late, on time, still out",
        "Late is later than the rental date plus the allowed days, to the second.",
        """
        SELECT
            CASE WHEN is_open THEN 'still out' WHEN is_late THEN 'late' WHEN NOT is_late THEN 'on time' ELSE 'unknown'
            END AS outcome,
            {total_rentals},
        FROM gold.rental_obt GROUP BY 1 ORDER BY outcome = 'unknown', outcome = 'still out', outcome DESC
        """,
        ranked("outcome", "total_rentals", "Rentals", ","),
    ),
    Chart(
        "categories",
        "Revenue by category",
        "A film counts for one category.",
        """
        SELECT coalesce(category, 'unknown') AS category, {revenue}, {total_rentals}
        FROM gold.rental_obt GROUP BY 1 ORDER BY revenue DESC, category
        """,
        ranked("category", "revenue", "Revenue, US dollars", "$,.0f"),
    ),
    Chart(
        "hours",
        "When people rent",
        "Five shades with equally many hours of the week each, so that one crowded hour hides no other.",
        """
        WITH counted AS (
            SELECT rental_weekday AS weekday, rental_hour AS hour, {total_rentals} FROM gold.rental_obt GROUP BY ALL
        )
        SELECT *, 1 + floor(4.999 * percent_rank() OVER (ORDER BY total_rentals))::INT AS fifth
        FROM counted ORDER BY weekday, hour
        """,
        by_hour,
    ),
    Chart(
        "films",
        "Top films",
        "The ten titles that were rented most.",
        """
        SELECT coalesce(title, 'unknown') AS title, {total_rentals}, {revenue}
        FROM gold.rental_obt GROUP BY film_id, 1 ORDER BY total_rentals DESC, revenue DESC, title LIMIT 10
        """,
        ranked("title", "total_rentals", "Rentals", ","),
    ),
    Chart(
        "days",
        "How long copies are out",
        "Returned rentals only, in calendar days.",
        """
        SELECT days_out, {total_rentals} FROM gold.rental_obt
        WHERE days_out IS NOT NULL GROUP BY days_out ORDER BY days_out
        """,
        by_days,
    ),
    Chart(
        "countries",
        "Where customers live",
        "The fifteen countries with the most rentals, by where the customer lived then.",
        """
        SELECT coalesce(customer_country, 'unknown') AS country, {total_rentals}, {renting_customers}, {revenue}
        FROM gold.rental_obt GROUP BY 1 ORDER BY total_rentals DESC, country LIMIT 15
        """,
        ranked("country", "total_rentals", "Rentals", ","),
    ),
)
