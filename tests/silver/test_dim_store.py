import pytest
from pyspark.sql import SparkSession

from dvdrental.silver import dim_store
from tests.rows import EPOCH, Found, built, one, pick

NEW_MANAGER, MARRIED_MANAGER, REBUILT, RELOCATED, IN_RENAMED_CITY, MANAGER_LEFT, MANAGER_UNKNOWN, CLOSED, REOPENED = (
    range(1, 10)
)
TOUCHED, RENUMBERED, OF_STAFF, OF_COPY, OF_CUSTOMER = 10, 11, 70, 71, 72
MIKE, JON, ANNA, BEN = 1, 2, 3, 4
VERSION = "valid_from valid_to is_current"


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        dim_store,
        country=[dict(country_id=1, country="Canada"), dict(country_id=2, country="Australia")],
        city=[
            dict(city_id=300, city="Lethbridge", country_id=1),
            dict(city_id=576, city="Woodridge", country_id=2),
            dict(city_id=10, city="Leeds", country_id=2),
            dict(city_id=10, city="New Leeds", country_id=2, _at="2006-05-01"),
        ],
        address=[
            dict(address_id=1, address="47 MySakila", district="Alberta", city_id=300, postal_code="", phone=""),
            dict(
                address_id=1,
                address="47 MySakila",
                district="Alberta",
                city_id=300,
                postal_code="",
                phone="1",
                _at="2006-07-07",
            ),
            dict(address_id=2, address="28 MySQL", address2="Hall", district="QLD", city_id=576, postal_code="4114"),
            dict(address_id=3, address="1 Mill St", city_id=300),
            dict(address_id=3, address="2 Mill St", city_id=300, _at="2006-08-01"),
            dict(address_id=4, city_id=10),
            dict(address_id=5, address="1 Elm St", city_id=300),
            dict(address_id=6, address="1 Elm St", city_id=300),
        ],
        staff=[
            dict(staff_id=MIKE, first_name="Mike", last_name="Hillyer", store_id=OF_STAFF),
            dict(staff_id=JON, first_name="Jon", last_name="Stephens", email="a", store_id=1),
            dict(staff_id=JON, first_name="Jon", last_name="Stephens", email="b", store_id=2, _at="2006-04-04"),
            dict(staff_id=ANNA, first_name="Anna", last_name="Smith"),
            dict(staff_id=ANNA, first_name="Anna", last_name="Jones", _at="2006-04-01"),
            dict(staff_id=BEN, first_name="Ben", last_name="Hall"),
            dict(staff_id=BEN, _is_delete=True, _at="2006-05-01"),
        ],
        store=[
            dict(store_id=NEW_MANAGER, manager_staff_id=MIKE, address_id=1, last_update="2006-01-01", _at="2006-01-01"),
            dict(store_id=NEW_MANAGER, manager_staff_id=MIKE, address_id=1, last_update="2006-02-01", _at="2006-02-01"),
            dict(store_id=NEW_MANAGER, manager_staff_id=JON, address_id=1, last_update="2006-03-01", _at="2006-03-01"),
            dict(store_id=MARRIED_MANAGER, manager_staff_id=ANNA, address_id=2),
            dict(store_id=REBUILT, address_id=3),
            dict(store_id=RELOCATED, address_id=1, _at="2006-01-01"),
            dict(store_id=RELOCATED, address_id=2, _at="2006-02-01 09:00"),
            dict(store_id=IN_RENAMED_CITY, address_id=4),
            dict(store_id=RENUMBERED, address_id=5),
            dict(store_id=RENUMBERED, address_id=6, _at="2006-02-01"),
            dict(store_id=TOUCHED, address_id=4, last_update="2006-01-01", _at="2006-01-01"),
            dict(store_id=TOUCHED, address_id=4, last_update="2006-06-01", _at="2006-06-01"),
            dict(store_id=MANAGER_LEFT, manager_staff_id=BEN),
            dict(store_id=MANAGER_UNKNOWN, manager_staff_id=99, address_id=999),
            dict(store_id=CLOSED, _at="2006-01-01"),
            dict(store_id=CLOSED, _is_delete=True, _at="2006-02-01"),
            dict(store_id=REOPENED, manager_staff_id=JON, _at="2006-01-01"),
            dict(store_id=REOPENED, _is_delete=True, _at="2006-02-01"),
            dict(store_id=REOPENED, manager_staff_id=JON, _at="2006-03-01"),
        ],
        inventory=[dict(inventory_id=1, store_id=OF_COPY), dict(inventory_id=2, store_id=CLOSED)],
        customer=[
            dict(customer_id=1, store_id=OF_CUSTOMER),
            dict(customer_id=2, store_id=OF_CUSTOMER),
            dict(customer_id=3, store_id=-1),
        ],
    )


