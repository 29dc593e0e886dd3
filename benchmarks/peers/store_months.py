"""Monthly sales of stores, from tables of the source's own columns, as plain PySpark would have them."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def store_months(rental: DataFrame, payment: DataFrame, staff: DataFrame, store: DataFrame) -> DataFrame:
    """One row per store and month, empty months included; the store is that of the member of staff."""
    at_work = staff.select("staff_id", "store_id")
    month = F.trunc(F.to_timestamp("at"), "month").cast("date").alias("month_start")
    sales = (
        payment.withColumnRenamed("payment_date", "at")
        .join(at_work, "staff_id")
        .groupBy("store_id", month)
        .agg(F.sum(F.col("amount").cast("decimal(5,2)")).alias("revenue"), F.count("*").alias("number_of_sales"))
    )
    rentals = (
        rental.withColumnRenamed("rental_date", "at")
        .join(at_work, "staff_id")
        .groupBy("store_id", month)
        .agg(F.count("*").alias("number_of_rentals"))
    )
    span = sales.select("month_start").union(rentals.select("month_start"))
    span = span.agg(F.min("month_start").alias("first"), F.max("month_start").alias("last"))
    months = span.select(F.explode(F.expr("sequence(first, last, interval 1 month)")).alias("month_start"))
    grid = store.select("store_id").crossJoin(months)
    return (
        grid.join(sales, ["store_id", "month_start"], "left")
        .join(rentals, ["store_id", "month_start"], "left")
        .select(
            F.col("store_id").cast("int"),
            "month_start",
            F.coalesce("revenue", F.lit(0)).cast("decimal(20,2)").alias("revenue"),
            F.coalesce("number_of_sales", F.lit(0)).alias("number_of_sales"),
            F.coalesce("number_of_rentals", F.lit(0)).alias("number_of_rentals"),
        )
    )
