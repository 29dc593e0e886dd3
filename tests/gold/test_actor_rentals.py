import pytest
from pyspark.sql import SparkSession

from dvdrental.gold import actor_rentals
from tests.rows import Found, built, pick

SUSAN, OTHER_SUSAN, EQUAL, UNRENTED, NO_FILM = 101, 110, 3, 4, 5
GONE = 99
FIGURES = "film_count rental_count revenue rental_rank"


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    """Film 1 is rented twice, film 2 once, film 3 never."""
    return built(
        spark,
        actor_rentals,
        actors=[
            dict(actor_id=SUSAN, full_name="SUSAN DAVIS"),
            dict(actor_id=OTHER_SUSAN, full_name="SUSAN DAVIS"),
            dict(actor_id=EQUAL, full_name="ANN HALL"),
            dict(actor_id=UNRENTED, full_name="BO LEE"),
            dict(actor_id=NO_FILM, full_name="CY FOX"),
        ],
        film_actors=[
            *(dict(film_id=film_id, actor_id=SUSAN) for film_id in (1, 2, 3)),
            dict(film_id=1, actor_id=OTHER_SUSAN),
            dict(film_id=1, actor_id=EQUAL),
            dict(film_id=3, actor_id=UNRENTED),
            dict(film_id=2, actor_id=GONE),
        ],
        rental_obt=[
            dict(rental_id=1, film_id=1, amount="2.99"),
            dict(rental_id=2, film_id=1, amount="0.00"),
            dict(rental_id=3, film_id=2, amount="4.99"),
            dict(rental_id=4, film_id=-1, amount="9.99"),
        ],
    )


def test_every_live_actor_is_there_once(found: Found) -> None:
    assert pick(found, "actor_id full_name") == [
        (EQUAL, "ANN HALL"),
        (UNRENTED, "BO LEE"),
        (NO_FILM, "CY FOX"),
        (SUSAN, "SUSAN DAVIS"),
        (OTHER_SUSAN, "SUSAN DAVIS"),
    ]


def test_rental_counts_for_each_actor_of_its_film(found: Found) -> None:
    assert pick(found, FIGURES, actor_id=SUSAN) == [(3, 3, "7.98", 1)]
    assert pick(found, FIGURES, actor_id=OTHER_SUSAN) == [(1, 2, "2.99", 2)]


def test_equal_rentals_have_equal_rank_and_the_next_rank_is_skipped(found: Found) -> None:
    assert pick(found, "rental_rank actor_id") == [
        (1, SUSAN),
        (2, EQUAL),
        (2, OTHER_SUSAN),
        (4, UNRENTED),
        (4, NO_FILM),
    ]


def test_actor_of_films_that_nobody_rented_has_zeros(found: Found) -> None:
    assert pick(found, FIGURES, actor_id=UNRENTED) == [(1, 0, "0.00", 4)]


def test_actor_without_a_film_has_zeros(found: Found) -> None:
    assert pick(found, FIGURES, actor_id=NO_FILM) == [(0, 0, "0.00", 4)]
