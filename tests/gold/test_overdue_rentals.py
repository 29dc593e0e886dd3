from typing import Any

import pytest
from pyspark.sql import SparkSession

from dvdrental.gold import overdue_rentals
from tests.rows import Found, built, one, pick

NOW = "2007-05-14 13:44:29.996577"
HOURS, ALMOST_A_DAY, A_DAY, TWICE, LOST, NOT_YET, ON_TIME, BACK_LATE, NO_DUE_DATE = range(1, 10)


def rental(rental_id: int, due: str | None, **values: Any) -> dict[str, Any]:
    """An open rental with 3 allowed days."""
    keys = dict(rental_id=rental_id, rental_key=900 + rental_id)
    return keys | dict(rental_date="2007-01-01", due_date=due, is_open=True, rental_duration=3) | values


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        overdue_rentals,
        rental_obt=[
            rental(HOURS, "2007-05-14 01:00"),
            rental(ALMOST_A_DAY, "2007-05-13 13:44:30"),
            rental(A_DAY, "2007-05-13 13:44:29", customer_key=11, customer_id=1, title="ACADEMY DINOSAUR",
                   store_city="Lethbridge", inventory_store_city="Woodridge", replacement_cost="20.99"),
            rental(TWICE, "2007-05-08 13:44:29"),
            rental(LOST, "2007-05-07 13:44:29"),
            rental(NOT_YET, "2007-05-14 13:44:30"),
            rental(ON_TIME, NOW),
            rental(BACK_LATE, "2007-01-04", is_open=False, return_date="2007-02-01", is_late=True),
            rental(NO_DUE_DATE, None),
        ],
        payments=[dict(payment_id=1, payment_date=NOW), dict(payment_id=2, payment_date="2007-02-14")],
    )  # fmt: skip


def test_only_open_rentals_beyond_their_due_date_are_there(found: Found) -> None:
    assert pick(found, "rental_id rental_key") == [(n, 900 + n) for n in (HOURS, ALMOST_A_DAY, A_DAY, TWICE, LOST)]


@pytest.mark.parametrize(
    ("rental_id", "wanted"),
    [
        (HOURS, (0, "0.00", "overdue")),
        (ALMOST_A_DAY, (0, "0.00", "overdue")),
        (A_DAY, (1, "1.00", "overdue")),
        (TWICE, (6, "6.00", "overdue")),
        (LOST, (7, "7.00", "lost")),
    ],
)
def test_fee_and_loss_follow_the_whole_days_overdue(found: Found, rental_id: int, wanted: tuple[Any, ...]) -> None:
    assert pick(found, "days_overdue late_fee status", rental_id=rental_id) == [wanted]


def test_rental_is_described_by_the_one_big_table(found: Found) -> None:
    columns = "customer_key customer_id store_city inventory_store_city title rental_date due_date replacement_cost"
    assert pick(found, columns, rental_id=A_DAY) == [
        (11, 1, "Lethbridge", "Woodridge", "ACADEMY DINOSAUR", "2007-01-01", "2007-05-13 13:44:29", "20.99")
    ]


@pytest.mark.parametrize(
    ("rented", "returned", "paid"),
    [
        ("2007-03-03", "2007-02-02", "2007-01-01"),
        ("2007-01-01", "2007-03-03", "2007-02-02"),
        ("2007-01-01", None, "2007-03-03"),
    ],
)
def test_clock_is_the_newest_rental_return_or_payment(
    spark: SparkSession, rented: str, returned: str | None, paid: str
) -> None:
    rentals = [
        rental(1, "2007-03-01", rental_date="2006-12-31"),
        rental(2, None, rental_date=rented, return_date=returned, is_open=returned is None),
    ]
    found = built(spark, overdue_rentals, rental_obt=rentals, payments=[dict(payment_id=1, payment_date=paid)])
    assert one(found)["as_of"] == "2007-03-03"
    assert one(found)["days_overdue"] == 2
