import pytest
from pyspark.sql import SparkSession

from dvdrental.silver import bridge_film_actor, dim_actor
from tests.rows import Found, built, one, pick


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        bridge_film_actor,
        film_actor=[
            dict(film_id=1, actor_id=2, last_update="2006-02-15", _at="2006-02-15"),
            dict(film_id=1, actor_id=2, last_update="2006-05-15", _at="2006-05-15"),
            dict(film_id=1, actor_id=3),
            dict(film_id=2, actor_id=1),
            dict(film_id=4, actor_id=2, _at="2006-02-15"),
            dict(film_id=4, actor_id=2, _is_delete=True, _at="2006-03-01"),
            dict(film_id=5, actor_id=2, _at="2006-02-15"),
            dict(film_id=5, actor_id=2, _is_delete=True, _at="2006-03-01"),
            dict(film_id=5, actor_id=2, _at="2006-04-01"),
        ],
    )


def test_every_live_pair_is_there_once_with_its_newest_change(found: Found) -> None:
    assert pick(found, "film_id actor_id last_update") == [
        (1, 2, "2006-05-15"),
        (1, 3, None),
        (2, 1, None),
        (5, 2, None),
    ]


def test_actor_has_one_key_here_and_in_dim_actor(spark: SparkSession, found: Found) -> None:
    actors = built(spark, dim_actor, actor=[dict(actor_id=2)], film_actor=[])
    assert {row["actor_key"] for row in found if row["actor_id"] == 2} == {one(actors)["actor_key"]}
