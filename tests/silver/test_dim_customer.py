import random
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dvdrental.silver import dim_customer
from tests.rows import EPOCH, Found, Row, built, change_feed, one, pick, rows

UK, CANADA, ZAIRE = 1, 2, 3
LONDON_UK, LONDON_CA, LEEDS, KINSHASA, HULL = 10, 11, 12, 13, 14
IN_LEEDS, IN_LONDON_UK, IN_LONDON_CA, IN_KINSHASA, IN_HULL, EDITED = 100, 101, 102, 103, 104, 105

CITIZEN, MARRIED, MAILED, LAPSED, ENDED, RETURNED, NO_PLACE, AT_EDITED, MOVED, IN_RENAMED_COUNTRY, IN_LOST_CITY = range(
    1, 12
)
BOTH_AT_ONCE, MAILED_AFTER_RENAME, PAID_ONLY, RENTED_ONLY = 12, 13, 70, 71
VERSION = "valid_from valid_to is_current"

OPENS_A_VERSION = {
    "store_id": (1, 2),
    "first_name": ("A", None),
    "last_name": ("A", "B"),
    "address_id": (997, 998),
    "create_date": ("2006-02-14", "2006-02-15"),
}
"""Value before and after, of customer 101 and so on; 997 and 998 are not in the source."""


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        dim_customer,
        country=[
            dict(country_id=UK, country="United Kingdom"),
            dict(country_id=CANADA, country="Canada"),
            dict(country_id=ZAIRE, country="Zaire"),
            dict(country_id=ZAIRE, country="Congo", _at="2006-05-17"),
        ],
        city=[
            dict(city_id=LONDON_UK, city="London", country_id=UK),
            dict(city_id=LONDON_CA, city="London", country_id=CANADA),
            dict(city_id=LEEDS, city="Leeds", country_id=UK),
            dict(city_id=LEEDS, city="New Leeds", country_id=UK, _at="2006-05-01"),
            dict(city_id=KINSHASA, city="Kinshasa", country_id=ZAIRE),
            dict(city_id=HULL, city="Hull", country_id=UK),
            dict(city_id=HULL, _is_delete=True, _at="2006-03-01"),
            dict(city_id=HULL, city="Hull", country_id=UK, _at="2006-04-01"),
        ],
        address=[
            dict(address_id=IN_LEEDS, city_id=LEEDS, district="Yorkshire"),
            dict(address_id=IN_LONDON_UK, city_id=LONDON_UK, district=""),
            dict(address_id=IN_LONDON_CA, city_id=LONDON_CA, district="Ontario"),
            dict(address_id=IN_KINSHASA, city_id=KINSHASA),
            dict(address_id=IN_HULL, city_id=HULL),
            dict(address_id=EDITED, city_id=LONDON_UK, address="1 Mill St", postal_code="1", phone="11"),
            dict(
                address_id=EDITED, city_id=LONDON_UK, address="2 Mill St", postal_code="2", phone="12", _at="2006-03-01"
            ),
        ],
        customer=[
            dict(customer_id=CITIZEN, address_id=IN_LEEDS),
            dict(customer_id=MARRIED, address_id=IN_LONDON_UK, first_name="MARY", last_name="SMITH", _at="2006-02-14"),
            dict(
                customer_id=MARRIED,
                address_id=IN_LONDON_UK,
                first_name="MARY",
                last_name="JONES",
                _at="2006-06-01 10:30",
            ),
            dict(customer_id=MAILED, store_id=1, email="a@x.org", last_update="2006-01-01", _at="2006-01-01"),
            dict(customer_id=MAILED, store_id=1, email="b@x.org", last_update="2006-02-01", _at="2006-02-01"),
            dict(customer_id=MAILED, store_id=2, email="b@x.org", last_update="2006-03-01", _at="2006-03-01"),
            dict(customer_id=MAILED, store_id=2, email="c@x.org", last_update="2006-04-01", _at="2006-04-01"),
            dict(customer_id=LAPSED, active=1, activebool=True, _at="2006-01-01"),
            dict(customer_id=LAPSED, active=0, activebool=True, _at="2006-02-01"),
            dict(customer_id=LAPSED, active=2, activebool=True, _at="2006-03-01"),
            dict(customer_id=ENDED, address_id=IN_LONDON_UK, _at="2006-01-01"),
            dict(customer_id=ENDED, _is_delete=True, _at="2006-02-01"),
            dict(customer_id=RETURNED, address_id=IN_LEEDS, _at="2006-01-01"),
            dict(customer_id=RETURNED, _is_delete=True, _at="2006-04-01"),
            dict(customer_id=RETURNED, address_id=IN_LEEDS, _at="2006-06-01"),
            *(
                dict(customer_id=customer_id, _at=at) | {column: value}
                for customer_id, (column, values) in enumerate(OPENS_A_VERSION.items(), 101)
                for at, value in zip(("2006-01-01", "2006-02-01"), values, strict=True)
            ),
            dict(customer_id=NO_PLACE, address_id=999, last_name="NOWHERE"),
            dict(customer_id=AT_EDITED, address_id=EDITED),
            dict(customer_id=MOVED, address_id=IN_LONDON_UK, _at="2006-01-01"),
            dict(customer_id=MOVED, address_id=IN_LONDON_CA, _at="2006-02-01"),
            dict(customer_id=IN_RENAMED_COUNTRY, address_id=IN_KINSHASA, _at="2006-02-14"),
            dict(customer_id=IN_LOST_CITY, address_id=IN_HULL),
            dict(customer_id=MAILED_AFTER_RENAME, address_id=IN_LEEDS, email="a@x.org", _at="2006-01-01"),
            dict(customer_id=MAILED_AFTER_RENAME, address_id=IN_LEEDS, email="b@x.org", _at="2006-06-01"),
            dict(customer_id=BOTH_AT_ONCE, address_id=IN_LEEDS, last_name="OLD", _at="2006-01-01"),
            dict(customer_id=BOTH_AT_ONCE, address_id=IN_LEEDS, last_name="NEW", _at="2006-05-01"),
        ],
        rental=[dict(rental_id=1, customer_id=RENTED_ONLY), dict(rental_id=2, customer_id=ENDED), dict(rental_id=3)],
        payment=[dict(payment_id=1, customer_id=PAID_ONLY), dict(payment_id=2, customer_id=CITIZEN)],
    )


