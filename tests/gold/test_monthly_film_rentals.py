from typing import Any

import pytest
from pyspark.sql import SparkSession

from dvdrental.gold import monthly_film_rentals
from tests.rows import Found, built, pick


def rental(
    rental_id: int, film_id: int, at: str, title: str | None, category: str | None, amount: str
) -> dict[str, Any]:
    return dict(
        rental_id=rental_id,
        film_id=film_id,
        rental_date=at,
        rental_month_start=at[:8] + "01",
        title=title,
        category=category,
        amount=amount,
    )


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        monthly_film_rentals,
        rental_obt=[
            rental(1, 1, "2004-02-01", "OLD", "Drama", "2.99"),
            rental(3, 1, "2004-02-29 23:59:59", "NEW", "Comedy", "0.99"),
            rental(2, 1, "2004-02-15", "MIDDLE", "Drama", "0.00"),
            rental(4, 1, "2004-03-01", "NEW", "Comedy", "4.99"),
            rental(5, 1, "2004-12-31 12:00", "NEW", "Comedy", "0.00"),
            rental(7, 2, "2004-02-14", "BEFORE", "Games", "1.99"),
            rental(8, 2, "2004-02-14", "AFTER", "New", "1.99"),
            rental(13, 4, "2004-02-14", "AFTER", "New", "1.99"),
            rental(12, 4, "2004-02-14", "BEFORE", "Games", "1.99"),
            rental(9, 3, "2004-02-14", "NEW", "Comedy", "3.99"),
            rental(10, -1, "2004-02-14", None, None, "5.99"),
            rental(11, -1, "2004-02-15", None, None, "5.99"),
        ],
    )


def test_month_is_one_row_of_the_film_even_when_it_changes_in_between(found: Found) -> None:
    assert pick(found, "month_end title category rental_count revenue", film_id=1) == [
        ("2004-02-29", "NEW", "Comedy", 3, "3.98"),
        ("2004-03-31", "NEW", "Comedy", 1, "4.99"),
        ("2004-12-31", "NEW", "Comedy", 1, "0.00"),
    ]


@pytest.mark.parametrize("film_id", [2, 4])
def test_of_two_last_rentals_the_higher_id_names_the_film(found: Found, film_id: int) -> None:
    assert pick(found, "title category rental_count revenue", film_id=film_id) == [("AFTER", "New", 2, "3.98")]


def test_two_films_of_one_title_stay_two(found: Found) -> None:
    assert pick(found, "film_id rental_count revenue", title="NEW", month_end="2004-02-29") == [
        (1, 3, "3.98"),
        (3, 1, "3.99"),
    ]


def test_rentals_of_unknown_films_count_too(found: Found) -> None:
    assert pick(found, "month_end title category rental_count revenue", film_id=-1) == [
        ("2004-02-29", None, None, 2, "11.98")
    ]
