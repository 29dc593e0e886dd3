from typing import Any

import pytest
from pyspark.sql import SparkSession

from dvdrental.gold import customer_value
from tests.rows import Found, built, one, pick

REGULAR, PAYS_FOR_OTHERS, NEVER, TWICE, THIRTY, THIRTY_ONE, GONE, RENTS_UNSEEN, UNUSED = range(1, 10)


def rental(customer_id: int, at: str, **values: Any) -> dict[str, Any]:
    return dict(customer_id=customer_id, rental_date=at, is_returned=True, is_late=False) | values


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        customer_value,
        customers=[
            dict(customer_key=-1, customer_id=-1, is_inferred=True),
            dict(customer_key=11, customer_id=REGULAR, valid_to="2005-07-01", is_active_customer=True, city_id=312,
                 city="London", country="UK"),
            dict(customer_key=12, customer_id=REGULAR, valid_from="2005-07-01", is_active_customer=False, city_id=313,
                 city="London", country="Canada"),
            *(dict(customer_key=10 * n, customer_id=n, is_active_customer=True) for n in range(2, 7)),
            dict(customer_key=70, customer_id=GONE, valid_to="2006-01-01"),
            *(dict(customer_key=10 * n, customer_id=n, is_inferred=True) for n in (RENTS_UNSEEN, UNUSED)),
        ],
        rentals=[
            rental(REGULAR, "2005-07-09", customer_key=12, is_late=True),
            rental(REGULAR, "2005-05-24 22:53", customer_key=11, is_late=True),
            rental(REGULAR, "2005-06-01", customer_key=11),
            rental(REGULAR, "2006-02-14 15:16:03", customer_key=12, is_returned=False, is_late=None),
            rental(PAYS_FOR_OTHERS, "2005-05-25"),
            *(rental(TWICE, f"2005-05-{day}", is_late=None) for day in (25, 26)),
            *(rental(THIRTY, f"2005-05-{1 + n:02}") for n in range(30)),
            *(rental(THIRTY_ONE, f"2005-05-{1 + n:02}") for n in range(31)),
            rental(GONE, "2005-05-25"),
            rental(RENTS_UNSEEN, "2005-05-25"),
        ],
        payments=[
            dict(customer_id=REGULAR, customer_key=11, amount="3.99"),
            dict(customer_id=REGULAR, customer_key=12, amount="0.00"),
            dict(customer_id=PAYS_FOR_OTHERS, amount="2.99"),
            dict(customer_id=PAYS_FOR_OTHERS, amount="2.99"),
            dict(customer_id=TWICE, amount="3.99"),
            dict(customer_id=THIRTY, amount="0.99"),
            dict(customer_id=GONE, amount="99.99"),
        ],
    )  # fmt: skip


def test_every_customer_of_today_is_there_once(found: Found) -> None:
    """One of whom nothing is known but the id counts as long as somebody rents or pays under it."""
    assert pick(found, "customer_id customer_key") == [(1, 12), (2, 20), (3, 30), (4, 40), (5, 50), (6, 60), (8, 80)]


def test_customer_is_described_as_of_today(found: Found) -> None:
    assert pick(found, "is_active_customer city_id city country", customer_id=REGULAR) == [
        (False, 313, "London", "Canada")
    ]


def test_rentals_of_all_versions_of_a_customer_count(found: Found) -> None:
    columns = "rental_count open_rentals late_returns first_rental last_rental frequency_band"
    assert pick(found, columns, customer_id=REGULAR) == [
        (4, 1, 2, "2005-05-24 22:53:00", "2006-02-14 15:16:03", "repeat")
    ]


def test_returned_rental_of_an_unknown_film_is_neither_open_nor_late(found: Found) -> None:
    assert pick(found, "rental_count open_rentals late_returns", customer_id=TWICE) == [(2, 0, 0)]


def test_revenue_is_what_the_customer_paid_whoever_rented(found: Found) -> None:
    assert pick(found, "rental_count payment_count revenue", customer_id=PAYS_FOR_OTHERS) == [(1, 2, "5.98")]
    assert pick(found, "payment_count revenue", customer_id=REGULAR) == [(2, "3.99")]


def test_customer_who_never_rented_or_paid_has_zeros(found: Found) -> None:
    columns = "rental_count open_rentals late_returns first_rental last_rental payment_count revenue frequency_band"
    assert pick(found, columns, customer_id=NEVER) == [(0, 0, 0, None, None, 0, "0.00", "never")]


@pytest.mark.parametrize(
    ("customer_id", "band"),
    [
        (NEVER, (0, "never")),
        (PAYS_FOR_OTHERS, (1, "once")),
        (TWICE, (2, "repeat")),
        (THIRTY, (30, "repeat")),
        (THIRTY_ONE, (31, "very frequent")),
    ],
)
def test_band_follows_the_number_of_rentals(found: Found, customer_id: int, band: tuple[int, str]) -> None:
    assert pick(found, "rental_count frequency_band", customer_id=customer_id) == [band]


def test_equal_revenue_has_equal_rank_and_the_next_rank_is_skipped(found: Found) -> None:
    ranks = {customer_id: one(found, customer_id=customer_id)["revenue_rank"] for customer_id in range(1, 7)}
    assert ranks == {PAYS_FOR_OTHERS: 1, REGULAR: 2, TWICE: 2, THIRTY: 4, NEVER: 5, THIRTY_ONE: 5}
