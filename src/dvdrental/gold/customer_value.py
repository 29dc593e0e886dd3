"""gold.customer_value: one row per customer, what they are worth to the business; no names, no addresses."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dvdrental.columns import money
from dvdrental.table import Table

VERY_FREQUENT = 30
"""More rentals than this make a very frequent customer (a segment of earlier reports on this data)."""

TABLE = Table(
    layer="gold",
    name="customer_value",
    grain="one row per customer of today",
    key=("customer_id",),
    columns="""
        customer_id INT NOT NULL COMMENT 'Customer',
        customer_key BIGINT NOT NULL COMMENT 'Version of today; names are in silver.dim_customer',
        is_active_customer BOOLEAN COMMENT 'The active flag of the source',
        city_id INT COMMENT 'City of today',
        city STRING COMMENT 'Name of that city',
        country STRING COMMENT 'Country of today',
        rental_count BIGINT NOT NULL COMMENT 'Rentals',
        open_rentals BIGINT NOT NULL COMMENT 'Rentals that are still out',
        late_returns BIGINT NOT NULL COMMENT 'Rentals returned after due_date, to the second',
        first_rental TIMESTAMP_NTZ COMMENT 'First rental; NULL without any',
        last_rental TIMESTAMP_NTZ COMMENT 'Last rental; NULL without any',
        payment_count BIGINT NOT NULL COMMENT 'Payments made, whoever rented',
        revenue DECIMAL(20,2) NOT NULL COMMENT 'Sum of the payments made, US dollars',
        frequency_band STRING NOT NULL COMMENT 'never (0 rentals), once (1), repeat (2 to 30), very frequent (over 30)',
        revenue_rank INT NOT NULL COMMENT 'Rank by revenue, 1 = most; equal revenue, equal rank',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
)


def build(customers: DataFrame, rentals: DataFrame, payments: DataFrame) -> DataFrame:
    today = customers.filter("is_current and customer_id <> -1")
    in_use = "not is_inferred or rental_count > 0 or payment_count > 0"
    rented = rentals.groupBy("customer_id").agg(
        F.count("*").alias("rental_count"),
        F.count_if(~F.col("is_returned")).alias("open_rentals"),
        F.count_if("is_late").alias("late_returns"),
        F.min("rental_date").alias("first_rental"),
        F.max("rental_date").alias("last_rental"),
    )
    paid = payments.groupBy("customer_id").agg(F.count("*").alias("payment_count"), F.sum("amount").alias("revenue"))
    band = (
        F.when(F.col("rental_count") == 0, "never")
        .when(F.col("rental_count") == 1, "once")
        .when(F.col("rental_count") <= VERY_FREQUENT, "repeat")
        .otherwise("very frequent")
    )
    return (
        today.join(rented, on="customer_id", how="left")
        .join(paid, on="customer_id", how="left")
        .na.fill(0, ["rental_count", "open_rentals", "late_returns", "payment_count"])
        .filter(in_use)
        .withColumn("revenue", money("revenue"))
        .withColumns({"frequency_band": band, "revenue_rank": F.rank().over(Window.orderBy(F.col("revenue").desc()))})
        .select(*TABLE.built_columns)
    )
