"""Each oddity that the sample promises is found in its rows."""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from dvdrental.local.landing.schema import TABLES

LAST_INSTANT = "2006-02-14 15:16:03"
REFERENCES = [
    ("address", "city_id", "city"),
    ("city", "country_id", "country"),
    ("customer", "address_id", "address"),
    ("customer", "store_id", "store"),
    ("film", "language_id", "language"),
    ("film_actor", "actor_id", "actor"),
    ("film_actor", "film_id", "film"),
    ("film_category", "film_id", "film"),
    ("film_category", "category_id", "category"),
    ("inventory", "film_id", "film"),
    ("inventory", "store_id", "store"),
    ("payment", "customer_id", "customer"),
    ("payment", "staff_id", "staff"),
    ("payment", "rental_id", "rental"),
    ("rental", "customer_id", "customer"),
    ("rental", "inventory_id", "inventory"),
    ("rental", "staff_id", "staff"),
    ("staff", "address_id", "address"),
    ("staff", "store_id", "store"),
    ("store", "address_id", "address"),
]


def values(rows, column):
    return [row[column] for row in rows]


def by(rows, column):
    return {row[column]: row for row in rows}


def moment(text):
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def rentals(sample):
    """Rentals with the copy and film they are about."""
    copies, films = by(sample["inventory"], "inventory_id"), by(sample["film"], "film_id")
    return [
        {
            **rental,
            "copy": copies[rental["inventory_id"]],
            "film": films[copies[rental["inventory_id"]]["film_id"]],
        }
        for rental in sample["rental"]
    ]


def late(rental):
    due = moment(rental["rental_date"]) + timedelta(days=int(rental["film"]["rental_duration"]))
    return rental["return_date"] is not None and moment(rental["return_date"]) > due


def test_size_of_the_business(sample):
    counts = {table: len(rows) for table, rows in sample.items()}
    assert counts["customer"] == 60
    assert counts["film"] == 100
    assert counts["store"] == counts["staff"] == 2
    assert 500 < counts["rental"] < 1500


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_rows_do_not_depend_on_the_hash_seed(sample, seed):
    script = "import json, dvdrental.local.landing as it; print(json.dumps(it.read_source('sample')))"
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
    assert json.loads(result.stdout) == sample


@pytest.mark.parametrize("table", TABLES)
def test_keys_are_unique_and_in_order(sample, table):
    keys = [tuple(int(row[column]) for column in TABLES[table].key) for row in sample[table]]
    assert keys == sorted(set(keys))


@pytest.mark.parametrize(("table", "column", "target"), REFERENCES)
def test_reference_resolves(sample, table, column, target):
    key = TABLES[target].key[0]
    assert set(values(sample[table], column)) <= set(values(sample[target], key))


def test_values_fit_their_columns(sample):
    for table, source in TABLES.items():
        for column, pg_type in source.columns.items():
            if pg_type.startswith("character"):
                limit = int(pg_type.split("(")[1].rstrip(")"))
                assert max(len(value or "") for value in values(sample[table], column)) <= limit


def test_only_columns_that_may_be_null_are(sample):
    found = {
        f"{table}.{column}"
        for table, rows in sample.items()
        for row in rows
        for column, value in row.items()
        if value is None
    }
    assert found == {"address.address2", "address.postal_code", "rental.return_date", "staff.picture"}


def test_one_rental_has_several_payments_by_several_customers(sample):
    payers = defaultdict(list)
    for payment in sample["payment"]:
        payers[payment["rental_id"]].append(payment["customer_id"])
    assert sorted(len(customers) for customers in payers.values() if len(customers) > 1) == [5]
    assert max(len(set(customers)) for customers in payers.values()) == 5


def test_some_rentals_are_unpaid_the_first_weeks_among_them(sample):
    paid = set(values(sample["payment"], "rental_id"))
    unpaid = [row["rental_date"] for row in sample["rental"] if row["rental_id"] not in paid]
    assert all(row["rental_id"] not in paid for row in sample["rental"] if row["rental_date"] < "2005-03-01")
    assert any(rented > "2005-04-01" for rented in unpaid)
    assert len(unpaid) < len(sample["rental"]) / 10