def test_new_manager_opens_a_version(found: Found) -> None:
    assert pick(found, VERSION + " manager_staff_id manager_name", store_id=NEW_MANAGER) == [
        (EPOCH, "2006-03-01", False, MIKE, "Mike Hillyer"),
        ("2006-03-01", None, True, JON, "Jon Stephens"),
    ]


def test_last_update_is_updated_in_place_per_version(found: Found) -> None:
    assert pick(found, "valid_from last_update", store_id=NEW_MANAGER) == [
        (EPOCH, "2006-02-01"),
        ("2006-03-01", "2006-03-01"),
    ]


def test_new_name_of_the_manager_opens_a_version_but_their_email_and_store_do_not(found: Found) -> None:
    assert pick(found, VERSION + " manager_staff_id manager_name", store_id=MARRIED_MANAGER) == [
        (EPOCH, "2006-04-01", False, ANNA, "Anna Smith"),
        ("2006-04-01", None, True, ANNA, "Anna Jones"),
    ]


def test_new_street_at_the_address_opens_a_version(found: Found) -> None:
    assert pick(found, VERSION + " address", store_id=REBUILT) == [
        (EPOCH, "2006-08-01", False, "1 Mill St"),
        ("2006-08-01", None, True, "2 Mill St"),
    ]


def test_move_to_another_address_takes_all_of_its_columns_but_a_phone_opens_nothing(found: Found) -> None:
    columns = "address address2 district postal_code city_id city country_id country"
    assert pick(found, f"{VERSION} {columns}", store_id=RELOCATED) == [
        (EPOCH, "2006-02-01 09:00:00", False, "47 MySakila", None, "Alberta", "", 300, "Lethbridge", 1, "Canada"),
        ("2006-02-01 09:00:00", None, True, "28 MySQL", "Hall", "QLD", "4114", 576, "Woodridge", 2, "Australia"),
    ]
    assert [start for (start,) in pick(found, "valid_from", store_id=NEW_MANAGER)] == [EPOCH, "2006-03-01"]


def test_new_number_of_the_same_address_opens_nothing(found: Found) -> None:
    assert pick(found, VERSION + " address", store_id=RENUMBERED) == [(EPOCH, None, True, "1 Elm St")]


def test_renamed_city_opens_a_version_of_its_stores(found: Found) -> None:
    assert pick(found, VERSION + " city_id city", store_id=IN_RENAMED_CITY) == [
        (EPOCH, "2006-05-01", False, 10, "Leeds"),
        ("2006-05-01", None, True, 10, "New Leeds"),
    ]


def test_ended_version_is_not_touched_by_an_update_that_comes_later(found: Found) -> None:
    assert pick(found, "valid_from last_update city", store_id=TOUCHED) == [
        (EPOCH, "2006-01-01", "Leeds"),
        ("2006-05-01", "2006-06-01", "New Leeds"),
    ]


def test_manager_who_left_has_no_name_any_more(found: Found) -> None:
    assert pick(found, VERSION + " manager_staff_id manager_name", store_id=MANAGER_LEFT) == [
        (EPOCH, "2006-05-01", False, BEN, "Ben Hall"),
        ("2006-05-01", None, True, BEN, None),
    ]


def test_store_without_known_manager_or_address_is_kept(found: Found) -> None:
    assert pick(found, VERSION + " manager_name city is_inferred", store_id=MANAGER_UNKNOWN) == [
        (EPOCH, None, True, None, None, False)
    ]


def test_closed_store_ends_and_is_not_inferred_though_it_owns_a_copy(found: Found) -> None:
    assert pick(found, VERSION + " is_inferred", store_id=CLOSED) == [(EPOCH, "2006-02-01", False, False)]


def test_store_that_reopens_unchanged_keeps_its_gap(found: Found) -> None:
    assert pick(found, VERSION + " manager_name", store_id=REOPENED) == [
        (EPOCH, "2006-02-01", False, "Jon Stephens"),
        ("2006-03-01", None, True, "Jon Stephens"),
    ]


@pytest.mark.parametrize("store_id", [OF_STAFF, OF_COPY, OF_CUSTOMER])
def test_store_in_use_that_the_source_lacks_is_inferred_once(found: Found, store_id: int) -> None:
    assert pick(found, VERSION + " city manager_name is_inferred", store_id=store_id) == [
        (EPOCH, None, True, None, None, True)
    ]


def test_unknown_member_is_there_once_even_if_the_source_uses_its_id(found: Found) -> None:
    assert pick(found, "store_key store_id is_inferred", store_id=-1) == [(-1, -1, True)]


def test_real_store_takes_over_the_key_of_the_inferred_one(spark: SparkSession, found: Found) -> None:
    later = built(spark, dim_store, store=[dict(store_id=OF_COPY, address_id=1, _at="2007-01-01")])
    assert one(later, store_id=OF_COPY)["store_key"] == one(found, store_id=OF_COPY)["store_key"]
