from typing import Any

import pytest
from pyspark.sql import SparkSession

from dvdrental.gold import rental_obt
from dvdrental.silver import dim_category, dim_customer, dim_date, dim_film, dim_store, fact_rentals
from dvdrental.table import Table
from tests.rows import Found, Row, built, change_feed, one, pick, rows

CHANGE = "2005-07-01"
OLD, RECENT, OPEN, ALL_UNKNOWN, CUSTOMER_GONE, IN_OTHER_LONDON = 1, 2, 3, 4, 5, 6


def rental(rental_id: int, **values: Any) -> dict[str, Any]:
    keys = dict(customer_key=20, customer_id=2, film_key=101, category_key=51, store_key=1001, inventory_store_key=2001)
    fact = dict(rental_id=rental_id, rental_key=900 + rental_id, rental_date="2005-07-04", rental_date_key=20050704)
    return keys | fact | dict(rental_amount="0.00", number_of_payments=0, is_returned=True) | values


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        rental_obt,
        rentals=[
            rental(OLD, customer_key=11, customer_id=1, rental_date="2005-05-24 22:53:30", rental_date_key=20050524,
                   return_date="2005-05-28 00:10", due_date="2005-05-27 22:53:30", rental_duration_days=4, is_late=True,
                   is_late_calendar=False, rental_amount="14.95", number_of_payments=5, staff_key=91, inventory_key=5),
            rental(RECENT, customer_key=12, customer_id=1, film_key=102, category_key=52, store_key=1002,
                   inventory_store_key=1002),
            rental(OPEN, is_returned=False, due_date="2005-07-07"),
            rental(ALL_UNKNOWN, customer_key=-1, customer_id=77, film_key=-1, category_key=-1, store_key=-1,
                   inventory_store_key=-1, rental_amount="2.99"),
            rental(CUSTOMER_GONE, customer_key=31, customer_id=3),
            rental(IN_OTHER_LONDON, customer_key=40, customer_id=4),
        ],
        dates=[
            dict(date_key=20050524, date_day="2005-05-24", year_number=2005, quarter_number=2, month_number=5,
                 month_start="2005-05-01", week_start="2005-05-23", day_of_month=24, day_name="Tuesday",
                 day_label="2 Tue", fiscal_year=2005, fiscal_quarter=4),
            dict(date_key=20050704, date_day="2005-07-04", year_number=2005, quarter_number=3, month_number=7,
                 month_start="2005-07-01", week_start="2005-07-04", day_of_month=4, day_name="Monday",
                 day_label="1 Mon", fiscal_year=2006, fiscal_quarter=1),
        ],
        customers=[
            dict(customer_key=-1, customer_id=-1, is_inferred=True),
            dict(customer_key=11, customer_id=1, valid_to=CHANGE, is_active_customer=True, district="Alberta",
                 city_id=300, city="Lethbridge", country="Canada"),
            dict(customer_key=12, customer_id=1, valid_from=CHANGE, is_active_customer=False, district="QLD",
                 city_id=576, city="Woodridge", country="Australia"),
            dict(customer_key=20, customer_id=2, is_active_customer=True, city_id=312, city="London", country="UK"),
            dict(customer_key=31, customer_id=3, valid_to="2006-01-01", is_active_customer=True, city="Leeds"),
            dict(customer_key=40, customer_id=4, is_active_customer=True, city_id=313, city="London", country="Canada"),
        ],
        stores=[
            dict(store_key=-1, store_id=-1, is_inferred=True),
            dict(store_key=1001, store_id=1, valid_to=CHANGE, city="Lethbridge", country="Canada", district="Alberta"),
            dict(store_key=1002, store_id=1, valid_from=CHANGE, city="Calgary", country="Canada", district="Alberta"),
            dict(store_key=2001, store_id=2, city="Woodridge", country="Australia", district="QLD"),
        ],
        films=[
            dict(film_key=-1, film_id=-1, is_inferred=True),
            dict(film_key=101, film_id=1, valid_to=CHANGE, title="ACADEMY DINOSAUR", release_year=2006,
                 language="English", rating="PG", length=86, rental_duration=3, rental_rate="0.99",
                 replacement_cost="20.99", category_id=5, category="Drama"),
            dict(film_key=102, film_id=1, valid_from=CHANGE, title="ACADEMY DRAGON", rental_duration=7),
        ],
        categories=[
            dict(category_key=-1, category_id=-1, is_inferred=True),
            dict(category_key=51, category_id=5, valid_to=CHANGE, name="Drama"),
            dict(category_key=52, category_id=5, valid_from=CHANGE, name="Serious"),
        ],
    )  # fmt: skip


