"""How late a copy is: the source's own rules, written in the comments of its function get_customer_balance."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

LATE_FEE_PER_DAY = "1.00"
"""US dollars."""


def newest_event(rental_obt: DataFrame, payments: DataFrame) -> DataFrame:
    """One row, one column `as_of`: the clock of the tables that use it. The data may end years ago, so by today's date
    every open rental would be lost."""
    moments = rental_obt.select(F.greatest("rental_date", "return_date").alias("moment")).unionByName(
        payments.select(F.col("payment_date").alias("moment"))
    )
    return moments.agg(F.max("moment").alias("as_of"))


def whole_days(start: Column, end: Column) -> Column:
    return F.floor(F.timestamp_diff("SECOND", start, end) / 86400).cast("int")


def status(days_overdue: Column) -> Column:
    """A copy is lost when its whole days overdue are more than twice the days it was allowed to be out."""
    return F.when(days_overdue > 2 * F.col("rental_duration"), "lost").otherwise("overdue")