def test_renamed_city_opens_a_version_of_who_lives_there(found: Found) -> None:
    assert pick(found, VERSION + " city_id city country", customer_id=CITIZEN) == [
        (EPOCH, "2006-05-01", False, LEEDS, "Leeds", "United Kingdom"),
        ("2006-05-01", None, True, LEEDS, "New Leeds", "United Kingdom"),
    ]


def test_renamed_country_opens_a_version_of_who_lives_there(found: Found) -> None:
    assert pick(found, VERSION + " city country", customer_id=IN_RENAMED_COUNTRY) == [
        (EPOCH, "2006-05-17", False, "Kinshasa", "Zaire"),
        ("2006-05-17", None, True, "Kinshasa", "Congo"),
    ]


@pytest.mark.parametrize(("customer_id", "column"), list(enumerate(OPENS_A_VERSION, 101)))
def test_change_of_home_store_name_or_place_opens_a_version(found: Found, customer_id: int, column: str) -> None:
    before, after = OPENS_A_VERSION[column]
    assert pick(found, f"{VERSION} {column}", customer_id=customer_id) == [
        (EPOCH, "2006-02-01", False, before),
        ("2006-02-01", None, True, after),
    ]


def test_new_name_opens_a_version_to_the_second(found: Found) -> None:
    assert pick(found, VERSION + " full_name", customer_id=MARRIED) == [
        (EPOCH, "2006-06-01 10:30:00", False, "MARY SMITH"),
        ("2006-06-01 10:30:00", None, True, "MARY JONES"),
    ]


