"""Whether two peers made the same: a checksum of the rows that all of them make, whatever their order and files."""

from collections.abc import Mapping
from pathlib import Path

import duckdb
from deltalake import DeltaTable
from duckdb import DuckDBPyConnection

COMPARED = {
    "fact_rentals": "rental_id::INT, customer_id::INT, rental_date::TIMESTAMP, return_date::TIMESTAMP, "
    "last_update::TIMESTAMP",
    "dim_film": "film_id::INT, title, release_year::INT, rtrim(language), category, rating, rental_duration::INT",
    "dim_store": "store_id::INT, district, city, country",
    "rental_obt": "rental_id::INT, rental_date::TIMESTAMP, return_date::TIMESTAMP, customer_id::INT, store_id::INT, "
    "store_city, store_country, film_id::INT, title, rtrim(language), rating, category, amount::DECIMAL(20,2)",
    "monthly_store_sales": "store_id::INT, month_start::DATE, revenue::DECIMAL(20,2), number_of_sales::BIGINT, "
    "number_of_rentals::BIGINT",
}
"""What every peer makes, in the types that are compared. Keys differ by design; what they lead to must not."""

Relations = Mapping[str, str]
"""Compared table -> relation over the tables of a peer that has its columns."""


def checksums(warehouse: Path, relations: Relations) -> dict[str, str]:
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        attach(db, warehouse)
        return {table: checksum(db, relations[table], columns) for table, columns in COMPARED.items()}


def attach(db: DuckDBPyConnection, warehouse: Path) -> None:
    """A view `schema.table` for every Delta table `<schema>[.db]/<table>` below the folder."""
    for log in warehouse.glob("*/*/_delta_log"):
        schema, table = log.parents[1].name.removesuffix(".db"), log.parent.name
        files = ", ".join(f"'{file}'" for file in DeltaTable(log.parent).file_uris())
        if files:
            db.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            db.execute(f'CREATE VIEW "{schema}"."{table}" AS FROM read_parquet([{files}])')


def checksum(db: DuckDBPyConnection, relation: str, columns: str) -> str:
    """Rows, and the sum of their hashes: unlike an exclusive-or it sees a row that is there twice."""
    query = f"SELECT count(*), coalesce(sum(hash({columns})::HUGEINT), 0) FROM {relation}"
    rows, total = db.execute(query).fetchall()[0]
    return f"{rows}:{total}"
