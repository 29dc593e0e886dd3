"""The dashboard, whole: what is shown where, and what filters what."""

from collections.abc import Iterator
from dataclasses import dataclass

from dvdrental.local.preset.charts import (
    Chart,
    bars,
    grouped,
    heatmap,
    newest,
    number,
    over_time,
    pair,
    pie,
    pivot,
    rows,
    word_cloud,
    world_map,
)

TITLE = "DVD Rental"
SLUG = "dvd-rental"
DAY = 86_400
"""Seconds: gold changes once a week, people look at it daily."""

RENTALS = "gold.rental_obt"
COPIES = "gold.inventory_status"
OVERDUE = "gold.overdue_rentals"
CUSTOMERS = "gold.customer_value"
LOADS = "gold.loads"
CHECKS = "gold.data_quality"


@dataclass(frozen=True)
class Text:
    """Markdown."""

    key: str
    markdown: str


@dataclass(frozen=True)
class Row:
    """Tiles side by side with their widths, 12 in all. `height` in units of 8 pixels."""

    height: int
    tiles: tuple[tuple[Chart | Text, int], ...]


@dataclass(frozen=True)
class Tab:
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Filter:
    """Of one column of each of these tables; without a column, of their time."""

    title: str
    description: str
    tables: tuple[str, ...]
    column: str = ""


@dataclass(frozen=True)
class Calculated:
    """A column that Superset computes, where a chart needs one that no table has."""

    name: str
    label: str
    expression: str
    description: str


STATUS = Calculated(
    "rental_status",
    "Status (late to the second)",
    "CASE WHEN is_open THEN 'out' WHEN is_late THEN 'returned late' WHEN NOT is_late THEN 'returned in time' "
    "ELSE 'returned, due date unknown' END",
    "out, returned late (after rental date + allowed days, to the second), returned in time, or returned, due date "
    "unknown (the film is not known)",
)
PLACE = Calculated(
    "customer_place",
    "City of the customer",
    "CONCAT(customer_city, ', ', customer_country)",
    "City and country of the customer: there are two Londons",
)
MONTH = Calculated(
    "rental_month_name",
    "Month",
    "SUBSTRING(CAST(rental_month_start AS STRING), 1, 7)",
    "Month of the rental, as in 2005-07",
)
LOAD_DAY = Calculated("load_day", "Day (UTC)", "SUBSTRING(CAST(started_at AS STRING), 1, 10)", "Day of the load, UTC")
CALCULATED = {RENTALS: (STATUS, PLACE, MONTH), LOADS: (LOAD_DAY,)}

SERIES_COLORS = {
    "revenue": "#454E7C",
    "total_rentals": "#1FA8C9",
    "out": "#FCC700",
    "returned late": "#E04355",
    "returned in time": "#5AC189",
    "returned, due date unknown": "#B2B2B2",
    "available": "#5AC189",
    "on loan": "#1FA8C9",
    "overdue": "#FCC700",
    "lost": "#E04355",
    "pass": "#5AC189",
    "fail": "#E04355",
    "error": "#454E7C",
    "rows_landed": "#1FA8C9",
    "rows_quarantined": "#E04355",
    "checks_run": "#5AC189",
    "checks_failed": "#E04355",
}
"""Of metrics and of values: good and bad look so, and a metric has the same color on every tab."""

LABELS = {
    RENTALS: {
        "store_city": "Store (of the staff)",
        "inventory_store_city": "Store (owner of the copy)",
        "rental_weekday": "Weekday",
        "rental_hour": "Hour",
        "customer_country": "Country of the customer",
        "days_out": "Days out",
    },
    OVERDUE: {
        "rental_id": "Rental no.",
        "customer_id": "Customer no.",
        "store_city": "Store (of the staff)",
        "inventory_store_city": "Store (owner of the copy)",
        "late_fee": "Late fee",
        "replacement_cost": "Replacement cost",
    },
    COPIES: {
        "inventory_id": "Copy no.",
        "inventory_store_city": "Store",
        "replacement_cost": "Replacement cost",
        "rental_count": "Rentals",
    },
    CUSTOMERS: {"frequency_band": "Rentals per customer"},
    LOADS: {
        "table_name": "Table",
        "rows_quarantined": "Rows set aside",
        "number_of_checks": "Checks",
        "started_at": "Started (UTC)",
        "landed_at": "Landed (UTC)",
    },
    CHECKS: {"table_name": "Table", "started_at": "Started (UTC)"},
}
"""Headings of columns whose names do not explain themselves."""