def test_move_between_two_cities_of_one_name_opens_a_version(found: Found) -> None:
    assert pick(found, VERSION + " city_id city district country", customer_id=MOVED) == [
        (EPOCH, "2006-02-01", False, LONDON_UK, "London", "", "United Kingdom"),
        ("2006-02-01", None, True, LONDON_CA, "London", "Ontario", "Canada"),
    ]


def test_email_is_updated_in_place_per_version(found: Found) -> None:
    assert pick(found, VERSION + " store_id email last_update", customer_id=MAILED) == [
        (EPOCH, "2006-03-01", False, 1, "b@x.org", "2006-02-01"),
        ("2006-03-01", None, True, 2, "c@x.org", "2006-04-01"),
    ]


def test_ended_version_is_not_touched_by_an_email_that_comes_later(found: Found) -> None:
    assert pick(found, VERSION + " city email", customer_id=MAILED_AFTER_RENAME) == [
        (EPOCH, "2006-05-01", False, "Leeds", "a@x.org"),
        ("2006-05-01", None, True, "New Leeds", "b@x.org"),
    ]


def test_activity_is_the_number_not_the_boolean_of_the_source(found: Found) -> None:
    assert pick(found, VERSION + " is_active_customer", customer_id=LAPSED) == [
        (EPOCH, "2006-02-01", False, True),
        ("2006-02-01", None, True, False),
    ]


def test_street_and_phone_of_the_address_open_no_version(found: Found) -> None:
    assert pick(found, VERSION, customer_id=AT_EDITED) == [(EPOCH, None, True)]


def test_two_changes_at_one_instant_open_one_version(found: Found) -> None:
    assert pick(found, VERSION + " last_name city", customer_id=BOTH_AT_ONCE) == [
        (EPOCH, "2006-05-01", False, "OLD", "Leeds"),
        ("2006-05-01", None, True, "NEW", "New Leeds"),
    ]


def test_deleted_customer_ends_and_is_not_inferred_though_in_use(found: Found) -> None:
    assert pick(found, VERSION + " is_inferred", customer_id=ENDED) == [(EPOCH, "2006-02-01", False, False)]


def test_customer_who_returns_keeps_the_gap_even_over_a_renamed_city(found: Found) -> None:
    assert pick(found, VERSION + " city", customer_id=RETURNED) == [
        (EPOCH, "2006-04-01", False, "Leeds"),
        ("2006-06-01", None, True, "New Leeds"),
    ]


def test_customer_without_a_known_address_is_kept(found: Found) -> None:
    assert pick(found, VERSION + " last_name city country is_inferred", customer_id=NO_PLACE) == [
        (EPOCH, None, True, "NOWHERE", None, None, False)
    ]


def test_place_is_null_while_the_city_is_deleted(found: Found) -> None:
    assert pick(found, VERSION + " city_id city country", customer_id=IN_LOST_CITY) == [
        (EPOCH, "2006-03-01", False, HULL, "Hull", "United Kingdom"),
        ("2006-03-01", "2006-04-01", False, HULL, None, None),
        ("2006-04-01", None, True, HULL, "Hull", "United Kingdom"),
    ]


@pytest.mark.parametrize("customer_id", [RENTED_ONLY, PAID_ONLY])
def test_customer_of_a_fact_that_the_source_lacks_is_inferred(found: Found, customer_id: int) -> None:
    assert pick(found, VERSION + " full_name is_active_customer is_inferred", customer_id=customer_id) == [
        (EPOCH, None, True, None, None, True)
    ]


def test_unknown_member_is_the_only_one_without_a_source_key(found: Found) -> None:
    assert pick(found, "customer_key customer_id is_inferred", customer_id=-1) == [(-1, -1, True)]
    assert None not in {row["customer_id"] for row in found}


def test_real_customer_takes_over_the_key_of_the_inferred_one(spark: SparkSession, found: Found) -> None:
    later = built(spark, dim_customer, customer=[dict(customer_id=PAID_ONLY, last_name="REAL", _at="2007-01-01")])
    assert one(later, customer_id=PAID_ONLY)["customer_key"] == one(found, customer_id=PAID_ONLY)["customer_key"]


