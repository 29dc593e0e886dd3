import pytest
from pyspark.sql import SparkSession

from dvdrental.silver import dim_inventory
from tests.rows import Found, built, one, pick

MOVED, SCRAPPED, REPLACED = 1, 2, 3


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        dim_inventory,
        inventory=[
            dict(inventory_id=MOVED, film_id=10, store_id=2, last_update="2006-03-01", _at="2006-03-01"),
            # Read later, but it happened earlier.
            dict(inventory_id=MOVED, film_id=10, store_id=1, _at="2006-02-15", _extracted_at="2007-01-01"),
            dict(inventory_id=SCRAPPED, film_id=11, store_id=1, _at="2006-02-15"),
            dict(inventory_id=SCRAPPED, _is_delete=True, _at="2006-03-01"),
            dict(inventory_id=REPLACED, film_id=12, store_id=1, _at="2006-02-15"),
            dict(inventory_id=REPLACED, _is_delete=True, _at="2006-03-01"),
            dict(inventory_id=REPLACED, film_id=13, store_id=2, _at="2006-04-01"),
        ],
    )


def test_only_the_newest_row_of_a_copy_counts_whenever_it_landed(found: Found) -> None:
    assert pick(found, "film_id store_id last_update", inventory_id=MOVED) == [(10, 2, "2006-03-01")]


def test_scrapped_copy_is_gone(found: Found) -> None:
    assert pick(found, "film_id", inventory_id=SCRAPPED) == []


def test_copy_that_comes_back_is_as_it_came_back(found: Found) -> None:
    assert pick(found, "film_id store_id", inventory_id=REPLACED) == [(13, 2)]


def test_copy_keeps_its_key_when_it_moves(spark: SparkSession, found: Found) -> None:
    elsewhere = built(spark, dim_inventory, inventory=[dict(inventory_id=MOVED, film_id=10, store_id=1)])
    assert one(elsewhere)["inventory_key"] == one(found, inventory_id=MOVED)["inventory_key"]
    assert one(found, inventory_id=MOVED)["inventory_key"] != one(found, inventory_id=REPLACED)["inventory_key"]