FILTERS = (
    Filter("Rental date", "Empty: all data, up to the newest rental", (RENTALS,)),
    Filter("Store (of the staff)", "The store whose staff rented out", (RENTALS, OVERDUE), "store_city"),
    Filter("Category", "Of the film", (RENTALS, COPIES), "category"),
    Filter("Rating", "MPAA rating of the film", (RENTALS,), "rating"),
)

HOW_TO_READ = Text(
    "how_to_read",
    """#### How to read this
- **Revenue** is what was paid for the rentals of a period, whenever it was paid. A rental without a payment counts 0.
- **Store** is the store of the member of staff who rented out, unless a title says *owner of the copy*.
  Stores go by their city: two in one city count as one.
- **Late** is later than rental date + allowed days, to the second. What is out has no days out and is not late.
- **Active customers** have the flag *active* today.
- **Time**: without a date in the filter, everything up to *Data as of*. The newest month is that of the newest
  rental, not of today; months without rentals are not drawn.
- **Filters** count for rentals. Tiles about copies (*Available copies*, *What to buy*, *Copies by category and status*,
  *Dead stock*) follow *Category* only, overdue rentals follow *Store* only, and customers follow none.
""",
)
ABOUT_LOADS = Text(
    "about_loads",
    """#### Where the numbers come from
Every table is checked before it is published; a table that fails a critical check keeps its last good rows. Tiles count
the last load of each table, and the last checks: a load that finds its inputs unchanged checks nothing. Times are UTC.
*Failed checks* include warnings, which do not stop a load.
""",
)


def _row(height: int, *tiles: tuple[Chart | Text, int]) -> Row:
    return Row(height, tiles)


OVERVIEW = Tab(
    "Overview",
    (
        _row(
            24,
            (number(RENTALS, "total_rentals"), 2),
            (number(RENTALS, "active_customers"), 2),
            (number(RENTALS, "revenue"), 2),
            (number(RENTALS, "revenue_per_rental"), 2),
            (number(RENTALS, "late_return_rate", "Late (to the second)"), 2),
            (number(RENTALS, "open_rentals"), 2),
        ),
        _row(
            24,
            (number(RENTALS, "average_days_out"), 2),
            (number(RENTALS, "paid_rental_rate"), 2),
            (number(COPIES, "available_copies"), 2),
            (number(RENTALS, "value_at_risk"), 2),
            (number(RENTALS, "data_as_of", "Data as of"), 2),
            (number(RENTALS, "loaded_at", "Published (UTC)"), 2),
        ),
        _row(
            50,
            (
                over_time(
                    "rentals_by_week_and_store",
                    "Rentals by week and store (store of the staff)",
                    RENTALS,
                    "total_rentals",
                    "store_city",
                    "P1W",
                ),
                9,
            ),
            (
                newest(
                    "rentals_of_the_newest_month",
                    "Rentals of the newest month",
                    RENTALS,
                    "total_rentals",
                    "P1M",
                    "on the month with rentals before it",
                ),
                3,
            ),
        ),
        _row(
            50,
            (
                pair(
                    "revenue_and_rentals_by_month",
                    "Revenue and rentals by month of the rental",
                    RENTALS,
                    MONTH.name,
                    "revenue",
                    "total_rentals",
                ),
                6,
            ),
            (
                bars(
                    "revenue_by_category",
                    "Revenue by category",
                    RENTALS,
                    "category",
                    ["revenue"],
                    top=20,
                    lying=True,
                    values=True,
                ),
                6,
            ),
        ),
        _row(
            46,
            (
                bars(
                    "rentals_by_store",
                    "Rentals by store (store of the staff)",
                    RENTALS,
                    "store_city",
                    ["total_rentals"],
                    values=True,
                ),
                3,
            ),
            (
                bars(
                    "rentals_by_owner",
                    "Rentals by store (owner of the copy)",
                    RENTALS,
                    "inventory_store_city",
                    ["total_rentals"],
                    values=True,
                ),
                3,
            ),
            (
                heatmap(
                    "rentals_by_hour_and_weekday",
                    "When customers come: returned rentals by hour and weekday",
                    RENTALS,
                    "rental_hour",
                    "rental_weekday",
                    "total_rentals",
                ).only("is_open", "IS FALSE"),
                6,
            ),
        ),
        _row(32, (HOW_TO_READ, 12)),
    ),
)