def test_versions_agree_with_a_walk_through_the_logs_day_by_day(spark: SparkSession) -> None:
    """A thousand days of customers: what the logs say about each is what the one version of that day says."""
    chance = random.Random(20060214)
    name = {"customer": "last_name", "address": "district", "city": "city", "country": "country"}
    parent = {"customer": "address_id", "address": "city_id", "city": "country_id"}
    logs = {stream: _log(chance, stream, name[stream], parent.get(stream)) for stream in name}
    versions = built(spark, dim_customer, **logs)

    def last(stream: str, key: int | None, day: str) -> dict[str, Any] | None:
        events = sorted((e for e in logs[stream] if e[f"{stream}_id"] == key), key=lambda e: e["_at"])
        known = [e for e in events if e["_at"] <= day] or events[:1]
        return known[-1] if known and not known[-1].get("_is_delete") else None

    for customer_id in range(1, 41):
        for day in DAYS:
            row = last("customer", customer_id, day)
            place = []
            thing = row
            for stream, above in (("address", "customer"), ("city", "address"), ("country", "city")):
                thing = last(stream, thing[parent[above]], day) if thing else None
                place.append(thing[name[stream]] if thing else None)
            wanted = [(row["last_name"], *place)] if row else []
            seen = [v for v in versions if v["customer_id"] == customer_id and _covers(v, day)]
            assert pick(seen, "last_name district city country") == wanted, (customer_id, day)
        history = pick(
            versions,
            "valid_from valid_to last_name address_id district city_id city country_id country",
            customer_id=customer_id,
        )
        assert not any(a[1] == b[0] and a[2:] == b[2:] for a, b in pairwise(history)), "versions are maximal"


DAYS = [str(date(2006, 1, 1) + timedelta(days=n)) for n in range(25)]


def _log(chance: random.Random, stream: str, text: str, parent: str | None) -> list[dict[str, Any]]:
    """Up to six events of each key, on different days, some of them deletes."""
    events = []
    for key in range(1, 41 if stream == "customer" else 6):
        for day in chance.sample(DAYS, chance.randint(1, 6)):
            gone = chance.random() < 0.25
            values = {text: chance.choice("AB")} | ({parent: chance.randint(1, 6)} if parent else {})
            events.append({f"{stream}_id": key, "_at": day, "_is_delete": gone} | ({} if gone else values))
    return events


def _covers(version: dict[str, Any], day: str) -> bool:
    return version["valid_from"] <= day and (version["valid_to"] is None or day < version["valid_to"])


# what has changed in -> that customer, of whom 1 and 2 are known
NEWS: dict[str, tuple[str, Row, bool]] = {
    "rental of a known one": ("rental", dict(customer_id=1), False),
    "rental of a stranger": ("rental", dict(customer_id=3), True),
    "payment of a stranger": ("payment", dict(customer_id=3), True),
    "deleted payment, which names nobody": ("payment", dict(_is_delete=True), False),
    "event of a known one that was taken back": ("rental", dict(customer_id=1, _change_type="delete"), True),
    "event that names nobody and was taken back": ("rental", dict(_change_type="delete"), True),
}


@pytest.mark.parametrize(("stream", "change", "is_news"), NEWS.values(), ids=NEWS)
def test_rentals_and_payments_are_news_if_they_name_a_stranger(
    spark: SparkSession, stream: str, change: Row, is_news: bool
) -> None:
    published = rows(spark, dim_customer.TABLE, *(dict(customer_id=n) for n in (-1, 1, 1, 2)))
    found = dim_customer.NEWS[f"bronze.{stream}"](published, change_feed(spark, stream, dict(customer_id=2), change))
    assert found.isEmpty() != is_news


def test_news_is_known_of_what_merely_uses_ids() -> None:
    assert dim_customer.NEWS.keys() == {"bronze.rental", "bronze.payment"}
