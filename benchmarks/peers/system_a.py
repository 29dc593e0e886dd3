"""The pipeline as system A's notebooks do it, on one cluster, in the order and with the parallel tasks of its job.

Every notebook parses the raw JSON by itself (json_tuple, all columns stay text until silver), drops its table and
creates it again, checks it after the write, one query per check, and writes a second copy for the dashboard. Added to
what A makes: the amount of a rental and the monthly sales of a store, which its gold layer lacks.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks.peers.store_months import store_months
from benchmarks.peers.streams import COLUMNS, landed


def main(landing: Path) -> None:
    spark = SparkSession.builder.getOrCreate()
    spark.sql("CREATE SCHEMA IF NOT EXISTS main")
    spark.sql("CREATE SCHEMA IF NOT EXISTS preset")
    with ThreadPoolExecutor(4) as cluster:
        first = [cluster.submit(task, landing) for task in (bronze, dim_category, dim_customer, dim_store)]
        first[1].result()
        film = cluster.submit(dim_film, landing)
        for task in [*first, film]:
            task.result()
    fact_rentals()
    one_big_table()
    monthly_store_sales()


def bronze(landing: Path) -> None:
    for stream in COLUMNS:
        save(raw(landing, stream, "_airbyte_raw_id"), f"stg_{stream}")


def dim_category(landing: Path) -> None:
    category = raw(landing, "category")
    not_null(category, "category_id", "name")
    unique(category, "name")
    save_twice(
        category.select(
            F.col("category_id").cast("int"),
            "name",
            F.to_timestamp("last_update").alias("last_update"),
            key("category"),
        ),
        "dim_category",
    )


def dim_customer(landing: Path) -> None:
    customer = raw(landing, "customer")
    not_null(customer, "customer_id", "store_id", "last_update")
    unique(customer, "customer_id")
    save_twice(
        customer.select(
            F.col("customer_id").cast("int"),
            F.col("store_id").cast("int"),
            "first_name",
            "last_name",
            F.col("activebool").cast("boolean").alias("is_active_customer"),
            F.to_date("create_date").alias("create_date"),
            F.to_timestamp("last_update").alias("last_update"),
            key("customer"),
        ),
        "dim_customer",
    )


def dim_film(landing: Path) -> None:
    film, language, film_category = raw(landing, "film"), raw(landing, "language"), raw(landing, "film_category")
    not_null(film, "film_id", "language_id", "rental_duration", "last_update")
    unique(film, "film_id")
    not_null(language, "language_id", "name")
    unique(language, "language_id")
    not_null(film_category, "film_id", "category_id")
    languages = language.select("language_id", F.col("name").alias("language"))
    save_twice(
        film.join(languages, "language_id")
        .join(film_category.select("film_id", "category_id"), "film_id")
        .select(
            F.col("film_id").cast("int"),
            "title",
            F.col("release_year").cast("int"),
            "rating",
            F.col("rental_duration").cast("int"),
            "language",
            F.col("category_id").cast("int"),
            F.to_timestamp("last_update").alias("last_update"),
            key("film"),
        ),
        "dim_film",
    )


def dim_store(landing: Path) -> None:
    store, address, city, country = (raw(landing, name) for name in ("store", "address", "city", "country"))
    not_null(store, "store_id", "address_id")
    not_null(address, "address_id", "city_id")
    not_null(city, "city_id", "country_id")
    not_null(country, "country_id")
    save_twice(
        store.join(address.select("address_id", "district", "city_id"), "address_id")
        .join(city.select("city_id", "city", "country_id"), "city_id")
        .join(country.select("country_id", "country"), "country_id")
        .select(
            key("store"),
            F.col("store_id").cast("int"),
            "district",
            "city",
            "country",
            F.to_timestamp("last_update").alias("last_update"),
        ),
        "dim_store",
    )


def fact_rentals() -> None:
    rental, staff, inventory = (table(f"stg_{name}") for name in ("rental", "staff", "inventory"))
    payment = table("stg_payment")
    paid = payment.groupBy("rental_id").agg(F.sum(F.col("amount").cast("decimal(5,2)")).alias("amount"))
    film = table("dim_film").select("film_id", "film_key", "category_id")
    category = table("dim_category").select("category_id", "category_key")
    customer = table("dim_customer").select("customer_id", "customer_key")
    store = table("dim_store").select("store_id", "store_key")
    facts = (
        rental.join(staff.select("staff_id", "store_id"), "staff_id", "left")
        .join(inventory.select("inventory_id", "film_id"), "inventory_id", "left")
        .join(store, "store_id", "left")
        .join(customer, "customer_id", "left")
        .join(film, "film_id", "left")
        .join(category, "category_id", "left")
        .join(paid, "rental_id", "left")
        .select(
            key("rental"),
            F.col("rental_id").cast("int"),
            "rental_date",
            "store_key",
            "customer_key",
            "return_date",
            F.to_timestamp("last_update").alias("last_update"),
            "film_key",
            "category_key",
            F.coalesce("amount", F.lit(0)).cast("decimal(10,2)").alias("amount"),
        )
    )
    save_twice(facts, "fact_rentals")
    names = ("rental_key", "rental_date", "store_key", "customer_key", "last_update", "film_key", "category_key")
    not_null(table("fact_rentals"), *names)


def one_big_table() -> None:
    facts = table("fact_rentals").drop("last_update")
    at = F.to_timestamp("rental_date")
    customers, stores, films, categories = (
        table(f"dim_{name}").drop("last_update") for name in ("customer", "store", "film", "category")
    )
    obt = (
        facts.join(customers.drop("store_id"), "customer_key", "left")
        .join(stores, "store_key", "left")
        .join(films.drop("category_id"), "film_key", "left")
        .join(categories.drop("category_id"), "category_key", "left")
        .select(
            "rental_key",
            "rental_id",
            "rental_date",
            "return_date",
            F.year(at).alias("rental_year"),
            F.month(at).alias("rental_month"),
            F.dayofmonth(at).alias("rental_day"),
            F.date_format(at, "EEEE").alias("rental_day_of_week"),
            "customer_key",
            "customer_id",
            "is_active_customer",
            "store_key",
            "store_id",
            F.col("city").alias("store_city"),
            F.col("country").alias("store_country"),
            F.col("district").alias("store_district"),
            "film_key",
            "film_id",
            "title",
            "release_year",
            "language",
            "rating",
            "rental_duration",
            "category_key",
            "name",
            "amount",
        )
    )
    save_twice(obt, "preset_rental_obt")


def monthly_store_sales() -> None:
    names = ("rental", "payment", "staff", "store")
    save_twice(store_months(*(table(f"stg_{name}") for name in names)), "monthly_store_sales")


def raw(landing: Path, stream: str, *others: str) -> DataFrame:
    fields = list(COLUMNS[stream])
    parsed = F.json_tuple("_airbyte_data", *fields).alias(*fields)
    source = SparkSession.active().read.format("delta").load(landed(landing, stream))
    return source.select(*others, parsed)


def table(name: str) -> DataFrame:
    return SparkSession.active().table(f"main.{name}")


def key(entity: str) -> Column:
    return F.md5(F.concat_ws("-", f"{entity}_id", "last_update")).alias(f"{entity}_key")


def save(rows: DataFrame, name: str, schema: str = "main") -> None:
    SparkSession.active().sql(f"DROP TABLE IF EXISTS {schema}.{name}")
    rows.write.format("delta").saveAsTable(f"{schema}.{name}")


def save_twice(rows: DataFrame, name: str) -> None:
    save(rows, name)
    save(table(name), name, "preset")


def not_null(rows: DataFrame, *columns: str) -> None:
    for column in columns:
        if rows.filter(F.col(column).isNull()).count():
            raise ValueError(f"{column} is null")


def unique(rows: DataFrame, column: str) -> None:
    if rows.groupBy(column).count().filter("count > 1").count():
        raise ValueError(f"{column} is not unique")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
