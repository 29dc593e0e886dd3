"""The floor: DuckDB parses and joins, delta-rs writes. One process, no session, no checks, no history."""

import sys
from pathlib import Path

import duckdb
from deltalake import DeltaTable, write_deltalake

from benchmarks.peers.streams import COLUMNS, landed

TABLES = {
    "silver.dim_category": "FROM bronze.category",
    "silver.dim_customer": "FROM bronze.customer",
    "silver.dim_film": """
        SELECT film.*, language.name AS language, category_id, category.name AS category
        FROM bronze.film LEFT JOIN bronze.language USING (language_id)
        LEFT JOIN bronze.film_category USING (film_id) LEFT JOIN bronze.category USING (category_id)""",
    "silver.dim_store": """
        SELECT store.*, district, city, country
        FROM bronze.store LEFT JOIN bronze.address USING (address_id)
        LEFT JOIN bronze.city USING (city_id) LEFT JOIN bronze.country USING (country_id)""",
    "silver.fact_rentals": """
        SELECT rental.*, staff.store_id, film_id, coalesce(paid.amount, 0) AS amount
        FROM bronze.rental LEFT JOIN bronze.staff USING (staff_id) LEFT JOIN bronze.inventory USING (inventory_id)
        LEFT JOIN (SELECT rental_id, sum(amount) AS amount FROM bronze.payment GROUP BY rental_id) AS paid
        USING (rental_id)""",
    "gold.rental_obt": """
        SELECT rental_id, rental_date, return_date, customer_id, active AS is_active_customer,
            year(rental_date) AS rental_year, month(rental_date) AS rental_month, day(rental_date) AS rental_day,
            dayname(rental_date) AS rental_day_of_week, fact.store_id, store.city AS store_city,
            store.country AS store_country, film_id, title, language, rating, release_year, category, amount
        FROM silver.fact_rentals AS fact LEFT JOIN silver.dim_film USING (film_id)
        LEFT JOIN silver.dim_store AS store ON store.store_id = fact.store_id
        LEFT JOIN silver.dim_customer USING (customer_id)""",
    "gold.monthly_store_sales": """
        WITH sales AS (
            SELECT store_id, date_trunc('month', payment_date)::DATE AS month_start, sum(amount) AS revenue,
                count(*) AS number_of_sales
            FROM bronze.payment JOIN bronze.staff USING (staff_id) GROUP BY ALL),
        rentals AS (
            SELECT store_id, date_trunc('month', rental_date)::DATE AS month_start, count(*) AS number_of_rentals
            FROM bronze.rental JOIN bronze.staff USING (staff_id) GROUP BY ALL),
        months AS (
            SELECT unnest(range(min(month_start), max(month_start) + INTERVAL 1 MONTH, INTERVAL 1 MONTH))::DATE
                AS month_start
            FROM (SELECT month_start FROM sales UNION ALL SELECT month_start FROM rentals))
        SELECT store.store_id, month_start, coalesce(revenue, 0) AS revenue,
            coalesce(number_of_sales, 0) AS number_of_sales, coalesce(number_of_rentals, 0) AS number_of_rentals
        FROM bronze.store CROSS JOIN months LEFT JOIN sales USING (store_id, month_start)
        LEFT JOIN rentals USING (store_id, month_start)""",
}


def main(landing: Path, warehouse: Path) -> None:
    with duckdb.connect() as db:
        for stream in COLUMNS:
            keep(db, warehouse, f"bronze.{stream}", parsed(landing, stream))
        for name, query in TABLES.items():
            keep(db, warehouse, name, query)


def parsed(landing: Path, stream: str) -> str:
    types = {name: kind.replace("ARRAY<STRING>", "STRING[]") for name, kind in COLUMNS[stream].items()}
    structure = ", ".join(f'"{name}":"{kind}"' for name, kind in types.items())
    files = ", ".join(f"'{file}'" for file in DeltaTable(landed(landing, stream)).file_uris())
    json = f"json_transform(_airbyte_data, '{{{structure}}}') AS j"
    return f"SELECT _airbyte_raw_id, j.* FROM (SELECT _airbyte_raw_id, {json} FROM read_parquet([{files}]))"


def keep(db: duckdb.DuckDBPyConnection, warehouse: Path, name: str, query: str) -> None:
    """As a Delta table, and as what the next tables read."""
    schema, _, table = name.partition(".")
    db.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    db.execute(f"CREATE TABLE {name} AS {query}")
    write_deltalake(warehouse / schema / table, db.execute(f"FROM {name}").to_arrow_reader(200_000))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
