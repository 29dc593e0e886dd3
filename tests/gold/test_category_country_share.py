import pytest
from pyspark.sql import SparkSession

from dvdrental.gold import category_country_share
from tests.rows import Found, built, pick


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    rentals = [
        ("Canada", "Drama", "2.99"),
        ("Canada", "Drama", "0.99"),
        ("Canada", "Games", "4.99"),
        ("Chad", "Drama", "0.00"),
        ("India", "Music", "1.99"),
        ("India", "Drama", "1.99"),
        ("India", "Music", "1.99"),
        ("India", "Drama", "1.99"),
        ("India", "Games", "9.99"),
        ("India", None, "0.99"),
        (None, "Drama", "3.99"),
        (None, None, "5.99"),
    ]
    return built(
        spark,
        category_country_share,
        rental_obt=[dict(customer_country=country, category=c, amount=amount) for country, c, amount in rentals],
    )


def test_share_is_of_the_rentals_of_the_country(found: Found) -> None:
    assert pick(found, "category rental_count revenue share_of_country rank_in_country", country="Canada") == [
        ("Drama", 2, "3.98", "0.666667", 1),
        ("Games", 1, "4.99", "0.333333", 2),
    ]


def test_only_category_of_a_country_has_all_of_it(found: Found) -> None:
    assert pick(found, "category rental_count revenue share_of_country rank_in_country", country="Chad") == [
        ("Drama", 1, "0.00", "1.000000", 1)
    ]


def test_equal_rentals_have_equal_rank_and_the_next_rank_is_skipped(found: Found) -> None:
    assert pick(found, "rank_in_country category share_of_country", country="India") == [
        (1, "Drama", "0.333333"),
        (1, "Music", "0.333333"),
        (3, "Games", "0.166667"),
        (3, "Unknown", "0.166667"),
    ]


def test_customers_and_films_that_are_unknown_are_not_lost(found: Found) -> None:
    assert pick(found, "category rental_count revenue share_of_country", country="Unknown") == [
        ("Drama", 1, "3.99", "0.500000"),
        ("Unknown", 1, "5.99", "0.500000"),
    ]
