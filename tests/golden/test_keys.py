"""Surrogate keys: none unknown, each resolves, and to the row that the source means."""

import pytest

from tests.golden.compare import assert_same_rows

# What a key column points at: table, its key, its natural id.
TARGETS = {
    "rental_key": ("silver.fact_rentals", "rental_key", "rental_id"),
    "customer_key": ("silver.dim_customer", "customer_key", "customer_id"),
    "film_key": ("silver.dim_film", "film_key", "film_id"),
    "category_key": ("silver.dim_category", "category_key", "category_id"),
    "store_key": ("silver.dim_store", "store_key", "store_id"),
    "inventory_store_key": ("silver.dim_store", "store_key", "store_id"),
    "staff_key": ("silver.dim_staff", "staff_key", "staff_id"),
    "inventory_key": ("silver.dim_inventory", "inventory_key", "inventory_id"),
    "actor_key": ("silver.dim_actor", "actor_key", "actor_id"),
    "rental_date_key": ("silver.dim_date", "date_key", "date_day"),
    "return_date_key": ("silver.dim_date", "date_key", "date_day"),
    "payment_date_key": ("silver.dim_date", "date_key", "date_day"),
}

RENTALS = "FROM expected.rental JOIN expected.film USING (film_id)"
PAYMENTS = f"""
    FROM source.payment AS p
    JOIN source.staff AS taker USING (staff_id)
    JOIN (SELECT rental_id, film_id, category_id, inventory_store_id {RENTALS}) USING (rental_id)
"""
OF_RENTAL = {
    "customer_key": "customer_id",
    "film_key": "film_id",
    "category_key": "category_id",
    "store_key": "store_id",
    "inventory_store_key": "inventory_store_id",
    "staff_key": "staff_id",
    "inventory_key": "inventory_id",
}
OF_PAYMENT = {
    "rental_key": "rental_id",
    "customer_key": "p.customer_id",
    "film_key": "film_id",
    "category_key": "category_id",
    "store_key": "taker.store_id",
    "inventory_store_key": "inventory_store_id",
    "staff_key": "staff_id",
    "payment_date_key": "payment_date::DATE",
}
ON_DAYS = {"rental_date_key": "rental_date::DATE", "return_date_key": "return_date::DATE"}
OVERDUE = f"{RENTALS}, expected.clock WHERE return_date IS NULL AND due_date < as_of"

# By table: its own id, what the dump says each of its keys stands for, and where the dump says it.
POINTERS = {
    "silver.fact_rentals": ("rental_id", OF_RENTAL | ON_DAYS, RENTALS),
    "silver.fact_payments": ("payment_id", OF_PAYMENT, PAYMENTS),
    "silver.bridge_film_actor": ("film_id", {"actor_key": "actor_id"}, "FROM source.film_actor"),
    "gold.rental_obt": ("rental_id", OF_RENTAL | {"rental_key": "rental_id"}, RENTALS),
    "gold.customer_value": ("customer_id", {"customer_key": "customer_id"}, "FROM source.customer"),
    "gold.inventory_status": ("inventory_id", {"inventory_key": "inventory_id"}, "FROM source.inventory"),
    "gold.overdue_rentals": ("rental_id", {"rental_key": "rental_id", "customer_key": "customer_id"}, OVERDUE),
}
KEYS = [(table, key) for table, (_, keys, _) in POINTERS.items() for key in keys]

# Slowly changing dimensions and the source table that each has one row of.
VERSIONED = {
    "silver.dim_category": "source.category",
    "silver.dim_customer": "source.customer",
    "silver.dim_film": "source.film",
    "silver.dim_store": "source.store",
    "silver.dim_staff": "source.staff",
}


def count(db, query):
    return db.execute(f"SELECT count(*) {query}").fetchone()[0]


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_no_row_points_at_the_unknown_member(db, table, key):
    assert count(db, f"FROM {table} WHERE {key} = -1") == 0


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_promise_14_every_key_resolves(db, table, key):
    target, target_key, _ = TARGETS[key]
    assert count(db, f"FROM {table} WHERE {key} NOT IN (SELECT {target_key} FROM {target})") == 0


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_key_leads_to_the_row_that_the_source_means(db, table, key):
    (own_id, meant, rows), (target, target_key, natural_id) = POINTERS[table], TARGETS[key]
    led_to = f"""
        SELECT t.{own_id}, target.{natural_id} AS led_to
        FROM {table} AS t LEFT JOIN {target} AS target ON target.{target_key} = t.{key}
    """
    assert_same_rows(db, f"SELECT {own_id}, {meant[key]} AS led_to {rows}", led_to)


@pytest.mark.parametrize(("table", "key", "natural_id"), sorted(set(TARGETS.values())))
def test_key_and_natural_id_are_both_unique(db, table, key, natural_id):
    query = f"SELECT count(*), count(DISTINCT {key}), count(DISTINCT {natural_id}) FROM {table}"
    rows, keys, ids = db.execute(query).fetchone()
    assert rows == keys == ids


@pytest.mark.parametrize(("dimension", "source_table"), VERSIONED.items())
def test_dimension_has_one_row_per_source_row_and_the_unknown_member(db, dimension, source_table):
    assert count(db, f"FROM {dimension}") == count(db, f"FROM {source_table}") + 1


@pytest.mark.parametrize("dimension", VERSIONED)
def test_unknown_member_is_the_only_inferred_row(db, dimension):
    key, natural_id = db.table(dimension).columns[:2]
    assert db.execute(f"SELECT {key}, {natural_id} FROM {dimension} WHERE is_inferred").fetchall() == [(-1, -1)]


@pytest.mark.parametrize("dimension", VERSIONED)
def test_every_version_is_open_from_1970_to_today(db, dimension):
    is_open = "valid_from = TIMESTAMP '1970-01-01' AND valid_to IS NULL AND is_current"
    assert count(db, f"FROM {dimension} WHERE ({is_open}) IS NOT TRUE") == 0
