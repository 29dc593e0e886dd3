"""The golden figures of the real data, as literals, wherever the lake or the dump holds them."""

import re
from decimal import Decimal as D

import pytest

TABLE = re.compile(r"(?<=FROM )(source|expected|bronze|silver|gold)\.\w+")

# Rows of every source table.
ROWS = {
    "actor": 200,
    "address": 603,
    "category": 16,
    "city": 600,
    "country": 109,
    "customer": 599,
    "film": 1_000,
    "film_actor": 5_462,
    "film_category": 1_000,
    "inventory": 4_581,
    "language": 6,
    "payment": 14_596,
    "rental": 16_044,
    "staff": 2,
    "store": 2,
}

# One value, and the queries that must each give it: on the dump, on silver, on gold.
VALUES = {
    "rentals": (
        16_044,
        "count(*) FROM source.rental",
        "count(*) FROM silver.fact_rentals",
        "count(*) FROM gold.rental_obt",
        "count(DISTINCT rental_key) FROM gold.rental_obt",
        "sum(rental_count) FROM gold.customer_value",
        "sum(rental_count) FROM gold.monthly_film_rentals",
        "sum(number_of_rentals) FROM gold.monthly_store_sales",
    ),
    "payments": (
        14_596,
        "count(*) FROM source.payment",
        "count(*) FROM silver.fact_payments",
        "sum(number_of_payments) FROM silver.fact_rentals",
        "sum(number_of_payments) FROM gold.rental_obt",
        "sum(number_of_sales) FROM gold.monthly_store_sales",
        "sum(payment_count) FROM gold.customer_value",
    ),
    "revenue": (
        D("61312.04"),
        "sum(amount) FROM source.payment",
        "sum(amount) FROM silver.fact_payments",
        "sum(rental_amount) FROM silver.fact_rentals",
        "sum(amount) FROM gold.rental_obt",
        "sum(revenue) FROM gold.monthly_store_sales",
        "sum(revenue) FROM gold.monthly_film_rentals",
        "sum(revenue) FROM gold.customer_value",
        "sum(revenue) FROM gold.category_country_share",
        "sum(revenue) FROM gold.inventory_status",
    ),
    "customers": (
        599,
        "count(*) FROM source.customer",
        "count(*) FROM silver.dim_customer WHERE is_current AND customer_id <> -1",
        "count(*) FROM gold.customer_value",
    ),
    "active customers": (
        584,
        "count(*) FROM source.customer WHERE active = 1",
        "count(*) FROM silver.dim_customer WHERE is_current AND is_active_customer",
        "count(*) FROM gold.customer_value WHERE is_active_customer",
        "count(DISTINCT customer_id) FROM gold.rental_obt WHERE is_active_customer",
    ),
    "inactive customers": (
        15,
        "count(*) FROM source.customer WHERE active = 0",
        "count(*) FROM silver.dim_customer WHERE is_current AND NOT is_active_customer",
        "count(*) FROM gold.customer_value WHERE NOT is_active_customer",
        "count(DISTINCT customer_id) FROM gold.rental_obt WHERE NOT is_active_customer",
    ),
    "customers by the flag that does not count": (
        599,
        "count(*) FROM source.customer WHERE activebool",
        "count(*) FROM bronze.customer WHERE activebool",
    ),
    "renting customers": (
        599,
        "count(DISTINCT customer_id) FROM source.rental",
        "count(DISTINCT customer_key) FROM silver.fact_rentals",
        "count(DISTINCT customer_key) FROM gold.rental_obt",
        "count(*) FROM gold.customer_value WHERE rental_count > 0",
    ),
    "rentals of inactive customers": (
        404,
        "count(*) FROM source.rental JOIN source.customer USING (customer_id) WHERE active = 0",
        "count(*) FROM silver.fact_rentals JOIN silver.dim_customer USING (customer_key) WHERE NOT is_active_customer",
        "count(*) FROM gold.rental_obt WHERE NOT is_active_customer",
    ),
    "open rentals": (
        183,
        "count(*) FROM source.rental WHERE return_date IS NULL",
        "count(*) FROM silver.fact_rentals WHERE NOT is_returned",
        "count(*) FROM gold.rental_obt WHERE is_open",
        "count(*) FROM gold.overdue_rentals",
        "count(*) FROM gold.inventory_status WHERE NOT is_available",
        "sum(open_rentals) FROM gold.customer_value",
    ),
    "open rentals of 2006-02-14": (
        182,
        "count(*) FROM source.rental WHERE return_date IS NULL AND rental_date::DATE = '2006-02-14'",
        "count(*) FROM silver.fact_rentals WHERE NOT is_returned AND rental_date_key = 20060214",
        "count(*) FROM gold.rental_obt WHERE is_open AND rental_date::DATE = '2006-02-14'",
    ),
    "the other open rental": (
        14_098,
        "rental_id FROM source.rental WHERE return_date IS NULL AND rental_date::DATE = '2005-08-21'",
        "rental_id FROM silver.fact_rentals WHERE NOT is_returned AND rental_date_key = 20050821",
        "rental_id FROM gold.rental_obt WHERE is_open AND rental_date::DATE = '2005-08-21'",
    ),
    "returned rentals": (
        15_861,
        "count(*) FROM source.rental WHERE return_date IS NOT NULL",
        "count(*) FROM silver.fact_rentals WHERE is_returned",
        "count(*) FROM gold.rental_obt WHERE NOT is_open",
        "count(days_out) FROM gold.rental_obt",
    ),
    "rentals without payment": (
        1_452,
        "count(*) FROM source.rental WHERE rental_id NOT IN (SELECT rental_id FROM source.payment)",
        "count(*) FROM silver.fact_rentals WHERE number_of_payments = 0 AND rental_amount = 0",
        "count(*) FROM gold.rental_obt WHERE number_of_payments = 0 AND amount = 0",
    ),
    "rentals without payment, May 2005": (
        1_156,
        "count(*) FROM source.rental ANTI JOIN source.payment USING (rental_id) WHERE rental_date < '2005-06-01'",
        "count(*) FROM silver.fact_rentals WHERE number_of_payments = 0 AND rental_date_key < 20050601",
        "count(*) FROM gold.rental_obt WHERE number_of_payments = 0 AND rental_month_start = '2005-05-01'",
    ),
    "rentals without payment, June 2005": (
        296,
        "count(*) FROM source.rental ANTI JOIN source.payment USING (rental_id) WHERE rental_date >= '2005-06-01'",
        "count(*) FROM silver.fact_rentals WHERE number_of_payments = 0 AND rental_date_key // 100 = 200506",
        "count(*) FROM gold.rental_obt WHERE number_of_payments = 0 AND rental_month_start = '2005-06-01'",
    ),
    "rentals with a payment": (
        14_592,
        "count(DISTINCT rental_id) FROM source.payment",
        "count(DISTINCT rental_key) FROM silver.fact_payments",
        "count(*) FROM silver.fact_rentals WHERE number_of_payments > 0",
        "count(*) FROM gold.rental_obt WHERE number_of_payments > 0",
    ),
    "rentals with an amount": (
        14_568,
        "count(*) FROM (SELECT rental_id FROM source.payment GROUP BY ALL HAVING sum(amount) > 0)",
        "count(*) FROM silver.fact_rentals WHERE rental_amount > 0",
        "count(*) FROM gold.rental_obt WHERE amount > 0",
    ),
    "zero amounts": (
        24,
        "count(*) FROM source.payment WHERE amount = 0",
        "count(*) FROM silver.fact_payments WHERE amount = 0",
        "count(*) FROM gold.rental_obt WHERE amount = 0 AND number_of_payments > 0",
    ),
    "payments of somebody else": (
        4,
        "count(*) FROM source.payment AS p JOIN source.rental AS r USING (rental_id)"
        " WHERE p.customer_id <> r.customer_id",
        "count(*) FROM silver.fact_payments AS p JOIN silver.fact_rentals AS r USING (rental_key)"
        " WHERE p.customer_key <> r.customer_key",
    ),
    "payments of rental 4591": (
        5,
        "count(*) FROM source.payment WHERE rental_id = 4591",
        "count(DISTINCT customer_key) FROM silver.fact_payments WHERE rental_id = 4591",
        "number_of_payments FROM silver.fact_rentals WHERE rental_id = 4591",
        "number_of_payments FROM gold.rental_obt WHERE rental_id = 4591",
    ),
    "late returns, exact time": (
        8_121,
        "count(*) FROM expected.rental WHERE return_date > due_date",
        "count(*) FROM silver.fact_rentals WHERE is_late",
        "count(*) FROM gold.rental_obt WHERE is_late",
        "sum(late_returns) FROM gold.customer_value",
    ),
    "late returns, calendar days": (
        7_269,
        "count(*) FROM expected.rental JOIN source.film USING (film_id) WHERE days_out > rental_duration",
        "count(*) FROM silver.fact_rentals WHERE is_late_calendar",
        "count(*) FROM gold.rental_obt WHERE is_late_calendar",
    ),
    "rentals whose two stores differ": (
        7_981,
        "count(*) FROM expected.rental WHERE store_id <> inventory_store_id",
        "count(*) FROM silver.fact_rentals WHERE store_key <> inventory_store_key",
        "count(*) FROM gold.rental_obt WHERE store_id <> inventory_store_id",
    ),
    "payments taken by other staff than the rental": (
        7_325,
        "count(*) FROM source.payment AS p JOIN source.rental AS r USING (rental_id) WHERE p.staff_id <> r.staff_id",
        "count(*) FROM silver.fact_payments AS p JOIN silver.fact_rentals AS r USING (rental_key)"
        " WHERE p.staff_key <> r.staff_key",
    ),
    "copies": (
        4_581,
        "count(*) FROM source.inventory",
        "count(*) FROM silver.dim_inventory",
        "count(*) FROM gold.inventory_status",
    ),
    "titles in stock": (
        958,
        "count(DISTINCT film_id) FROM source.inventory",
        "count(DISTINCT film_id) FROM silver.dim_inventory",
        "count(DISTINCT film_id) FROM gold.inventory_status",
    ),
    "films without a copy": (
        42,
        "count(*) FROM source.film ANTI JOIN source.inventory USING (film_id)",
        "count(*) FROM silver.dim_film ANTI JOIN silver.dim_inventory USING (film_id) WHERE film_id <> -1",
        "count(*) FROM silver.dim_film ANTI JOIN gold.inventory_status USING (film_id) WHERE film_id <> -1",
    ),
    "copies ever rented": (
        4_580,
        "count(DISTINCT inventory_id) FROM source.rental",
        "count(DISTINCT inventory_key) FROM silver.fact_rentals",
        "count(*) FROM gold.inventory_status WHERE rental_count > 0",
    ),
    "copies never rented": (
        1,
        "count(*) FROM source.inventory ANTI JOIN source.rental USING (inventory_id)",
        "count(*) FROM silver.dim_inventory ANTI JOIN silver.fact_rentals USING (inventory_key)",
        "count(*) FROM gold.inventory_status WHERE rental_count = 0 AND last_rental IS NULL",
    ),
    "countries with customers": (
        108,
        "count(DISTINCT country_id) FROM source.customer JOIN expected.place USING (address_id)",
        "count(DISTINCT country_id) FROM silver.dim_customer",
        "count(DISTINCT country) FROM gold.customer_value",
        "count(DISTINCT country) FROM gold.category_country_share",
    ),
    "films without an actor": (
        3,
        "count(*) FROM source.film ANTI JOIN source.film_actor USING (film_id)",
        "count(*) FROM silver.dim_film ANTI JOIN silver.bridge_film_actor USING (film_id) WHERE film_id <> -1",
    ),
    "the two Londons": (
        2,
        "count(*) FROM source.city WHERE city = 'London'",
        "count(*) FROM bronze.city WHERE city = 'London'",
    ),
    "addresses whose second line is NULL": (
        4,
        "count(*) FROM source.address WHERE address2 IS NULL",
        "count(*) FROM silver.dim_address WHERE address2 IS NULL",
    ),
    "addresses whose second line is empty": (
        599,
        "count(*) FROM source.address WHERE address2 = ''",
        "count(*) FROM silver.dim_address WHERE address2 = ''",
    ),
}

