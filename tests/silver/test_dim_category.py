import pytest
from pyspark.sql import SparkSession

from dvdrental.silver import dim_category
from tests.rows import EPOCH, Found, built, one, pick

RENAMED, TOUCHED, DELETED, BACK, ONLY_USED = 1, 2, 3, 4, 50
VERSION = "valid_from valid_to name is_current"


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        dim_category,
        category=[
            dict(category_id=RENAMED, name="Science Fiction", last_update="2007-03-01 12:00", _at="2007-03-01 12:00"),
            dict(category_id=RENAMED, name="Sci-Fi", last_update="2006-02-15", _at="2006-02-15"),
            # Read after the rename, but it happened before it: arrival does not matter.
            dict(
                category_id=RENAMED,
                name="Sci-Fi",
                last_update="2006-08-01",
                _at="2006-08-01",
                _extracted_at="2008-01-01",
            ),
            dict(category_id=TOUCHED, name="Games", last_update="2006-02-15", _at="2006-02-15"),
            dict(category_id=TOUCHED, name="Games", last_update="2006-09-09", _at="2006-09-09"),
            dict(category_id=DELETED, name="Classics", _at="2006-02-15"),
            dict(category_id=DELETED, _is_delete=True, _at="2006-05-01"),
            dict(category_id=BACK, name="New", _at="2006-02-15"),
            dict(category_id=BACK, _is_delete=True, _at="2006-05-01"),
            dict(category_id=BACK, name="New", _at="2006-07-01"),
        ],
        film_category=[
            dict(film_id=1, category_id=ONLY_USED),
            dict(film_id=2, category_id=ONLY_USED),
            dict(film_id=1, category_id=DELETED),
            dict(film_id=3, category_id=RENAMED),
        ],
    )


def test_rename_ends_one_version_and_opens_the_next(found: Found) -> None:
    assert pick(found, VERSION, category_id=RENAMED) == [
        (EPOCH, "2007-03-01 12:00:00", "Sci-Fi", False),
        ("2007-03-01 12:00:00", None, "Science Fiction", True),
    ]


def test_last_update_is_updated_in_place(found: Found) -> None:
    assert pick(found, "last_update valid_to", category_id=TOUCHED) == [("2006-09-09", None)]


def test_ended_version_keeps_its_own_last_update(found: Found) -> None:
    assert one(found, category_id=RENAMED, is_current=False)["last_update"] == "2006-08-01"


def test_deleted_category_ends_and_is_no_inferred_member_though_in_use(found: Found) -> None:
    assert pick(found, VERSION + " is_inferred", category_id=DELETED) == [
        (EPOCH, "2006-05-01", "Classics", False, False)
    ]


def test_category_that_comes_back_unchanged_keeps_its_gap(found: Found) -> None:
    assert pick(found, VERSION, category_id=BACK) == [
        (EPOCH, "2006-05-01", "New", False),
        ("2006-07-01", None, "New", True),
    ]


def test_category_in_use_that_the_source_lacks_is_inferred_once(found: Found) -> None:
    assert pick(found, VERSION + " is_inferred", category_id=ONLY_USED) == [(EPOCH, None, None, True, True)]


def test_unknown_member_is_there_once(found: Found) -> None:
    assert pick(found, "category_key category_id name is_inferred is_current valid_from valid_to", category_id=-1) == [
        (-1, -1, None, True, True, EPOCH, None)
    ]


def test_every_version_has_a_surrogate_key_of_its_own(found: Found) -> None:
    assert len({row["category_key"] for row in found}) == len(found) == 8


def test_real_row_takes_over_the_key_of_its_inferred_member(spark: SparkSession, found: Found) -> None:
    later = built(spark, dim_category, category=[dict(category_id=ONLY_USED, name="Westerns", _at="2007-01-01")])
    real = one(later, category_id=ONLY_USED)
    assert (real["name"], real["is_inferred"]) == ("Westerns", False)
    assert real["category_key"] == one(found, category_id=ONLY_USED)["category_key"]


def test_without_any_row_there_is_the_unknown_member(spark: SparkSession) -> None:
    assert pick(built(spark, dim_category), "category_key category_id") == [(-1, -1)]


def test_category_in_use_of_which_only_the_end_is_known_is_inferred(spark: SparkSession) -> None:
    end = dict(category_id=ONLY_USED, _is_delete=True, _at="2007-01-01")
    used = [dict(film_id=1, category_id=ONLY_USED)]
    found = built(spark, dim_category, category=[end], film_category=used)
    assert pick(found, VERSION + " is_inferred", category_id=ONLY_USED) == [(EPOCH, None, None, True, True)]