def test_zero_amounts_belong_to_the_last_instant(sample):
    rented = {row["rental_id"]: row["rental_date"] for row in sample["rental"]}
    zero = [row for row in sample["payment"] if Decimal(row["amount"]) == 0]
    assert len(zero) >= 3
    assert {rented[row["rental_id"]] for row in zero} == {LAST_INSTANT}


def test_amount_is_the_rate_and_a_dollar_for_each_day_late(sample, rentals):
    known = by(rentals, "rental_id")
    amounts = {Decimal(row["amount"]) for row in sample["payment"]}
    assert len(amounts) > 10
    for payment in sample["payment"]:
        rental, amount = known[payment["rental_id"]], Decimal(payment["amount"])
        fee = amount - Decimal(rental["film"]["rental_rate"])
        assert (fee > 0) == late(rental) or amount == 0
        assert fee == int(fee) or amount == 0


def test_open_rentals_of_the_last_instant_and_older_ones(sample):
    unreturned = [row["rental_date"] for row in sample["rental"] if row["return_date"] is None]
    assert unreturned.count(LAST_INSTANT) >= 10
    assert max(values(sample["rental"], "rental_date")) == LAST_INSTANT
    assert sum(rented < "2006-01-01" for rented in unreturned) >= 3


def test_inactive_customers_rent_and_look_active(sample):
    inactive = {row["customer_id"] for row in sample["customer"] if row["active"] == "0"}
    assert len(inactive) >= 2
    assert set(values(sample["customer"], "activebool")) == {"t"}
    assert inactive <= set(values(sample["rental"], "customer_id"))


def test_two_cities_of_one_name_in_two_countries_have_customers(sample):
    cities = defaultdict(set)
    for row in sample["city"]:
        cities[row["city"]].add((row["city_id"], row["country_id"]))
    twins = [places for places in cities.values() if len(places) > 1]
    homes = {by(sample["address"], "address_id")[row["address_id"]]["city_id"] for row in sample["customer"]}
    assert len(twins) == 1
    assert len({country for _, country in twins[0]}) == 2
    assert {city for city, _ in twins[0]} <= homes


def test_language_names_are_padded(sample):
    assert {len(name) for name in values(sample["language"], "name")} == {20}
    assert "English" in [name.rstrip() for name in values(sample["language"], "name")]


@pytest.mark.parametrize(
    ("table", "column", "wanted"),
    [
        ("address", "address2", {None, ""}),
        ("address", "postal_code", {None, ""}),
        ("address", "phone", {""}),
        ("address", "district", {""}),
        ("staff", "picture", {None, r"\x89504e470d0a5a0a"}),
    ],
)
def test_null_and_empty_text(sample, table, column, wanted):
    assert wanted <= set(values(sample[table], column))


def test_whole_minutes_in_both_times_of_a_rental(sample):
    whole = [row for row in sample["rental"] if row["rental_date"].endswith(":00") and row["return_date"]]
    assert len(whole) >= 5
    assert all(row["return_date"].endswith(":00") for row in whole)


def test_fractions_of_different_length(sample):
    assert {row["last_update"] for row in sample["customer"]} == {"2013-05-26 14:49:45.738"}
    assert {row["last_update"] for row in sample["actor"]} == {"2013-05-26 14:47:57.62"}
    assert {row["payment_date"].partition(".")[2] for row in sample["payment"]} == {"996577"}


@pytest.mark.parametrize("table", [table for table in TABLES if table != "payment"])
def test_one_last_update_in_a_table(sample, table):
    assert len(set(values(sample[table], "last_update"))) == 1


def test_films_without_copy_and_without_actor(sample):
    films = set(values(sample["film"], "film_id"))
    assert len(films - set(values(sample["inventory"], "film_id"))) >= 2
    assert len(films - set(values(sample["film_actor"], "film_id"))) >= 2
    assert set(values(sample["film_category"], "film_id")) == films


def test_a_copy_never_rented(sample):
    copies = set(values(sample["inventory"], "inventory_id"))
    assert 1 <= len(copies - set(values(sample["rental"], "inventory_id"))) < len(copies) / 10


def test_two_actors_of_one_name(sample):
    names = Counter((row["first_name"], row["last_name"]) for row in sample["actor"])
    assert sorted(names.values())[-2:] == [1, 2]


