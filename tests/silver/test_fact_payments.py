import pytest
from pyspark.sql import SparkSession

from dvdrental.silver import dim_customer, dim_staff, dim_store, fact_payments, fact_rentals
from dvdrental.table import Table
from tests.rows import Found, Row, built, change_feed, pick, rows

CHANGE = "2007-03-01"
"""When payer 1 and store 1 change, long after the rental."""

RENTAL = 4591
OWN, FOREIGN, LAST_SECOND, ON_THE_BOUNDARY, AFTER_TRANSFER, FREE, CORRECTED, DELETED = 1, 2, 3, 4, 5, 6, 7, 8
RENTAL_GONE, NO_RENTAL, NOBODY_KNOWN = 9, 10, 11


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    early = dict(rental_id=RENTAL, payment_date="2007-02-15 10:00", amount="3.99")
    return built(
        spark,
        fact_payments,
        payment=[
            dict(payment_id=OWN, customer_id=1, staff_id=2, **early),
            dict(payment_id=FOREIGN, customer_id=2, staff_id=1, **early),
            dict(payment_id=LAST_SECOND, customer_id=1, staff_id=1, rental_id=RENTAL, amount="0.99",
                 payment_date="2007-02-28 23:59:59.999999"),
            dict(payment_id=ON_THE_BOUNDARY, customer_id=1, staff_id=1, rental_id=RENTAL, amount="0.99",
                 payment_date=CHANGE),
            dict(payment_id=AFTER_TRANSFER, customer_id=1, staff_id=1, rental_id=RENTAL, amount="0.99",
                 payment_date="2007-05-14 13:44:29.996577"),
            dict(payment_id=FREE, rental_id=RENTAL, amount="0.00", payment_date="2007-05-14"),
            dict(payment_id=CORRECTED, rental_id=RENTAL, amount="9.99", payment_date="2007-04-01", _at="2007-04-01"),
            dict(payment_id=CORRECTED, rental_id=RENTAL, amount="1.99", payment_date="2007-04-01", _at="2007-04-02"),
            dict(payment_id=DELETED, rental_id=RENTAL, amount="1.99", payment_date="2007-04-01", _at="2007-04-01"),
            dict(payment_id=DELETED, _is_delete=True, _at="2007-04-02"),
            dict(payment_id=RENTAL_GONE, rental_id=999, customer_id=2, amount="2.99", payment_date="2007-02-15"),
            dict(payment_id=NO_RENTAL, customer_id=2, amount="2.99", payment_date="2007-02-15"),
            dict(payment_id=NOBODY_KNOWN, rental_id=RENTAL, customer_id=77, staff_id=77, amount="2.99",
                 payment_date="2007-02-15"),
        ],
        rentals=[
            dict(rental_id=RENTAL, rental_key=900, customer_id=1, customer_key=11, film_key=101, category_key=51,
                 store_key=1001, staff_key=91, inventory_store_key=2001, rental_date="2005-07-06"),
            dict(rental_id=1, rental_key=901, customer_id=1, customer_key=11, film_key=102, category_key=52),
        ],
        customers=[
            dict(customer_key=-1, customer_id=-1),
            dict(customer_key=11, customer_id=1, valid_to=CHANGE),
            dict(customer_key=12, customer_id=1, valid_from=CHANGE),
            dict(customer_key=20, customer_id=2),
        ],
        stores=[
            dict(store_key=-1, store_id=-1),
            dict(store_key=1001, store_id=1, valid_to=CHANGE),
            dict(store_key=1002, store_id=1, valid_from=CHANGE),
            dict(store_key=2001, store_id=2),
        ],
        staff=[
            dict(staff_key=-1, staff_id=-1),
            dict(staff_key=91, staff_id=1, store_id=1, valid_to="2007-05-01"),
            dict(staff_key=92, staff_id=1, store_id=2, valid_from="2007-05-01"),
            dict(staff_key=93, staff_id=2, store_id=2),
        ],
    )  # fmt: skip


def test_every_live_payment_is_there_once_with_its_newest_amount(found: Found) -> None:
    assert pick(found, "payment_id amount") == [
        (OWN, "3.99"),
        (FOREIGN, "3.99"),
        (LAST_SECOND, "0.99"),
        (ON_THE_BOUNDARY, "0.99"),
        (AFTER_TRANSFER, "0.99"),
        (FREE, "0.00"),
        (CORRECTED, "1.99"),
        (RENTAL_GONE, "2.99"),
        (NO_RENTAL, "2.99"),
        (NOBODY_KNOWN, "2.99"),
    ]
    assert len({row["payment_key"] for row in found}) == len(found)


def test_customer_is_who_paid_not_who_rented(found: Found) -> None:
    assert pick(found, "customer_id customer_key rental_key", payment_id=FOREIGN) == [(2, 20, 900)]


def test_store_and_staff_are_those_of_the_till_not_of_the_rental(found: Found) -> None:
    assert pick(found, "staff_id staff_key store_key inventory_store_key", payment_id=OWN) == [(2, 93, 2001, 2001)]
    assert pick(found, "staff_id staff_key store_key inventory_store_key", payment_id=FOREIGN) == [(1, 91, 1001, 2001)]


