from typing import Any

import pytest
from pyspark.sql import SparkSession

from dvdrental.gold import inventory_status
from tests.rows import Found, built, pick

NOW = "2005-08-10 12:00:00"
NEVER, BACK, OUT, DUE_NOW, JUST_OVERDUE, TWICE_OVERDUE, LOST, NO_DUE_DATE, FILM_UNKNOWN, MORE_DAYS_TODAY = range(1, 11)
FILM, LONGER_TODAY = 1, 2


def rental(copy: int, at: str, due: str | None, back: str | None = None, **values: Any) -> dict[str, Any]:
    """A rental of a film with 3 allowed days at that time."""
    dates = dict(rental_date=at, due_date=due, return_date=back, is_open=back is None)
    return dict(inventory_key=10 * copy, rental_duration=3, amount="0.00") | dates | values


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        inventory_status,
        copies=[
            *(dict(inventory_id=n, inventory_key=10 * n, film_id=FILM, store_id=2) for n in range(1, 9)),
            dict(inventory_id=FILM_UNKNOWN, inventory_key=10 * FILM_UNKNOWN, film_id=77, store_id=1),
            dict(inventory_id=MORE_DAYS_TODAY, inventory_key=10 * MORE_DAYS_TODAY, film_id=LONGER_TODAY, store_id=1),
        ],
        films=[
            dict(film_key=-1, film_id=-1, is_inferred=True),
            dict(film_id=FILM, title="OLD", category="Drama", rental_duration=3, replacement_cost="9.99",
                 valid_to="2005-08-01"),
            dict(film_id=FILM, title="NEW", category="Games", rental_duration=3, replacement_cost="19.99",
                 valid_from="2005-08-01"),
            dict(film_id=LONGER_TODAY, title="LONG", rental_duration=3, valid_to="2005-08-01"),
            dict(film_id=LONGER_TODAY, title="LONG", rental_duration=7, valid_from="2005-08-01"),
        ],
        stores=[
            dict(store_key=-1, store_id=-1, is_inferred=True),
            dict(store_id=2, city="Before", valid_to="2005-08-01"),
            dict(store_id=2, city="Today", valid_from="2005-08-01"),
        ],
        rental_obt=[
            rental(BACK, "2005-08-05 12:00:01", "2005-08-08 12:00:01", "2005-08-06", amount="2.99"),
            rental(BACK, "2005-06-05", "2005-06-08", "2005-06-07", amount="4.99"),
            rental(OUT, "2005-08-05 12:00", "2005-08-10 12:00:01"),
            rental(OUT, "2005-06-05", "2005-06-08", "2005-07-07", amount="0.99"),
            rental(DUE_NOW, "2005-08-07 12:00", NOW),
            rental(JUST_OVERDUE, "2005-08-07 11:59:59", "2005-08-10 11:59:59"),
            rental(TWICE_OVERDUE, "2005-08-01 12:00", "2005-08-04 12:00"),
            rental(LOST, "2005-07-31 12:00", "2005-08-03 12:00"),
            rental(NO_DUE_DATE, "2005-06-01", None),
            rental(MORE_DAYS_TODAY, "2005-07-31 12:00", "2005-08-03 12:00"),
            rental(-1, "2005-06-01", "2005-06-04"),
        ],
        payments=[dict(payment_id=1, payment_date=NOW), dict(payment_id=2, payment_date="2005-08-09")],
    )  # fmt: skip


def test_every_live_copy_is_there_once_by_the_clock_of_the_data(found: Found) -> None:
    assert pick(found, "inventory_id inventory_key as_of") == [(n, 10 * n, NOW) for n in range(1, 11)]


@pytest.mark.parametrize(
    ("copy", "status"),
    [
        (NEVER, "available"),
        (BACK, "available"),
        (OUT, "on loan"),
        (DUE_NOW, "on loan"),
        (JUST_OVERDUE, "overdue"),
        (TWICE_OVERDUE, "overdue"),
        (LOST, "lost"),
        (NO_DUE_DATE, "on loan"),
        (FILM_UNKNOWN, "available"),
    ],
)
def test_status_follows_the_open_rental(found: Found, copy: int, status: str) -> None:
    assert pick(found, "status is_available", inventory_id=copy) == [(status, status == "available")]


def test_allowed_days_are_those_of_the_rental_not_of_today(found: Found) -> None:
    """Due after the 3 days it was rented for and 7 days over: lost, as in overdue_rentals."""
    assert pick(found, "status", inventory_id=MORE_DAYS_TODAY) == [("lost",)]


def test_usage_counts_every_rental_of_the_copy(found: Found) -> None:
    columns = "rental_count revenue last_rental days_since_last_rental"
    assert pick(found, columns, inventory_id=BACK) == [(2, "7.98", "2005-08-05 12:00:01", 4)]
    assert pick(found, columns, inventory_id=OUT) == [(2, "0.99", "2005-08-05 12:00:00", 5)]


def test_copy_that_was_never_rented_has_zeros_and_no_last_rental(found: Found) -> None:
    columns = "rental_count revenue last_rental days_since_last_rental"
    assert pick(found, columns, inventory_id=NEVER) == [(0, "0.00", None, None)]


def test_film_is_described_as_of_today(found: Found) -> None:
    assert pick(found, "film_id title category replacement_cost store_id", inventory_id=NEVER) == [
        (FILM, "NEW", "Games", "19.99", 2)
    ]


def test_city_is_where_the_store_that_owns_the_copy_is_today(found: Found) -> None:
    assert pick(found, "store_id inventory_store_city", inventory_id=NEVER) == [(2, "Today")]


def test_copy_of_a_store_that_is_not_known_is_kept(found: Found) -> None:
    assert pick(found, "store_id inventory_store_city", inventory_id=MORE_DAYS_TODAY) == [(1, None)]


def test_copy_of_an_unknown_film_is_kept(found: Found) -> None:
    assert pick(found, "film_id title category replacement_cost store_id", inventory_id=FILM_UNKNOWN) == [
        (77, None, None, None, 1)
    ]
