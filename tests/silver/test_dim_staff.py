import pytest
from pyspark.sql import SparkSession

from dvdrental.silver import dim_staff
from tests.rows import EPOCH, Found, built, change_feed, one, pick, rows

TRANSFERRED, MARRIED, MAILED, LEFT, DELETED, REHIRED = 1, 2, 3, 4, 5, 6
MANAGER, HANDED_OUT, TOOK_MONEY = 70, 71, 72
VERSION = "valid_from valid_to is_current"


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        dim_staff,
        staff=[
            dict(staff_id=TRANSFERRED, store_id=1, _at="2006-05-16"),
            dict(staff_id=TRANSFERRED, store_id=2, _at="2006-06-01 08:00"),
            dict(staff_id=MARRIED, first_name="Ann", last_name="Hill", _at="2006-05-16"),
            dict(staff_id=MARRIED, first_name="Ann", last_name="Dale", _at="2006-07-01"),
            dict(staff_id=MAILED, email="a@x.org", address_id=3, last_update="2006-01-01", _at="2006-01-01"),
            dict(staff_id=MAILED, email="b@x.org", address_id=4, last_update="2006-02-01", _at="2006-02-01"),
            dict(staff_id=LEFT, active=True, _at="2006-01-01"),
            dict(staff_id=LEFT, active=False, _at="2006-02-01"),
            dict(staff_id=DELETED, first_name="Bo", last_name="Lee", _at="2006-01-01"),
            dict(staff_id=DELETED, _is_delete=True, _at="2006-02-01"),
            dict(staff_id=REHIRED, first_name="Cy", last_name="Fox", _at="2006-01-01"),
            dict(staff_id=REHIRED, _is_delete=True, _at="2006-02-01"),
            dict(staff_id=REHIRED, first_name="Cy", last_name="Fox", _at="2006-03-01"),
        ],
        store=[dict(store_id=1, manager_staff_id=MANAGER), dict(store_id=2, manager_staff_id=TRANSFERRED)],
        rental=[dict(rental_id=1, staff_id=HANDED_OUT), dict(rental_id=2, staff_id=DELETED)],
        payment=[dict(payment_id=1, staff_id=TOOK_MONEY), dict(payment_id=2)],
    )


def test_transfer_to_another_store_opens_a_version(found: Found) -> None:
    assert pick(found, VERSION + " store_id", staff_id=TRANSFERRED) == [
        (EPOCH, "2006-06-01 08:00:00", False, 1),
        ("2006-06-01 08:00:00", None, True, 2),
    ]


def test_new_name_opens_a_version(found: Found) -> None:
    assert pick(found, VERSION + " full_name", staff_id=MARRIED) == [
        (EPOCH, "2006-07-01", False, "Ann Hill"),
        ("2006-07-01", None, True, "Ann Dale"),
    ]


def test_email_and_address_are_updated_in_place(found: Found) -> None:
    assert pick(found, VERSION + " email address_id last_update", staff_id=MAILED) == [
        (EPOCH, None, True, "b@x.org", 4, "2006-02-01")
    ]


def test_end_of_employment_opens_a_version(found: Found) -> None:
    assert pick(found, VERSION + " is_active", staff_id=LEFT) == [
        (EPOCH, "2006-02-01", False, True),
        ("2006-02-01", None, True, False),
    ]


def test_deleted_member_of_staff_ends_and_is_not_inferred_though_in_use(found: Found) -> None:
    assert pick(found, VERSION + " full_name is_inferred", staff_id=DELETED) == [
        (EPOCH, "2006-02-01", False, "Bo Lee", False)
    ]


def test_member_of_staff_who_comes_back_keeps_the_gap(found: Found) -> None:
    assert pick(found, VERSION + " full_name", staff_id=REHIRED) == [
        (EPOCH, "2006-02-01", False, "Cy Fox"),
        ("2006-03-01", None, True, "Cy Fox"),
    ]


@pytest.mark.parametrize("staff_id", [MANAGER, HANDED_OUT, TOOK_MONEY])
def test_staff_of_a_store_or_fact_that_the_source_lacks_is_inferred(found: Found, staff_id: int) -> None:
    assert pick(found, VERSION + " full_name store_id is_inferred", staff_id=staff_id) == [
        (EPOCH, None, True, None, None, True)
    ]


def test_unknown_member_is_the_only_one_without_a_source_key(found: Found) -> None:
    assert pick(found, "staff_key staff_id is_inferred", staff_id=-1) == [(-1, -1, True)]
    assert None not in {row["staff_id"] for row in found}


def test_real_row_takes_over_the_key_of_its_inferred_member(spark: SparkSession, found: Found) -> None:
    later = built(spark, dim_staff, staff=[dict(staff_id=MANAGER, first_name="Real", _at="2007-01-01")])
    assert one(later, staff_id=MANAGER)["staff_key"] == one(found, staff_id=MANAGER)["staff_key"]


@pytest.mark.parametrize(("staff_id", "is_news"), [(1, False), (2, True)])
def test_rental_is_news_if_it_names_a_stranger(spark: SparkSession, staff_id: int, is_news: bool) -> None:
    published = rows(spark, dim_staff.TABLE, dict(staff_id=1))
    found = dim_staff.NEWS["bronze.rental"](published, change_feed(spark, "rental", dict(staff_id=staff_id)))
    assert found.isEmpty() != is_news


def test_news_is_known_of_what_merely_uses_ids() -> None:
    assert dim_staff.NEWS.keys() == {"bronze.rental", "bronze.payment"}