def test_every_rental_is_there_once_whatever_the_number_of_versions(found: Found) -> None:
    assert pick(found, "rental_id rental_key") == [(n, 900 + n) for n in range(1, 7)]


def test_calendar_is_that_of_the_rental_date(found: Found) -> None:
    columns = (
        "rental_date rental_year rental_quarter rental_month rental_month_start rental_week_start rental_day "
        "rental_day_of_week rental_weekday rental_hour fiscal_year fiscal_quarter"
    )
    assert pick(found, columns, rental_id=OLD) == [
        ("2005-05-24 22:53:30", 2005, 2, 5, "2005-05-01", "2005-05-23", 24, "Tuesday", "2 Tue", 22, 2005, 4)
    ]
    assert pick(found, "rental_month rental_hour fiscal_year fiscal_quarter", rental_id=RECENT) == [(7, 0, 2006, 1)]


def test_measures_are_those_of_the_fact(found: Found) -> None:
    columns = "return_date due_date days_out is_open is_late is_late_calendar amount number_of_payments"
    assert pick(found, columns, rental_id=OLD) == [
        ("2005-05-28 00:10:00", "2005-05-27 22:53:30", 4, False, True, False, "14.95", 5)
    ]
    assert pick(found, columns, rental_id=OPEN) == [(None, "2005-07-07", None, True, None, None, "0.00", 0)]


def test_place_of_the_customer_is_as_of_the_rental_but_activity_as_of_today(found: Found) -> None:
    columns = "customer_id customer_key customer_district customer_city_id customer_city customer_country"
    assert pick(found, f"{columns} is_active_customer", rental_id=OLD) == [
        (1, 11, "Alberta", 300, "Lethbridge", "Canada", False)
    ]
    assert pick(found, f"{columns} is_active_customer", rental_id=RECENT) == [
        (1, 12, "QLD", 576, "Woodridge", "Australia", False)
    ]


def test_customer_who_is_gone_has_a_place_but_no_activity(found: Found) -> None:
    assert pick(found, "customer_id customer_city is_active_customer", rental_id=CUSTOMER_GONE) == [(3, "Leeds", None)]


def test_two_cities_of_one_name_have_two_ids(found: Found) -> None:
    assert pick(found, "customer_city_id customer_country", customer_city="London", rental_id=OPEN) == [(312, "UK")]
    assert pick(found, "customer_city_id customer_country", customer_city="London", rental_id=IN_OTHER_LONDON) == [
        (313, "Canada")
    ]


def test_country_has_its_code_for_maps_unless_its_name_is_unknown(found: Found) -> None:
    codes = pick(found, "customer_country customer_country_iso3")
    assert set(codes) == {("Canada", "CAN"), ("Australia", "AUS"), ("UK", None), (None, None)}


def test_both_rules_for_the_store_stand_side_by_side(found: Found) -> None:
    columns = (
        "store_key store_id store_city store_country store_district inventory_store_key inventory_store_id "
        "inventory_store_city"
    )
    assert pick(found, columns, rental_id=OLD) == [(1001, 1, "Lethbridge", "Canada", "Alberta", 2001, 2, "Woodridge")]
    assert pick(found, columns, rental_id=RECENT) == [(1002, 1, "Calgary", "Canada", "Alberta", 1002, 1, "Calgary")]


