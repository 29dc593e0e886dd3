import pytest
from pyspark.sql import SparkSession

from dvdrental.silver import dim_address
from tests.rows import Found, built, one, pick

OF_ALL, OF_STORE_AND_CUSTOMER, OF_CUSTOMER, OF_NOBODY, OF_STAFF_WHO_LEFT, CUSTOMER_MOVED_OUT = 1, 2, 3, 4, 5, 6
LONDON_UK, LONDON_CA, PLACELESS, CHANGED, DELETED, OF_TWO_CUSTOMERS = 7, 8, 9, 10, 11, 12


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        dim_address,
        country=[dict(country_id=1, country="United Kingdom"), dict(country_id=2, country="Canada")],
        city=[
            dict(city_id=312, city="London", country_id=1),
            dict(city_id=313, city="London", country_id=2),
            dict(city_id=10, city="Leeds", country_id=1, _at="2006-01-01"),
            dict(city_id=10, city="New Leeds", country_id=1, _at="2006-02-01"),
        ],
        address=[
            *(dict(address_id=address_id, city_id=312) for address_id in (1, 2, 3, 4, 5, 6, 12)),
            dict(
                address_id=LONDON_UK,
                address="1 Mill St",
                address2="",
                district="",
                city_id=312,
                postal_code="",
                phone="",
            ),
            dict(
                address_id=LONDON_CA, address="1 Mill St", district="Ontario", city_id=313, postal_code="N6", phone="5"
            ),
            dict(address_id=PLACELESS, address="1 Void", city_id=999),
            dict(address_id=CHANGED, address="2 Mill St", city_id=10, last_update="2006-05-01", _at="2006-05-01"),
            dict(address_id=CHANGED, address="1 Mill St", city_id=312, last_update="2006-02-15", _at="2006-02-15"),
            dict(address_id=DELETED, city_id=312, _at="2006-01-01"),
            dict(address_id=DELETED, _is_delete=True, _at="2006-02-01"),
        ],
        staff=[
            dict(staff_id=1, address_id=OF_ALL),
            dict(staff_id=2, address_id=OF_STAFF_WHO_LEFT, _at="2006-01-01"),
            dict(staff_id=2, _is_delete=True, _at="2006-02-01"),
        ],
        store=[dict(store_id=1, address_id=OF_ALL), dict(store_id=2, address_id=OF_STORE_AND_CUSTOMER)],
        customer=[
            dict(customer_id=1, address_id=OF_ALL),
            dict(customer_id=2, address_id=OF_STORE_AND_CUSTOMER),
            dict(customer_id=3, address_id=OF_CUSTOMER, _at="2006-02-01"),
            dict(customer_id=3, address_id=CUSTOMER_MOVED_OUT, _at="2006-01-01"),
            dict(customer_id=4, address_id=OF_TWO_CUSTOMERS),
            dict(customer_id=5, address_id=OF_TWO_CUSTOMERS),
            dict(customer_id=6),
        ],
    )


def test_staff_ranks_before_store_before_customer(found: Found) -> None:
    types = dict(pick(found, "address_id address_type"))
    assert [types[a] for a in (OF_ALL, OF_STORE_AND_CUSTOMER, OF_CUSTOMER, OF_NOBODY)] == [
        "staff",
        "store",
        "customer",
        None,
    ]


@pytest.mark.parametrize("address_id", [OF_STAFF_WHO_LEFT, CUSTOMER_MOVED_OUT])
def test_address_that_nobody_uses_any_more_has_no_type(found: Found, address_id: int) -> None:
    assert one(found, address_id=address_id)["address_type"] is None


def test_address_of_two_customers_is_one_row(found: Found) -> None:
    assert pick(found, "address_type", address_id=OF_TWO_CUSTOMERS) == [("customer",)]


def test_two_cities_of_one_name_stay_two_and_empty_is_not_null(found: Found) -> None:
    columns = "address_id address address2 district city_id city country_id country postal_code phone"
    assert pick(found, columns, city="London", address="1 Mill St") == [
        (LONDON_UK, "1 Mill St", "", "", 312, "London", 1, "United Kingdom", "", ""),
        (LONDON_CA, "1 Mill St", None, "Ontario", 313, "London", 2, "Canada", "N6", "5"),
    ]


def test_address_without_a_known_city_is_kept(found: Found) -> None:
    assert pick(found, "address city_id city country_id country", address_id=PLACELESS) == [
        ("1 Void", 999, None, None, None)
    ]


def test_only_the_newest_address_and_name_of_its_city_count(found: Found) -> None:
    assert pick(found, "address city last_update", address_id=CHANGED) == [("2 Mill St", "New Leeds", "2006-05-01")]


def test_deleted_address_is_gone(found: Found) -> None:
    assert pick(found, "city", address_id=DELETED) == []