FILMS = Tab(
    "Films",
    (
        _row(
            64,
            (
                grouped(
                    "titles",
                    "Titles: rentals, revenue, days out, late returns (to the second)",
                    RENTALS,
                    ["title", "category"],
                    ["total_rentals", "revenue", "average_days_out", "late_return_rate"],
                    page=10,
                ),
                8,
            ),
            (
                bars(
                    "top_titles_by_revenue",
                    "Top 10 titles by revenue",
                    RENTALS,
                    "title",
                    ["revenue"],
                    top=10,
                    lying=True,
                    values=True,
                ),
                4,
            ),
        ),
        _row(
            50,
            (
                bars(
                    "rentals_by_month_and_rating",
                    "Rentals by month and rating",
                    RENTALS,
                    MONTH.name,
                    ["total_rentals"],
                    by="rating",
                ),
                4,
            ),
            (pie("rentals_by_rating", "Rentals by rating", RENTALS, "rating", "total_rentals"), 4),
            (word_cloud("title_cloud", "Titles rented most", RENTALS, "title", "total_rentals", 30), 4),
        ),
        _row(
            72,
            (
                heatmap(
                    "rentals_by_weekday_and_category",
                    "Rentals by weekday and category",
                    RENTALS,
                    "rental_weekday",
                    "category",
                    "total_rentals",
                ),
                4,
            ),
            (
                pivot(
                    "rentals_by_category_and_store",
                    "Rentals by category and store (store of the staff)",
                    RENTALS,
                    "category",
                    "store_city",
                    "total_rentals",
                ),
                4,
            ),
            (
                bars(
                    "rentals_by_category",
                    "Top 10 categories by rentals",
                    RENTALS,
                    "category",
                    ["total_rentals"],
                    top=10,
                    lying=True,
                    values=True,
                ),
                4,
            ),
        ),
        _row(
            50,
            (
                bars(
                    "rentals_per_copy_by_category",
                    "What to buy: rentals per owned copy by category",
                    COPIES,
                    "category",
                    ["rentals_per_owned_copy"],
                    top=20,
                    lying=True,
                    values=True,
                ),
                6,
            ),
            (
                bars(
                    "copies_by_status",
                    "Copies by category and status",
                    COPIES,
                    "category",
                    ["copies"],
                    by="status",
                    lying=True,
                ),
                6,
            ),
        ),
        _row(
            64,
            (
                rows(
                    "dead_stock",
                    "Dead stock by owner of the copy: on the shelf, rented twice at most",
                    COPIES,
                    {
                        "title": "",
                        "category": "",
                        "inventory_store_city": "",
                        "inventory_id": "",
                        "rental_count": "integer",
                        "last_rental": "",
                        "days_since_last_rental": "integer",
                        "revenue": "money",
                        "replacement_cost": "money",
                    },
                    [("rental_count", True), ("days_since_last_rental", False), ("inventory_id", True)],
                    page=10,
                )
                .only("is_available", "IS TRUE")
                .only("rental_count", "<=", 2),
                12,
            ),
        ),
    ),
)

