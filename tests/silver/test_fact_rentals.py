from typing import Any

import pytest
from pyspark.sql import SparkSession

from dvdrental.silver import (
    dim_category,
    dim_customer,
    dim_film,
    dim_inventory,
    dim_staff,
    dim_store,
    fact_rentals,
)
from dvdrental.table import Table
from tests.rows import Found, Row, built, change_feed, log, one, pick, rows

CHANGE = "2005-07-01"
"""When customer 1, film 1, category 5 and store 1 change."""

COPY, OTHER_COPY, SCRAPPED_COPY = 1, 2, 3
MIKE, JON = 1, 2
BEFORE, LAST_SECOND, ON_THE_BOUNDARY, AFTER = 1, 2, 3, 4
OTHER_BEFORE, OTHER_AFTER = 5, 6
IN_GAP, AFTER_GAP, ALL_UNKNOWN, AFTER_TRANSFER, AFTER_MOVE, SCRAPPED_LATER, SCRAPPED_EARLIER = (
    10,
    11,
    12,
    13,
    14,
    15,
    16,
)
FIVE_PAYERS, UNPAID, PAID_NOTHING, CORRECTED, REFUNDED, MOVED_PAYMENT = 20, 21, 22, 23, 24, 25
OPEN, CAME_BACK, DELETED, OVER_MIDNIGHT = 30, 31, 32, 33
FILM = dict(rental_date="2005-05-24 22:53:30", inventory_id=COPY)
"""A rental of film 1, with 3 days allowed: due at 2005-05-27 22:53:30."""

LATE = {
    40: ("2005-05-27 22:53:30", False, False),
    41: ("2005-05-27 22:53:31", True, False),
    42: ("2005-05-27 23:59:59", True, False),
    43: ("2005-05-28 00:00:00", True, True),
    44: ("2005-05-27 09:00:00", False, False),
    45: ("2005-06-24 22:53:30", True, True),
}
"""Per rental: return, late to the second, late by the calendar."""

