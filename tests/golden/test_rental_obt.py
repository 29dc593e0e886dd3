"""gold.rental_obt and the view on it, against the dump."""

import pytest

from dvdrental.gold.preset_rental_obt import VIEW
from tests.golden.compare import assert_as_expected, assert_same_rows, expected_sql

FIRST_DASHBOARD = [
    "rental_key",
    "rental_date",
    "rental_year",
    "rental_month",
    "rental_day",
    "rental_day_of_week",
    "customer_key",
    "is_active_customer",
    "store_key",
    "store_city",
    "store_country",
    "store_district",
    "film_key",
    "title",
    "release_year",
    "language",
    "rating",
    "rental_duration",
    "category_key",
    "name",
]

NATURAL_IDS = {
    "rental_key": "r.rental_id",
    "customer_key": "r.customer_id",
    "store_key": "s.store_id",
    "inventory_store_key": "i.store_id",
    "staff_key": "r.staff_id",
    "inventory_key": "r.inventory_id",
    "film_key": "i.film_id",
    "category_key": "fc.category_id",
}

OF_SOURCE = """
    FROM gold.rental_obt AS o
    JOIN source.rental AS r USING (rental_id)
    JOIN source.staff AS s USING (staff_id)
    JOIN source.inventory AS i USING (inventory_id)
    JOIN source.film_category AS fc ON fc.film_id = i.film_id
"""


def test_promise_15_every_column_of_every_rental_equals_the_independent_sql(db):
    assert_as_expected(db, "gold.rental_obt")


@pytest.mark.parametrize(("key", "natural_id"), NATURAL_IDS.items())
def test_surrogate_key_stands_for_one_natural_id_and_the_other_way_round(db, key, natural_id):
    pairs, keys, ids = db.execute(
        f"SELECT count(DISTINCT ({key}, {natural_id})), count(DISTINCT {key}), count(DISTINCT {natural_id}) {OF_SOURCE}"
    ).fetchone()
    assert pairs == keys == ids


def test_view_has_the_columns_of_the_first_dashboard_in_their_order():
    assert list(VIEW.columns) == FIRST_DASHBOARD


def test_view_reads_the_one_big_table():
    assert VIEW.source.full_name == "gold.rental_obt"


def test_view_shows_under_each_name_what_the_first_dashboard_meant_by_it(db):
    meant = {name: "category" if name == "name" else name for name in FIRST_DASHBOARD if not name.endswith("_key")}
    expected = ", ".join(f"{column} AS {name}" for name, column in meant.items())
    shown = ", ".join(f"{VIEW.columns[name]} AS {name}" for name in meant)
    wanted = f"SELECT {expected} FROM ({expected_sql('gold.rental_obt')})"
    assert_same_rows(db, wanted, f"SELECT {shown} FROM {VIEW.source.full_name}")