@pytest.mark.parametrize(
    ("payment_id", "keys"),
    [
        (OWN, (11, 93, 2001)),
        (LAST_SECOND, (11, 91, 1001)),
        (ON_THE_BOUNDARY, (12, 91, 1002)),
        (AFTER_TRANSFER, (12, 92, 2001)),
    ],
)
def test_payer_and_till_are_as_of_the_payment(found: Found, payment_id: int, keys: tuple[int, ...]) -> None:
    assert pick(found, "customer_key staff_key store_key", payment_id=payment_id) == [keys]


def test_film_category_and_owner_are_as_of_the_rental(found: Found) -> None:
    assert set(pick(found, "film_key category_key inventory_store_key", rental_id=RENTAL)) == {(101, 51, 2001)}


@pytest.mark.parametrize(("payment_id", "rental_id"), [(RENTAL_GONE, 999), (NO_RENTAL, None)])
def test_payment_without_a_rental_is_kept_with_unknown_members(
    found: Found, payment_id: int, rental_id: int | None
) -> None:
    columns = "rental_id rental_key film_key category_key inventory_store_key customer_key"
    assert pick(found, columns, payment_id=payment_id) == [(rental_id, -1, -1, -1, -1, 20)]


def test_payment_by_nobody_who_is_known_is_kept_with_unknown_members(found: Found) -> None:
    columns = "customer_id customer_key staff_id staff_key store_key rental_key"
    assert pick(found, columns, payment_id=NOBODY_KNOWN) == [(77, -1, 77, -1, -1, 900)]


def test_day_and_time_are_those_of_the_payment(found: Found) -> None:
    assert pick(found, "payment_date_key payment_date", payment_id=AFTER_TRANSFER) == [
        (20070514, "2007-05-14 13:44:29.996577")
    ]


# ------------------------------------------------------------------------------------------------------- touched

PUBLISHED = [
    dict(payment_id=1, rental_id=1, customer_id=1, staff_id=1, store_id=1, payment_date="2007-02-15"),
    dict(payment_id=2, rental_id=1, customer_id=1, staff_id=1, store_id=1, payment_date="2007-04-15"),
    dict(payment_id=3, rental_id=2, customer_id=2, staff_id=2, store_id=2, payment_date="2007-04-15"),
]
UPDATE = (dict(_change_type="update_preimage"), dict(_change_type="update_postimage"))


def touched(spark: SparkSession, table: Table | str, *changes: Row) -> set[int]:
    name = f"bronze.{table}" if isinstance(table, str) else table.full_name
    published = rows(spark, fact_payments.TABLE, *PUBLISHED)
    found = fact_payments.touched(published, {}, {name: change_feed(spark, table, *changes)})
    return {row.payment_id for row in found.collect()}


@pytest.mark.parametrize(
    ("dimension", "natural"),
    [
        (dim_customer.TABLE, dict(customer_key=9, customer_id=1)),
        (dim_staff.TABLE, dict(staff_key=9, staff_id=1)),
        (dim_store.TABLE, dict(store_key=9, store_id=1)),
    ],
)
def test_another_version_touches_payments_from_its_start_on(
    spark: SparkSession, dimension: Table, natural: Row
) -> None:
    before, after = (natural | change for change in UPDATE)
    assert touched(spark, dimension, before, after | {"valid_to": CHANGE}) == {2}


def test_another_store_of_a_member_of_staff_touches_their_payments(spark: SparkSession) -> None:
    before, after = (dict(staff_key=9, staff_id=1) | change for change in UPDATE)
    assert touched(spark, dim_staff.TABLE, before, after | {"store_id": 2}) == {1, 2}


def test_own_events_touch_a_payment_whether_published_or_not(spark: SparkSession) -> None:
    assert touched(spark, "payment", dict(payment_id=3), dict(payment_id=77, _is_delete=True)) == {3, 77}


@pytest.mark.parametrize("column", ["film_key", "category_key", "inventory_store_key"])
def test_what_a_payment_takes_from_its_rental_touches_it(spark: SparkSession, column: str) -> None:
    before, after = (dict(rental_key=9, rental_id=1) | change for change in UPDATE)
    assert touched(spark, fact_rentals.TABLE, before, after | {column: 7}) == {1, 2}
    assert touched(spark, fact_rentals.TABLE, before, after | {"is_returned": True}) == set()


@pytest.mark.parametrize("kind", ["insert", "delete"])
def test_rental_that_comes_or_goes_touches_its_payments(spark: SparkSession, kind: str) -> None:
    assert touched(spark, fact_rentals.TABLE, dict(rental_key=9, rental_id=2, _change_type=kind)) == {3}


def test_scope_limits_what_is_built_to_whole_payments(spark: SparkSession) -> None:
    payment = [dict(payment_id=number, rental_id=1, payment_date="2007-02-15", amount="1.00") for number in (1, 2)]
    found = built(spark, fact_payments, payment=payment, scope=[{"payment_id": 2}])
    assert pick(found, "payment_id") == [(2,)]