RENTAL = [
    *(
        dict(rental_id=rental_id, rental_date=at, inventory_id=COPY, customer_id=1, staff_id=MIKE)
        for rental_id, at in (
            (BEFORE, "2005-05-24 22:53:30"),
            (LAST_SECOND, "2005-06-30 23:59:59"),
            (ON_THE_BOUNDARY, "2005-07-01"),
            (AFTER, "2005-07-20 08:00"),
            (AFTER_TRANSFER, "2005-08-01"),
            (AFTER_MOVE, "2005-09-02"),
        )
    ),
    dict(rental_id=OTHER_BEFORE, rental_date="2005-06-30 23:59:59", inventory_id=OTHER_COPY, staff_id=JON),
    dict(rental_id=OTHER_AFTER, rental_date="2005-07-01", inventory_id=OTHER_COPY, staff_id=JON),
    dict(rental_id=IN_GAP, rental_date="2005-06-01", customer_id=3, inventory_id=OTHER_COPY),
    dict(rental_id=AFTER_GAP, rental_date="2005-06-15", customer_id=3, inventory_id=OTHER_COPY),
    dict(rental_id=ALL_UNKNOWN, rental_date="2005-06-15", return_date="2005-06-16", customer_id=77, staff_id=77,
         inventory_id=77),
    dict(rental_id=SCRAPPED_LATER, rental_date="2005-06-14 23:00", inventory_id=SCRAPPED_COPY),
    dict(rental_id=SCRAPPED_EARLIER, rental_date="2005-06-15", inventory_id=SCRAPPED_COPY),
    *(
        dict(rental_id=rental_id, rental_date="2005-05-24 22:53:30", inventory_id=COPY, customer_id=2)
        for rental_id in (FIVE_PAYERS, UNPAID, PAID_NOTHING, CORRECTED, REFUNDED, MOVED_PAYMENT)
    ),
    dict(rental_id=OPEN, **FILM),
    dict(rental_id=CAME_BACK, **FILM, last_update="2005-05-24", _at="2005-05-24"),
    dict(rental_id=CAME_BACK, **FILM, return_date="2005-05-26 22:04:30", last_update="2005-05-26", _at="2005-05-26"),
    dict(rental_id=DELETED, **FILM, _at="2005-05-24"),
    dict(rental_id=DELETED, _is_delete=True, _at="2005-05-25"),
    dict(rental_id=OVER_MIDNIGHT, **FILM, return_date="2005-05-25 00:10"),
    *(dict(rental_id=rental_id, **FILM, return_date=back) for rental_id, (back, _, _) in LATE.items()),
]  # fmt: skip


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        fact_rentals,
        rental=RENTAL,
        payment=[
            dict(payment_id=19518, rental_id=FIVE_PAYERS, customer_id=182, amount="3.99"),
            dict(payment_id=25162, rental_id=FIVE_PAYERS, customer_id=259, amount="1.99"),
            dict(payment_id=29163, rental_id=FIVE_PAYERS, customer_id=401, amount="0.99"),
            dict(payment_id=31069, rental_id=FIVE_PAYERS, customer_id=546, amount="3.99"),
            dict(payment_id=31834, rental_id=FIVE_PAYERS, customer_id=2, amount="3.99"),
            dict(payment_id=1, rental_id=PAID_NOTHING, amount="0.00"),
            dict(payment_id=2, rental_id=CORRECTED, amount="2.99", _at="2007-02-01"),
            dict(payment_id=2, rental_id=CORRECTED, amount="4.99", _at="2007-02-02"),
            dict(payment_id=3, rental_id=REFUNDED, amount="2.99", _at="2007-02-01"),
            dict(payment_id=3, _is_delete=True, _at="2007-02-02"),
            dict(payment_id=4, rental_id=REFUNDED, amount="0.99"),
            dict(payment_id=5, rental_id=UNPAID, amount="7.99", _at="2007-02-01"),
            dict(payment_id=5, rental_id=MOVED_PAYMENT, amount="7.99", _at="2007-02-02"),
            dict(payment_id=6, amount="9.99"),
        ],
        inventory=[
            dict(inventory_id=COPY, film_id=1, store_id=2),
            dict(inventory_id=COPY, film_id=1, store_id=1, _at="2005-09-01"),
            dict(inventory_id=OTHER_COPY, film_id=2, store_id=1),
            dict(inventory_id=SCRAPPED_COPY, film_id=2, store_id=1, _at="2005-01-01"),
            dict(inventory_id=SCRAPPED_COPY, _is_delete=True, _at="2005-06-15"),
        ],
        customers=[
            dict(customer_key=-1, customer_id=-1),
            dict(customer_key=11, customer_id=1, valid_to=CHANGE),
            dict(customer_key=12, customer_id=1, valid_from=CHANGE),
            dict(customer_key=20, customer_id=2),
            dict(customer_key=31, customer_id=3, valid_to="2005-06-01"),
            dict(customer_key=32, customer_id=3, valid_from="2005-06-15"),
        ],
        films=[
            dict(film_key=-1, film_id=-1),
            dict(film_key=101, film_id=1, category_id=5, rental_duration=3, valid_to=CHANGE),
            dict(film_key=102, film_id=1, category_id=6, rental_duration=7, valid_from=CHANGE),
            dict(film_key=201, film_id=2, category_id=5, rental_duration=5),
        ],
        categories=[
            dict(category_key=-1, category_id=-1),
            dict(category_key=51, category_id=5, valid_to=CHANGE),
            dict(category_key=52, category_id=5, valid_from=CHANGE),
            dict(category_key=60, category_id=6),
        ],
        stores=[
            dict(store_key=-1, store_id=-1),
            dict(store_key=1001, store_id=1, valid_to=CHANGE),
            dict(store_key=1002, store_id=1, valid_from=CHANGE),
            dict(store_key=2001, store_id=2),
        ],
        staff=[
            dict(staff_key=-1, staff_id=-1),
            dict(staff_key=91, staff_id=MIKE, store_id=1, valid_to="2005-08-01"),
            dict(staff_key=92, staff_id=MIKE, store_id=2, valid_from="2005-08-01"),
            dict(staff_key=93, staff_id=JON, store_id=2),
        ],
    )


