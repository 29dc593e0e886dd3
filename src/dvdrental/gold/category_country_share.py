"""gold.category_country_share: one row per customer country and film category, and its share of the country."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dvdrental.table import Table

TABLE = Table(
    layer="gold",
    name="category_country_share",
    grain="one row per country of customers and category of films with a rental",
    key=("country", "category"),
    columns="""
        country STRING NOT NULL COMMENT 'Country of the customer at rental_date; Unknown without one',
        category STRING NOT NULL COMMENT 'Category of the film at rental_date; Unknown without one',
        rental_count BIGINT NOT NULL COMMENT 'Rentals',
        revenue DECIMAL(20,2) NOT NULL COMMENT 'Payments for those rentals, US dollars',
        share_of_country DECIMAL(9,6) NOT NULL COMMENT 'Rentals over all rentals of the country, 0 to 1',
        rank_in_country INT NOT NULL COMMENT 'Rank by rentals, 1 = most; equal rentals, equal rank',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
)


def build(rental_obt: DataFrame) -> DataFrame:
    in_country = Window.partitionBy("country")
    share = F.col("rental_count") / F.sum("rental_count").over(in_country)
    return (
        rental_obt.groupBy(
            F.coalesce("customer_country", F.lit("Unknown")).alias("country"),
            F.coalesce("category", F.lit("Unknown")).alias("category"),
        )
        .agg(F.count("*").alias("rental_count"), F.sum("amount").alias("revenue"))
        .withColumns(
            {
                "share_of_country": share.cast("decimal(9,6)"),
                "rank_in_country": F.rank().over(in_country.orderBy(F.col("rental_count").desc())),
            }
        )
        .select(*TABLE.built_columns)
    )
