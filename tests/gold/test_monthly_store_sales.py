import pytest
from pyspark.sql import SparkSession

from dvdrental.gold import monthly_store_sales
from tests.rows import Found, built, pick

BUSY, CLOSED, IDLE, INFERRED_IDLE, INFERRED_SELLING, SAME_CITY = 1, 2, 3, 4, 5, 6
FIGURES = "revenue number_of_sales number_of_rentals"
NOTHING = ("0.00", 0, 0)


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    """From the first rental, in March 2005, to the newest payment, in April 2006: 14 months."""
    return built(
        spark,
        monthly_store_sales,
        rentals=[
            dict(rental_id=1, store_key=1001, rental_date="2005-03-31 23:59:59", rental_amount="4.99"),
            dict(rental_id=2, store_key=1001, rental_date="2005-04-01", rental_amount="4.99"),
            dict(rental_id=3, store_key=1002, rental_date="2005-04-30 23:00"),
            dict(rental_id=4, store_key=2001, rental_date="2005-04-10"),
        ],
        payments=[
            dict(payment_id=1, store_key=1001, payment_date="2005-04-02", amount="2.99"),
            dict(payment_id=2, store_key=1002, payment_date="2005-04-03", amount="0.99"),
            dict(payment_id=3, store_key=1002, payment_date="2005-04-03", amount="0.00"),
            dict(payment_id=4, store_key=1002, payment_date="2006-04-30 23:59:59.996577", amount="7.99"),
            dict(payment_id=5, store_key=5001, payment_date="2005-05-05", amount="1.99"),
            dict(payment_id=6, store_key=-1, payment_date="2005-05-05", amount="3.99"),
            dict(payment_id=7, store_key=6001, payment_date="2005-05-05", amount="5.99"),
        ],
        stores=[
            dict(store_key=-1, store_id=-1, is_inferred=True),
            dict(store_key=1001, store_id=BUSY, valid_to="2005-04-03", city="Lethbridge"),
            dict(store_key=1002, store_id=BUSY, valid_from="2005-04-03", city="Calgary"),
            dict(store_key=2001, store_id=CLOSED, valid_to="2005-06-01", city="Woodridge"),
            dict(store_key=3001, store_id=IDLE, city="Leeds"),
            dict(store_key=4001, store_id=INFERRED_IDLE, is_inferred=True),
            dict(store_key=5001, store_id=INFERRED_SELLING, is_inferred=True),
            dict(store_key=6001, store_id=SAME_CITY, city="Calgary"),
        ],
    )


def test_every_store_that_is_open_or_ever_sold_has_every_month_once(found: Found) -> None:
    months = [*(f"2005-{month:02}-01" for month in range(3, 13)), *(f"2006-{month:02}-01" for month in range(1, 5))]
    assert pick(found, "store_id month_start") == [
        (store_id, month) for store_id in (-1, BUSY, CLOSED, IDLE, INFERRED_SELLING, SAME_CITY) for month in months
    ]


def test_sales_count_by_their_payment_and_rentals_by_their_handing_out(found: Found) -> None:
    months = dict.fromkeys((row["month_start"] for row in found), NOTHING) | {
        "2005-03-01": ("0.00", 0, 1),
        "2005-04-01": ("3.98", 3, 2),
        "2006-04-01": ("7.99", 1, 0),
    }
    assert pick(found, f"month_start {FIGURES}", store_id=BUSY) == sorted((m, *f) for m, f in months.items())


def test_city_is_that_of_today_in_every_month_and_null_for_a_closed_store(found: Found) -> None:
    cities = {(row["store_id"], row["store_city"]) for row in found}
    assert cities == {
        (-1, None),
        (BUSY, "Calgary"),
        (CLOSED, None),
        (IDLE, "Leeds"),
        (INFERRED_SELLING, None),
        (SAME_CITY, "Calgary"),
    }


def test_store_that_never_sold_has_zeros(found: Found) -> None:
    assert set(pick(found, FIGURES, store_id=IDLE)) == {NOTHING}


def test_two_stores_in_one_city_stay_two(found: Found) -> None:
    assert pick(found, "store_id revenue", store_city="Calgary", month_start="2005-05-01") == [
        (BUSY, "0.00"),
        (SAME_CITY, "5.99"),
    ]


def test_sales_of_an_unknown_store_are_not_lost(found: Found) -> None:
    assert pick(found, FIGURES, store_id=-1, month_start="2005-05-01") == [("3.99", 1, 0)]


def test_last_12_months_end_with_the_newest_month_of_the_data(found: Found) -> None:
    assert pick(found, "month_start is_last_12_months", store_id=IDLE)[:3] == [
        ("2005-03-01", False),
        ("2005-04-01", False),
        ("2005-05-01", True),
    ]
    assert len(pick(found, "month_start", store_id=IDLE, is_last_12_months=True)) == 12


def test_unknown_store_without_sales_is_not_there(spark: SparkSession) -> None:
    found = built(
        spark,
        monthly_store_sales,
        rentals=[dict(rental_id=1, store_key=1001, rental_date="2005-03-31")],
        stores=[dict(store_key=-1, store_id=-1, is_inferred=True), dict(store_key=1001, store_id=1)],
    )
    assert pick(found, f"store_id month_start {FIGURES} is_last_12_months") == [(1, "2005-03-01", "0.00", 0, 1, True)]