# Several rows: one per month or store.
GRIDS = {
    "revenue and payments by month of payment": (
        [
            ("2007-02", D("8351.84"), 2_016),
            ("2007-03", D("23886.56"), 5_644),
            ("2007-04", D("28559.46"), 6_754),
            ("2007-05", D("514.18"), 182),
        ],
        "strftime(payment_date, '%Y-%m'), sum(amount), count(*) FROM source.payment",
        "strftime(payment_date, '%Y-%m'), sum(amount), count(*) FROM silver.fact_payments",
        "strftime(month_start, '%Y-%m'), sum(revenue), sum(number_of_sales)::INT FROM gold.monthly_store_sales"
        " WHERE number_of_sales > 0",
    ),
    "rentals by month of rental": (
        [("2005-05", 1_156), ("2005-06", 2_311), ("2005-07", 6_709), ("2005-08", 5_686), ("2006-02", 182)],
        "strftime(rental_date, '%Y-%m'), count(*) FROM source.rental",
        "strftime(rental_date, '%Y-%m'), count(*) FROM silver.fact_rentals",
        "strftime(rental_month_start, '%Y-%m'), count(*) FROM gold.rental_obt",
        "strftime(month_end, '%Y-%m'), sum(rental_count) FROM gold.monthly_film_rentals",
        "strftime(month_start, '%Y-%m'), sum(number_of_rentals) FROM gold.monthly_store_sales"
        " WHERE number_of_rentals > 0",
    ),
    "city of the store": (
        [(1, "Lethbridge", "Alberta", "Canada"), (2, "Woodridge", "QLD", "Australia")],
        "store_id, city, district, country FROM source.store JOIN expected.place USING (address_id)",
        "store_id, city, district, country FROM silver.dim_store WHERE store_id <> -1",
        "store_id, store_city, store_district, store_country FROM gold.rental_obt",
    ),
    "rentals, staff rule": (
        [(1, 8_040), (2, 8_004)],
        "s.store_id, count(*) FROM source.rental JOIN source.staff AS s USING (staff_id)",
        "s.store_id, count(*) FROM silver.fact_rentals JOIN silver.dim_store AS s USING (store_key)",
        "store_id, count(*) FROM gold.rental_obt",
        "store_id, sum(number_of_rentals) FROM gold.monthly_store_sales",
    ),
    "rentals, copy rule": (
        [(1, 7_923), (2, 8_121)],
        "store_id, count(*) FROM source.rental JOIN source.inventory USING (inventory_id)",
        "s.store_id, count(*) FROM silver.fact_rentals JOIN silver.dim_store AS s ON s.store_key = inventory_store_key",
        "inventory_store_id, count(*) FROM gold.rental_obt",
        "store_id, sum(rental_count) FROM gold.inventory_status",
    ),
    "revenue, staff who took the payment": (
        [(1, D("30252.12")), (2, D("31059.92"))],
        "store_id, sum(amount) FROM source.payment JOIN source.staff USING (staff_id)",
        "s.store_id, sum(amount) FROM silver.fact_payments JOIN silver.dim_store AS s USING (store_key)",
        "store_id, sum(revenue) FROM gold.monthly_store_sales",
    ),
    "revenue, staff who rented it out": (
        [(1, D("30498.71")), (2, D("30813.33"))],
        "store_id, sum(amount) FROM expected.rental",
        "s.store_id, sum(rental_amount) FROM silver.fact_rentals JOIN silver.dim_store AS s USING (store_key)",
        "store_id, sum(amount) FROM gold.rental_obt",
    ),
    "revenue, copy rule": (
        [(1, D("30628.91")), (2, D("30683.13"))],
        "i.store_id, sum(amount) FROM source.payment JOIN source.rental USING (rental_id)"
        " JOIN source.inventory AS i USING (inventory_id)",
        "s.store_id, sum(amount) FROM silver.fact_payments"
        " JOIN silver.dim_store AS s ON s.store_key = inventory_store_key",
        "inventory_store_id, sum(amount) FROM gold.rental_obt",
        "store_id, sum(revenue) FROM gold.inventory_status",
    ),
    "copies and titles in stock": (
        [(1, 2_270, 759), (2, 2_311, 762)],
        "store_id, count(*), count(DISTINCT film_id) FROM source.inventory",
        "store_id, count(*), count(DISTINCT film_id) FROM silver.dim_inventory",
        "store_id, count(*), count(DISTINCT film_id) FROM gold.inventory_status",
    ),
}


def cases(figures):
    """One per figure and query, called after the figure and the table that is asked."""
    return [
        pytest.param(value, query, id=f"{name}: {TABLE.search(query)[0]}")
        for name, (value, *queries) in figures.items()
        for query in queries
    ]


@pytest.mark.parametrize("place", ["source", "bronze"])
@pytest.mark.parametrize(("table", "rows"), ROWS.items())
def test_rows_of_source_table(db, table, rows, place):
    assert db.execute(f"SELECT count(*) FROM {place}.{table}").fetchone() == (rows,)


@pytest.mark.parametrize(("value", "query"), cases(VALUES))
def test_promise_15_value(db, value, query):
    assert db.execute(f"SELECT {query}").fetchall() == [(value,)]


@pytest.mark.parametrize(("rows", "query"), cases(GRIDS))
def test_rows(db, rows, query):
    assert db.execute(f"SELECT {query} GROUP BY ALL ORDER BY 1").fetchall() == rows