def test_names_of_customers_titles_and_emails_are_unique(sample):
    for table, column in [("customer", "email"), ("film", "title")]:
        assert len(set(values(sample[table], column))) == len(sample[table])
    assert all(email.endswith("@example.org") for email in values(sample["customer"] + sample["staff"], "email"))


def test_countries_with_commas_and_one_without_customers(sample):
    names = values(sample["country"], "country")
    assert {"Congo, The Democratic Republic of the", "Virgin Islands, U.S."} <= set(names)
    cities, addresses = by(sample["city"], "city_id"), by(sample["address"], "address_id")
    lived_in = {cities[addresses[row["address_id"]]["city_id"]]["country_id"] for row in sample["customer"]}
    assert len(lived_in) == len(names) - 1


def test_text_that_is_not_ascii(sample):
    assert any(not city.isascii() for city in values(sample["city"], "city"))


def test_payments_come_about_a_year_and_a_half_later(sample):
    rented = {row["rental_id"]: moment(row["rental_date"]) for row in sample["rental"]}
    delays = [(moment(row["payment_date"]) - rented[row["rental_id"]]).days for row in sample["payment"]]
    assert min(delays) >= 453
    assert max(delays) <= 661


def test_stores_of_staff_and_copy_differ_on_about_half(sample, rentals):
    store = {row["staff_id"]: row["store_id"] for row in sample["staff"]}
    differing = sum(store[rental["staff_id"]] != rental["copy"]["store_id"] for rental in rentals)
    assert 0.4 < differing / len(rentals) < 0.6


def test_staff_of_rental_and_payment_differ_on_about_half(sample):
    staff = {row["rental_id"]: row["staff_id"] for row in sample["rental"]}
    differing = sum(staff[row["rental_id"]] != row["staff_id"] for row in sample["payment"])
    assert 0.4 < differing / len(sample["payment"]) < 0.6


@pytest.mark.parametrize(("table", "key"), [("rental", "rental_id"), ("address", "address_id")])
def test_ids_have_gaps(sample, table, key):
    ids = [int(value) for value in values(sample[table], key)]
    assert len(ids) < max(ids) - min(ids) + 1


def test_staff_share_a_fake_password(sample):
    assert set(values(sample["staff"], "password")) == {"0123456789abcdef" * 2 + "01234567"}


def test_no_two_rentals_of_a_copy_overlap_and_no_return_precedes_its_rental(sample):
    stays = defaultdict(list)
    for row in sample["rental"]:
        stays[row["inventory_id"]].append((row["rental_date"], row["return_date"] or "9999"))
    for copy in stays.values():
        assert all(rented < returned for rented, returned in copy)
        assert all(first[1] <= second[0] for first, second in zip(sorted(copy), sorted(copy)[1:], strict=False))


def test_returns_are_late_and_on_time(rentals):
    returned = [rental for rental in rentals if rental["return_date"]]
    assert 0.3 < sum(map(late, returned)) / len(returned) < 0.7
    assert max(values(returned, "return_date")) <= LAST_INSTANT


def test_a_film_in_each_rating_and_category(sample):
    assert set(values(sample["film"], "rating")) == {"G", "PG", "PG-13", "R", "NC-17"}
    assert set(values(sample["film_category"], "category_id")) == set(values(sample["category"], "category_id"))


def test_film_text_is_spelled_as_postgresql_does(sample):
    film = sample["film"][0]
    assert film["special_features"] == '{"Deleted Scenes"}'
    assert film["title"] == "Borrowed Horizon"
    assert film["fulltext"].startswith("'borrowed':1 ")
    assert "'horizon':2" in film["fulltext"]
    assert any(row["special_features"].startswith("{Trailers,") for row in sample["film"])


def test_trade_has_a_shape(rentals):
    days = Counter(date.fromisoformat(rental["rental_date"][:10]).weekday() for rental in rentals)
    months = Counter(rental["rental_date"][:7] for rental in rentals)
    titles = Counter(rental["film"]["title"] for rental in rentals).most_common()
    assert days[5] > 1.5 * days[0]
    assert months["2005-07"] > 1.2 * months["2005-05"]
    assert months["2005-12"] > 1.5 * months["2005-04"]
    assert len(months) == 13
    assert titles[0][1] > 10 * titles[-1][1]
    assert titles[0][1] < len(rentals) / 10
