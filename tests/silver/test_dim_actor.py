import pytest
from pyspark.sql import SparkSession

from dvdrental.silver import dim_actor
from tests.rows import Found, built, one, pick

SUSAN, OTHER_SUSAN, MARRIED, RETIRED, NO_FIRST_NAME, NOT_LANDED = 101, 110, 1, 2, 3, 4


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        dim_actor,
        actor=[
            dict(actor_id=SUSAN, first_name="SUSAN", last_name="DAVIS"),
            dict(actor_id=OTHER_SUSAN, first_name="SUSAN", last_name="DAVIS"),
            dict(actor_id=MARRIED, first_name="ANN", last_name="HALL", last_update="2007-01-01", _at="2007-01-01"),
            dict(actor_id=MARRIED, first_name="ANN", last_name="DALE", last_update="2006-02-15", _at="2006-02-15"),
            dict(actor_id=RETIRED, first_name="BO", last_name="LEE", _at="2006-02-15"),
            dict(actor_id=RETIRED, _is_delete=True, _at="2006-03-01"),
            dict(actor_id=NO_FIRST_NAME, last_name="CHER"),
        ],
        film_actor=[
            dict(film_id=1, actor_id=SUSAN),
            dict(film_id=1, actor_id=NOT_LANDED),
            dict(film_id=2, actor_id=NOT_LANDED),
            dict(film_id=1, actor_id=RETIRED, _at="2006-02-15"),
            dict(film_id=1, actor_id=RETIRED, _is_delete=True, _at="2006-03-01"),
        ],
    )


def test_two_actors_of_one_name_stay_two(found: Found) -> None:
    assert pick(found, "actor_id full_name", full_name="SUSAN DAVIS") == [
        (SUSAN, "SUSAN DAVIS"),
        (OTHER_SUSAN, "SUSAN DAVIS"),
    ]
    assert one(found, actor_id=SUSAN)["actor_key"] != one(found, actor_id=OTHER_SUSAN)["actor_key"]


def test_only_the_newest_row_counts_whenever_it_landed(found: Found) -> None:
    assert pick(found, "full_name last_update", actor_id=MARRIED) == [("ANN HALL", "2007-01-01")]


def test_deleted_actor_is_gone(found: Found) -> None:
    assert pick(found, "full_name", actor_id=RETIRED) == []


def test_missing_part_of_a_name_leaves_no_blank(found: Found) -> None:
    assert one(found, actor_id=NO_FIRST_NAME)["full_name"] == "CHER"


def test_actor_whom_only_films_name_is_there_once_without_a_name(found: Found) -> None:
    assert pick(found, "full_name last_update", actor_id=NOT_LANDED) == [(None, None)]


def test_actor_keeps_the_key_under_a_new_name(spark: SparkSession, found: Found) -> None:
    actor = [dict(actor_id=MARRIED, first_name="ANN", last_name="DALE")]
    before = built(spark, dim_actor, actor=actor, film_actor=[])
    assert one(before)["actor_key"] == one(found, actor_id=MARRIED)["actor_key"]