def test_film_and_category_are_as_of_the_rental(found: Found) -> None:
    columns = (
        "film_key film_id title release_year language rating length rental_duration rental_rate replacement_cost "
        "category_key category_id category"
    )
    assert pick(found, columns, rental_id=OLD) == [
        (101, 1, "ACADEMY DINOSAUR", 2006, "English", "PG", 86, 3, "0.99", "20.99", 51, 5, "Drama")
    ]
    assert pick(found, "film_key film_id title rental_duration category_key category", rental_id=RECENT) == [
        (102, 1, "ACADEMY DRAGON", 7, 52, "Serious")
    ]


def test_keys_without_attributes_here_are_those_of_the_fact(found: Found) -> None:
    assert pick(found, "staff_key inventory_key", rental_id=OLD) == [(91, 5)]


def test_rental_of_unknown_members_is_kept_with_its_amount(found: Found) -> None:
    row = one(found, rental_id=ALL_UNKNOWN)
    assert row["amount"] == "2.99"
    assert [row[c] for c in ("customer_id", "store_id", "inventory_store_id", "film_id", "category_id")] == [
        77,
        -1,
        -1,
        -1,
        -1,
    ]
    names = ("customer_city", "store_city", "inventory_store_city", "title", "category", "is_active_customer")
    assert [row[c] for c in names] == [None] * 6


# ------------------------------------------------------------------------------------------------------- touched

PUBLISHED = [
    dict(
        rental_key=1, customer_id=1, customer_key=11, store_key=21, inventory_store_key=22, film_key=31, category_key=41
    ),
    dict(
        rental_key=2, customer_id=1, customer_key=12, store_key=22, inventory_store_key=23, film_key=32, category_key=42
    ),
    dict(
        rental_key=3, customer_id=2, customer_key=13, store_key=23, inventory_store_key=23, film_key=33, category_key=43
    ),
]


def touched(spark: SparkSession, table: Table, *changes: Row) -> set[int]:
    published = rows(spark, rental_obt.TABLE, *PUBLISHED)
    found = rental_obt.touched(published, {}, {table.full_name: change_feed(spark, table, *changes)})
    return {row.rental_key for row in found.collect()}


def updated(before: Row, **values: object) -> tuple[Row, Row]:
    return {"_change_type": "update_preimage"} | dict(before), {"_change_type": "update_postimage"} | before | values


@pytest.mark.parametrize(
    ("dimension", "key", "shown", "hit"),
    [
        (dim_customer.TABLE, dict(customer_key=11), "city", {1}),
        (dim_store.TABLE, dict(store_key=22), "city", {1, 2}),
        (dim_store.TABLE, dict(store_key=22), "district", {2}),
        (dim_film.TABLE, dict(film_key=33), "title", {3}),
        (dim_category.TABLE, dict(category_key=42), "name", {2}),
    ],
)
def test_what_is_shown_of_a_version_touches_its_rentals(
    spark: SparkSession, dimension: Table, key: Row, shown: str, hit: set[int]
) -> None:
    assert touched(spark, dimension, *updated(key, **{shown: "new"})) == hit
    assert touched(spark, dimension, *updated(key, last_update="2026-01-01")) == set()


def test_active_flag_of_today_touches_all_rentals_of_the_customer(spark: SparkSession) -> None:
    before = dict(customer_key=12, customer_id=1)
    assert touched(spark, dim_customer.TABLE, *updated(before, is_active_customer=False)) == {1, 2}
    opened = dict(customer_key=14, customer_id=2, is_active_customer=False)
    assert touched(spark, dim_customer.TABLE, opened) == {3}


@pytest.mark.parametrize("kind", ["insert", "update_postimage", "delete"])
def test_fact_touches_its_row(spark: SparkSession, kind: str) -> None:
    assert touched(spark, fact_rentals.TABLE, dict(rental_key=7, _change_type=kind)) == {7}


def test_new_days_touch_nothing(spark: SparkSession) -> None:
    assert touched(spark, dim_date.TABLE, dict(date_key=20260101)) == set()


def test_scope_limits_what_is_built(spark: SparkSession) -> None:
    found = built(spark, rental_obt, rentals=[dict(rental_key=1), dict(rental_key=2)], scope=[{"rental_key": 2}])
    assert [row["rental_key"] for row in found] == [2]