PEOPLE = Tab(
    "Customers and operations",
    (
        _row(
            24,
            (number(CUSTOMERS, "customers"), 2),
            (number(RENTALS, "renting_customers"), 2),
            (number(CUSTOMERS, "revenue_per_customer"), 2),
            (number(OVERDUE, "overdue_rentals"), 2),
            (number(OVERDUE, "overdue_value", "Overdue value"), 2),
            (number(RENTALS, "late_return_rate_calendar", "Late (calendar days)"), 2),
        ),
        _row(
            64,
            (
                world_map(
                    "world_map",
                    "Revenue (shade) and rentals (bubble) by country of the customer",
                    RENTALS,
                    "customer_country_iso3",
                    "revenue",
                    "total_rentals",
                ),
                7,
            ),
            (
                grouped(
                    "countries",
                    "Countries: rentals, revenue, days out, late returns (to the second)",
                    RENTALS,
                    ["customer_country"],
                    ["total_rentals", "revenue", "average_days_out", "late_return_rate"],
                    page=10,
                ),
                5,
            ),
        ),
        _row(
            50,
            (
                bars(
                    "top_cities_by_revenue",
                    "Top 15 cities of customers by revenue",
                    RENTALS,
                    PLACE.name,
                    ["revenue"],
                    top=15,
                    lying=True,
                    values=True,
                ),
                4,
            ),
            (
                bars(
                    "customers_by_frequency",
                    "Customers by number of rentals",
                    CUSTOMERS,
                    "frequency_band",
                    ["customers"],
                    values=True,
                ),
                4,
            ),
            (
                grouped(
                    "weekdays",
                    "Rentals by weekday",
                    RENTALS,
                    ["rental_weekday"],
                    ["total_rentals", "revenue"],
                    share_of="total_rentals",
                    largest_first=False,
                ),
                4,
            ),
        ),
        _row(
            50,
            (
                bars(
                    "rentals_by_month",
                    "Rentals by month",
                    RENTALS,
                    MONTH.name,
                    ["total_rentals"],
                    values=True,
                ),
                4,
            ),
            (
                bars(
                    "rentals_by_month_and_status",
                    "Rentals by month and status (late to the second)",
                    RENTALS,
                    MONTH.name,
                    ["total_rentals"],
                    by=STATUS.name,
                ),
                4,
            ),
            (
                bars(
                    "days_out",
                    "Returned rentals by days out",
                    RENTALS,
                    "days_out",
                    ["total_rentals"],
                    axis="Calendar days from rental to return",
                ).only("days_out", "IS NOT NULL"),
                4,
            ),
        ),
        _row(
            64,
            (
                rows(
                    "overdue_list",
                    "Overdue rentals, the longest first (days count to the newest event in the data)",
                    OVERDUE,
                    {
                        "title": "",
                        "store_city": "",
                        "inventory_store_city": "",
                        "customer_id": "",
                        "rental_id": "",
                        "rental_date": "",
                        "due_date": "",
                        "days_overdue": "integer",
                        "status": "",
                        "late_fee": "money",
                        "replacement_cost": "money",
                    },
                    [("days_overdue", False), ("rental_id", True)],
                    page=10,
                ),
                12,
            ),
        ),
    ),
)

QUALITY = Tab(
    "Data quality",
    (
        _row(
            24,
            (number(LOADS, "last_load"), 3),
            (number(LOADS, "newest_landing"), 3),
            (number(LOADS, "rows_landed").now(), 3),
            (number(LOADS, "rows_quarantined").now(), 3),
        ),
        _row(
            24,
            (number(LOADS, "failed_loads").now(), 4),
            (number(CHECKS, "results", "Quality checks").now(), 4),
            (number(CHECKS, "results", "Failed checks", key="failed_checks").now().only("status", "!=", "pass"), 4),
        ),
        _row(
            82,
            (
                rows(
                    "loads",
                    "Last load of each table, failed ones first: rows in and out, checks, time",
                    LOADS,
                    {
                        "table_name": "",
                        "status": "",
                        "started_at": "",
                        "seconds": "decimal",
                        "rows_landed": "integer",
                        "rows_quarantined": "integer",
                        "rows_inserted": "integer",
                        "rows_updated": "integer",
                        "rows_deleted": "integer",
                        "rows_after": "integer",
                        "number_of_checks": "integer",
                        "failed_checks": "integer",
                    },
                    [("status", True), ("failed_checks", False), ("table_name", True)],  # failed, published, unchanged
                    page=15,
                ).now(),
                12,
            ),
        ),
        _row(
            64,
            (
                rows(
                    "checks",
                    "Checks of the last loads, failures first",
                    CHECKS,
                    {"status": "", "severity": "", "table_name": "", "rule": "", "broken_rows": "integer"},
                    [("status", True), ("table_name", True), ("rule", True)],
                    page=10,
                ).now(),
                6,
            ),
            (
                bars(
                    "checks_by_table",
                    "Checks of the last loads by table and result",
                    CHECKS,
                    "table_name",
                    ["results"],
                    by="status",
                    lying=True,
                ).now(),
                6,
            ),
        ),
        _row(
            46,
            (
                bars(
                    "rows_by_day",
                    "Rows landed and set aside by day of the load",
                    LOADS,
                    LOAD_DAY.name,
                    ["rows_landed", "rows_quarantined"],
                    values=True,
                ),
                4,
            ),
            (
                bars(
                    "checks_by_day",
                    "Checks and failed ones by day of the load",
                    LOADS,
                    LOAD_DAY.name,
                    ["checks_run", "checks_failed"],
                    values=True,
                ),
                4,
            ),
            (ABOUT_LOADS, 4),
        ),
    ),
)

TABS = (OVERVIEW, FILMS, PEOPLE, QUALITY)


def charts() -> Iterator[Chart]:
    """In the order of the page."""
    for tab in TABS:
        for row in tab.rows:
            for tile, _ in row.tiles:
                if isinstance(tile, Chart):
                    yield tile
