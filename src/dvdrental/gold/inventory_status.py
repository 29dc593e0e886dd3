"""gold.inventory_status: one row per live copy: on the shelf, out, overdue or lost, and how often rented."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.columns import money
from dvdrental.gold.overdue import newest_event, status, whole_days
from dvdrental.table import Table

TABLE = Table(
    layer="gold",
    name="inventory_status",
    grain="one row per live copy of a film",
    key=("inventory_id",),
    columns="""
        inventory_id INT NOT NULL COMMENT 'Copy',
        inventory_key BIGINT NOT NULL COMMENT 'Key of dim_inventory',
        film_id INT COMMENT 'Film',
        title STRING COMMENT 'Title of today',
        category STRING COMMENT 'Category of today',
        store_id INT COMMENT 'Store that owns the copy',
        inventory_store_city STRING COMMENT 'City of that store today',
        status STRING NOT NULL COMMENT 'available, on loan, overdue, or lost (see overdue_rentals)',
        is_available BOOLEAN NOT NULL COMMENT 'True when the copy is in the store',
        rental_count BIGINT NOT NULL COMMENT 'Rentals so far; 0 = dead stock',
        revenue DECIMAL(20,2) NOT NULL COMMENT 'Payments for those rentals, US dollars',
        last_rental TIMESTAMP_NTZ COMMENT 'Last time it was handed out; NULL if never',
        days_since_last_rental INT COMMENT 'Whole days from last_rental to as_of; NULL if never',
        replacement_cost DECIMAL(5,2) COMMENT 'Price of the copy, US dollars',
        as_of TIMESTAMP_NTZ NOT NULL COMMENT 'Newest rental, return or payment in the data: the clock of this table',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
)


def build(
    copies: DataFrame, films: DataFrame, stores: DataFrame, rental_obt: DataFrame, payments: DataFrame
) -> DataFrame:
    usage = rental_obt.groupBy("inventory_key").agg(
        F.count("*").alias("rental_count"),
        F.sum("amount").alias("revenue"),
        F.max("rental_date").alias("last_rental"),
        F.min(F.when(F.col("is_open"), F.col("due_date"))).alias("due_date"),
        F.min_by("rental_duration", F.when(F.col("is_open"), F.col("due_date"))).alias("rental_duration"),
        F.max("is_open").alias("is_out"),
    )
    today = films.filter("is_current").select("film_id", "title", "category", "replacement_cost")
    cities = stores.filter("is_current").select("store_id", F.col("city").alias("inventory_store_city"))
    overdue = whole_days(F.col("due_date"), F.col("as_of"))
    state = (
        F.when(~F.coalesce("is_out", F.lit(False)), "available")
        .when(F.coalesce(F.col("due_date") >= F.col("as_of"), F.lit(True)), "on loan")
        .otherwise(status(overdue))
    )
    return (
        copies.join(usage, on="inventory_key", how="left")
        .join(today, on="film_id", how="left")
        .join(cities, on="store_id", how="left")
        .crossJoin(newest_event(rental_obt, payments))
        .withColumns({"status": state, "is_available": state == "available"})
        .withColumn("days_since_last_rental", whole_days(F.col("last_rental"), F.col("as_of")))
        .withColumn("revenue", money("revenue"))
        .na.fill(0, ["rental_count"])
        .select(*TABLE.built_columns)
    )
