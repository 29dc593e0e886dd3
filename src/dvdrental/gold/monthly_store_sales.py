"""gold.monthly_store_sales: one row per store and month, empty months included; staff rule for store."""

from pyspark.sql import DataFrame, GroupedData
from pyspark.sql import functions as F

from dvdrental.columns import money
from dvdrental.table import Table

TABLE = Table(
    layer="gold",
    name="monthly_store_sales",
    grain="one row per store and month, from the first to the newest rental or payment",
    key=("store_id", "month_start"),
    columns="""
        store_id INT NOT NULL COMMENT 'Store; -1 = unknown',
        month_start DATE NOT NULL COMMENT 'First day of the month',
        store_city STRING COMMENT 'City of the store today',
        revenue DECIMAL(20,2) NOT NULL COMMENT 'Payments taken in the month by its staff, US dollars; 0 when none',
        number_of_sales BIGINT NOT NULL COMMENT 'Those payments; 0 when none',
        number_of_rentals BIGINT NOT NULL COMMENT 'Rentals handed out in the month by staff of the store; 0 when none',
        is_last_12_months BOOLEAN NOT NULL COMMENT 'True for the newest 12 months of the data, not of the calendar',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
)


def build(rentals: DataFrame, payments: DataFrame, stores: DataFrame) -> DataFrame:
    of_key = stores.select("store_key", "store_id")
    sales = _monthly(payments, "payment_date", of_key).agg(
        F.sum("amount").alias("revenue"), F.count("*").alias("number_of_sales")
    )
    handed_out = _monthly(rentals, "rental_date", of_key).agg(F.count("*").alias("number_of_rentals"))
    grid = _grid(sales, handed_out, stores)
    return (
        grid.join(sales, on=["store_id", "month_start"], how="left")
        .join(handed_out, on=["store_id", "month_start"], how="left")
        .withColumn("revenue", money("revenue"))
        .na.fill(0, ["number_of_sales", "number_of_rentals"])
        .select(*TABLE.built_columns)
    )


def _monthly(facts: DataFrame, at: str, of_key: DataFrame) -> GroupedData:
    known = facts.drop("store_id").join(of_key, on="store_key", how="left")  # -1 where the store is unknown
    return known.groupBy("store_id", F.trunc(at, "month").alias("month_start"))


def _grid(sales: DataFrame, handed_out: DataFrame, stores: DataFrame) -> DataFrame:
    """Every store that is open today or ever sold, times every month."""
    months = sales.select("store_id", "month_start").unionByName(handed_out.select("store_id", "month_start"))
    span = months.agg(F.min("month_start").alias("first"), F.max("month_start").alias("last"))
    calendar = span.select(
        F.explode(F.sequence("first", "last", F.make_ym_interval(months=F.lit(1)))).alias("month_start"),
        "last",
    ).select("month_start", (F.col("month_start") > F.add_months("last", -12)).alias("is_last_12_months"))
    open_now = stores.filter("is_current and not is_inferred").select("store_id", F.col("city").alias("store_city"))
    every = months.select("store_id").union(open_now.select("store_id")).distinct()
    return every.join(open_now, on="store_id", how="left").crossJoin(calendar)