def test_every_live_rental_is_there_once(found: Found) -> None:
    assert pick(found, "rental_id") == [(n,) for n in sorted({row["rental_id"] for row in RENTAL} - {DELETED})]
    assert len({row["rental_key"] for row in found}) == len(found)


@pytest.mark.parametrize(
    ("rental_id", "keys"),
    [
        (BEFORE, (11, 101, 51, 1001, 91)),
        (LAST_SECOND, (11, 101, 51, 1001, 91)),
        (ON_THE_BOUNDARY, (12, 102, 60, 1002, 91)),
        (AFTER, (12, 102, 60, 1002, 91)),
    ],
)
def test_keys_are_those_valid_when_it_was_handed_out(found: Found, rental_id: int, keys: tuple[int, ...]) -> None:
    assert pick(found, "customer_key film_key category_key store_key staff_key", rental_id=rental_id) == [keys]


@pytest.mark.parametrize(("rental_id", "keys"), [(OTHER_BEFORE, (201, 51, 1001)), (OTHER_AFTER, (201, 52, 1002))])
def test_category_and_owner_change_under_a_film_that_does_not(
    found: Found, rental_id: int, keys: tuple[int, ...]
) -> None:
    assert pick(found, "film_key category_key inventory_store_key", rental_id=rental_id) == [keys]


def test_store_is_that_of_the_staff_and_the_owner_of_the_copy_is_kept_beside_it(found: Found) -> None:
    assert pick(found, "store_key inventory_store_key", rental_id=AFTER) == [(1002, 2001)]
    assert pick(found, "store_key inventory_store_key", rental_id=OTHER_AFTER) == [(2001, 1002)]


def test_transferred_staff_rent_out_for_their_new_store(found: Found) -> None:
    assert pick(found, "staff_key store_key inventory_store_key", rental_id=AFTER_TRANSFER) == [(92, 2001, 2001)]


def test_copy_that_moved_belongs_to_its_new_store(found: Found) -> None:
    assert pick(found, "inventory_store_key film_key", rental_id=AFTER_MOVE) == [(1002, 102)]


def test_rental_while_the_customer_was_deleted_has_the_unknown_one(found: Found) -> None:
    assert pick(found, "customer_key customer_id film_key", rental_id=IN_GAP) == [(-1, 3, 201)]
    assert pick(found, "customer_key", rental_id=AFTER_GAP) == [(32,)]


def test_rental_of_nothing_that_is_known_is_kept_with_unknown_members(found: Found) -> None:
    keys = "customer_key film_key category_key store_key inventory_store_key staff_key inventory_key"
    assert pick(found, keys, rental_id=ALL_UNKNOWN) == [(-1,) * 7]
    rest = "customer_id staff_id inventory_id due_date is_late is_late_calendar rental_duration_days is_returned"
    assert pick(found, rest, rental_id=ALL_UNKNOWN) == [(77, 77, 77, None, None, None, 1, True)]


def test_copy_counts_while_it_lived(found: Found) -> None:
    assert pick(found, "film_key inventory_store_key", rental_id=SCRAPPED_LATER) == [(201, 1001)]
    assert pick(found, "film_key inventory_store_key inventory_key", rental_id=SCRAPPED_EARLIER) == [(-1, -1, -1)]


def test_copy_has_one_key_here_and_in_dim_inventory(spark: SparkSession, found: Found) -> None:
    copies = built(spark, dim_inventory, inventory=[dict(inventory_id=COPY)])
    assert {row["inventory_key"] for row in found if row["inventory_id"] == COPY} == {one(copies)["inventory_key"]}


