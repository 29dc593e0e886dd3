"""The job as it is often written at first: get_json_object per column, every table overwritten, no checks."""

import sys
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks.peers.store_months import store_months
from benchmarks.peers.streams import COLUMNS, landed


def main(landing: Path) -> None:
    spark = SparkSession.builder.getOrCreate()
    for schema in ("bronze", "silver", "gold"):
        spark.sql(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for stream in COLUMNS:
        save(parsed(landing, stream), f"bronze.{stream}")
    save(bronze("category"), "silver.dim_category")
    save(bronze("customer"), "silver.dim_customer")
    save(films(), "silver.dim_film")
    save(stores(), "silver.dim_store")
    save(rentals(), "silver.fact_rentals")
    save(one_big_table(), "gold.rental_obt")
    names = ("rental", "payment", "staff", "store")
    save(store_months(*map(bronze, names)), "gold.monthly_store_sales")


def parsed(landing: Path, stream: str) -> DataFrame:
    raw = SparkSession.active().read.format("delta").load(landed(landing, stream))
    return raw.select("_airbyte_raw_id", *(field(name, kind) for name, kind in COLUMNS[stream].items()))


def field(name: str, kind: str) -> Column:
    text = F.get_json_object("_airbyte_data", f"$.{name}")
    return (F.from_json(text, kind) if kind.startswith("ARRAY") else text.cast(kind)).alias(name)


def films() -> DataFrame:
    language = bronze("language").select("language_id", F.col("name").alias("language"))
    category = bronze("film_category").select("film_id", "category_id")
    names = bronze("category").select("category_id", F.col("name").alias("category"))
    joined = bronze("film").join(language, "language_id", "left").join(category, "film_id", "left")
    return joined.join(names, "category_id", "left")


def stores() -> DataFrame:
    address = bronze("address").select("address_id", "district", "city_id")
    city = bronze("city").select("city_id", "city", "country_id")
    country = bronze("country").select("country_id", "country")
    joined = bronze("store").join(address, "address_id", "left").join(city, "city_id", "left")
    return joined.join(country, "country_id", "left")


def rentals() -> DataFrame:
    staff = bronze("staff").select("staff_id", "store_id")
    inventory = bronze("inventory").select("inventory_id", "film_id")
    paid = bronze("payment").groupBy("rental_id").agg(F.sum("amount").alias("amount"))
    joined = bronze("rental").join(staff, "staff_id", "left").join(inventory, "inventory_id", "left")
    return joined.join(paid, "rental_id", "left").withColumn("amount", F.coalesce("amount", F.lit(0)))


def one_big_table() -> DataFrame:
    facts = table("silver.fact_rentals").drop("_airbyte_raw_id", "last_update")
    film = table("silver.dim_film").select("film_id", "title", "language", "rating", "category", "release_year")
    store = table("silver.dim_store").select(
        "store_id", F.col("city").alias("store_city"), F.col("country").alias("store_country")
    )
    customer = table("silver.dim_customer").select("customer_id", F.col("active").alias("is_active_customer"))
    joined = facts.join(film, "film_id", "left").join(store, "store_id", "left")
    at = F.col("rental_date")
    return joined.join(customer, "customer_id", "left").withColumns(
        {
            "rental_year": F.year(at),
            "rental_month": F.month(at),
            "rental_day": F.dayofmonth(at),
            "rental_day_of_week": F.date_format(at, "EEEE"),
        }
    )


def bronze(stream: str) -> DataFrame:
    return table(f"bronze.{stream}")


def table(name: str) -> DataFrame:
    return SparkSession.active().table(name)


def save(rows: DataFrame, name: str) -> None:
    rows.write.format("delta").mode("overwrite").saveAsTable(name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
