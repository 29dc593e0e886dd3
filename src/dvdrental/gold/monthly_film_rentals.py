"""gold.monthly_film_rentals: one row per film and month with a rental."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.table import Table

TABLE = Table(
    layer="gold",
    name="monthly_film_rentals",
    grain="one row per film and month in which it was rented",
    key=("film_id", "month_end"),
    columns="""
        film_id INT NOT NULL COMMENT 'Film; -1 = unknown',
        month_end DATE NOT NULL COMMENT 'Last day of the month of rental_date',
        title STRING COMMENT 'Title at the last rental of the month',
        category STRING COMMENT 'Category at the last rental of the month',
        rental_count BIGINT NOT NULL COMMENT 'Rentals of the month',
        revenue DECIMAL(20,2) NOT NULL COMMENT 'Payments for the rentals of the month, whenever paid, US dollars',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
)


def build(rental_obt: DataFrame) -> DataFrame:
    last = F.struct("rental_date", "rental_id")
    return (
        rental_obt.groupBy("film_id", F.last_day("rental_month_start").alias("month_end"))
        .agg(
            F.max_by("title", last).alias("title"),
            F.max_by("category", last).alias("category"),
            F.count("*").alias("rental_count"),
            F.sum("amount").alias("revenue"),
        )
        .select(*TABLE.built_columns)
    )