@pytest.mark.parametrize(
    ("rental_id", "amount", "payments"),
    [
        (FIVE_PAYERS, "14.95", 5),  # 3.99 + 1.99 + 0.99 + 3.99 + 3.99
        (UNPAID, "0.00", 0),
        (PAID_NOTHING, "0.00", 1),
        (CORRECTED, "4.99", 1),
        (REFUNDED, "0.99", 1),
        (MOVED_PAYMENT, "7.99", 1),
    ],
)
def test_amount_is_the_sum_of_its_live_payments_by_whomever(
    found: Found, rental_id: int, amount: str, payments: int
) -> None:
    assert pick(found, "rental_amount number_of_payments", rental_id=rental_id) == [(amount, payments)]


def test_open_rental_has_no_duration_and_is_not_late_yet(found: Found) -> None:
    columns = "is_returned return_date return_date_key rental_duration_days is_late is_late_calendar due_date"
    assert pick(found, columns, rental_id=OPEN) == [(False, None, None, None, None, None, "2005-05-27 22:53:30")]


def test_return_closes_the_rental_in_place(found: Found) -> None:
    columns = "is_returned return_date return_date_key rental_duration_days is_late last_update"
    assert pick(found, columns, rental_id=CAME_BACK) == [
        (True, "2005-05-26 22:04:30", 20050526, 2, False, "2005-05-26")
    ]


def test_duration_counts_calendar_days(found: Found) -> None:
    assert pick(found, "rental_duration_days", rental_id=OVER_MIDNIGHT) == [(1,)]


def test_due_date_follows_the_days_that_were_allowed_at_the_time(found: Found) -> None:
    assert pick(found, "due_date", rental_id=LAST_SECOND) == [("2005-07-03 23:59:59",)]
    assert pick(found, "due_date", rental_id=ON_THE_BOUNDARY) == [("2005-07-08",)]


@pytest.mark.parametrize("rental_id", LATE)
def test_late_is_to_the_second_and_by_the_calendar_only_on_a_later_day(found: Found, rental_id: int) -> None:
    assert pick(found, "return_date is_late is_late_calendar", rental_id=rental_id) == [
        (LATE[rental_id][0].removesuffix(" 00:00:00"), *LATE[rental_id][1:])
    ]


def test_days_are_keys_of_the_calendar(found: Found) -> None:
    assert pick(found, "rental_date_key return_date_key", rental_id=43) == [(20050524, 20050528)]


def test_deleted_rental_is_gone(found: Found) -> None:
    assert pick(found, "rental_id", rental_id=DELETED) == []


def test_rental_keeps_its_key_when_the_source_touches_it(spark: SparkSession, found: Found) -> None:
    touched: list[dict[str, Any]] = [dict(rental_id=BEFORE, rental_date="2005-05-25", last_update="2020-01-01")]
    assert one(built(spark, fact_rentals, rental=touched))["rental_key"] == one(found, rental_id=BEFORE)["rental_key"]


# ------------------------------------------------------------------------------------------------------- touched

SAME = dict(customer_id=1, inventory_id=1, staff_id=1, film_id=1, category_id=1, store_id=1, inventory_store_id=2)
OTHER = dict(customer_id=2, inventory_id=2, staff_id=2, film_id=2, category_id=2, store_id=2, inventory_store_id=1)
PUBLISHED = [
    dict(rental_id=1, rental_date="2005-06-01", **SAME),
    dict(rental_id=2, rental_date="2005-08-01", **SAME),
    dict(rental_id=3, rental_date="2005-08-01", **OTHER),
]
CLOSED = [dict(_change_type="update_preimage"), dict(_change_type="update_postimage", valid_to=CHANGE)]
"""A version that ends, as it does where another one begins."""


def touched(spark: SparkSession, table: Table | str, *changes: Row, payment: tuple[Row, ...] = ()) -> set[int]:
    name = f"bronze.{table}" if isinstance(table, str) else table.full_name
    changed = {name: change_feed(spark, table, *changes)}
    found = fact_rentals.touched(
        rows(spark, fact_rentals.TABLE, *PUBLISHED), {"payment": log(spark, "payment", *payment)}, changed
    )
    return {row.rental_id for row in found.collect()}


@pytest.mark.parametrize(
    ("dimension", "natural", "hit"),
    [
        (dim_customer.TABLE, dict(customer_key=9, customer_id=1), {2}),
        (dim_film.TABLE, dict(film_key=9, film_id=1), {2}),
        (dim_category.TABLE, dict(category_key=9, category_id=1), {2}),
        (dim_staff.TABLE, dict(staff_key=9, staff_id=1), {2}),
        (dim_store.TABLE, dict(store_key=9, store_id=1), {2, 3}),  # the second one as the store that owns the copy
    ],
)
def test_another_version_touches_rentals_from_its_start_on(
    spark: SparkSession, dimension: Table, natural: Row, hit: set[int]
) -> None:
    assert touched(spark, dimension, *(natural | change for change in CLOSED)) == hit


@pytest.mark.parametrize("column", ["category_id", "rental_duration"])
def test_what_a_rental_takes_from_a_film_touches_all_its_rentals(spark: SparkSession, column: str) -> None:
    before = dict(film_key=9, film_id=1, _change_type="update_preimage")
    assert touched(spark, dim_film.TABLE, before, before | {"_change_type": "update_postimage", column: 7}) == {1, 2}


def test_what_no_rental_takes_from_a_film_touches_none(spark: SparkSession) -> None:
    before = dict(film_key=9, film_id=1, _change_type="update_preimage")
    after = before | {"_change_type": "update_postimage", "description": "new"}
    assert touched(spark, dim_film.TABLE, before, after) == set()


def test_another_store_of_a_member_of_staff_touches_their_rentals(spark: SparkSession) -> None:
    before = dict(staff_key=9, staff_id=2, store_id=1, _change_type="update_preimage")
    assert touched(spark, dim_staff.TABLE, before, before | {"_change_type": "update_postimage", "store_id": 2}) == {3}


def test_own_events_touch_a_rental_whether_published_or_not(spark: SparkSession) -> None:
    assert touched(spark, "rental", dict(rental_id=3), dict(rental_id=77)) == {3, 77}


def test_event_of_a_copy_touches_its_rentals(spark: SparkSession) -> None:
    assert touched(spark, "inventory", dict(inventory_id=1)) == {1, 2}


def test_payment_touches_every_rental_that_it_ever_was_for(spark: SparkSession) -> None:
    events = (
        dict(payment_id=5, rental_id=1),
        dict(payment_id=5, rental_id=3),
        dict(payment_id=5, _is_delete=True),
        dict(payment_id=6, rental_id=2),
    )
    assert touched(spark, "payment", dict(payment_id=5, _is_delete=True), payment=events) == {1, 3}


def test_payment_that_moved_away_from_a_touched_rental_does_not_count_for_it(spark: SparkSession) -> None:
    payment = [
        dict(payment_id=5, rental_id=1, amount="5.00", _at="2005-06-01"),
        dict(payment_id=5, rental_id=2, amount="5.00", _at="2005-06-02"),
    ]
    rental = [dict(rental_id=number, rental_date="2005-06-01") for number in (1, 2)]
    found = built(spark, fact_rentals, rental=rental, payment=payment, scope=[{"rental_id": 1}])
    assert pick(found, "rental_id rental_amount number_of_payments") == [(1, "0.00", 0)]


def test_rental_of_the_scope_has_its_copy_as_it_was_then(spark: SparkSession) -> None:
    rental = [dict(rental_id=number, rental_date="2005-06-01", inventory_id=number) for number in (1, 2)]
    inventory = [
        dict(inventory_id=1, film_id=7, store_id=1, _at="2005-01-01"),
        dict(inventory_id=1, film_id=7, store_id=2, _at="2005-07-01"),
        dict(inventory_id=2, film_id=8, store_id=2, _at="2005-01-01"),
    ]
    found = built(spark, fact_rentals, rental=rental, inventory=inventory, scope=[{"rental_id": 1}])
    assert pick(found, "rental_id film_id inventory_store_id") == [(1, 7, 1)]
