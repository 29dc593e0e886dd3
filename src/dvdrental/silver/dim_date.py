"""silver.dim_date: one row per calendar day, whole years around all rentals, returns and payments."""

from collections.abc import Callable
from functools import partial

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dvdrental.columns import date_key
from dvdrental.table import Table

FISCAL_YEAR_FIRST_MONTH = 7
"""The fiscal year begins in July and is named after the calendar year in which it ends."""

TABLE = Table(
    layer="silver",
    name="dim_date",
    grain="one row per calendar day",
    key=("date_key",),
    columns="""
        date_key INT NOT NULL COMMENT 'Day as yyyymmdd',
        date_day DATE NOT NULL COMMENT 'Day',
        prior_day DATE NOT NULL COMMENT 'The day before',
        next_day DATE NOT NULL COMMENT 'The day after',
        prior_year_day DATE NOT NULL COMMENT 'The same day a year before; 28 February for 29 February',
        day_of_week INT NOT NULL COMMENT 'ISO: Monday = 1',
        day_name STRING NOT NULL COMMENT 'English name',
        day_label STRING NOT NULL COMMENT 'Sorts in calendar order: 1 Mon',
        is_weekend BOOLEAN NOT NULL COMMENT 'Saturday or Sunday',
        day_of_month INT NOT NULL COMMENT 'Day of the month',
        day_of_year INT NOT NULL COMMENT 'Day of the year',
        iso_week INT NOT NULL COMMENT 'ISO week number',
        iso_year INT NOT NULL COMMENT 'Year that the ISO week belongs to',
        week_start DATE NOT NULL COMMENT 'Monday of the week',
        week_end DATE NOT NULL COMMENT 'Sunday of the week',
        month_number INT NOT NULL COMMENT 'Month, January = 1',
        month_name STRING NOT NULL COMMENT 'English name',
        month_start DATE NOT NULL COMMENT 'First day of the month',
        month_end DATE NOT NULL COMMENT 'Last day of the month',
        quarter_number INT NOT NULL COMMENT 'Quarter',
        quarter_start DATE NOT NULL COMMENT 'First day of the quarter',
        quarter_end DATE NOT NULL COMMENT 'Last day of the quarter',
        year_number INT NOT NULL COMMENT 'Year',
        year_start DATE NOT NULL COMMENT 'First day of the year',
        year_end DATE NOT NULL COMMENT 'Last day of the year',
        fiscal_year INT NOT NULL COMMENT 'Fiscal year, July to June, named after the year in which it ends',
        fiscal_quarter INT NOT NULL COMMENT 'Quarter of the fiscal year',
        fiscal_month INT NOT NULL COMMENT 'Month of the fiscal year, July = 1',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
)


def build(rental: DataFrame, payment: DataFrame) -> DataFrame:
    span = (
        _of_rentals(rental)
        .unionByName(_of_payments(payment))
        .agg(F.trunc(F.min("moment"), "year").alias("first"), _end_of(F.max("moment"), "year", 12).alias("last"))
    )
    days = span.filter("first is not null").select(F.explode(F.sequence("first", "last")).alias("date_day"))
    return days.select(*(column.alias(name) for name, column in _attributes(F.col("date_day")).items()))


def _of_rentals(rental: DataFrame, *others: str) -> DataFrame:
    return rental.select(F.explode(F.array("rental_date", "return_date")).alias("moment"), *others)


def _of_payments(payment: DataFrame, *others: str) -> DataFrame:
    return payment.select(F.col("payment_date").alias("moment"), *others)


def _beyond(moments: Callable[..., DataFrame], published: DataFrame, feed: DataFrame) -> DataFrame:
    """From the change feed of a table with moments: those outside the years that are there, and every update or
    delete, as it may withdraw one."""
    span = published.agg(F.min("date_day").alias("first"), F.max("date_day").alias("last"))
    is_known = F.coalesce(F.to_date("moment").between(F.col("first"), F.col("last")), F.lit(False))
    found = moments(feed, "_change_type").crossJoin(F.broadcast(span))
    return found.filter((F.col("_change_type") != "insert") | (F.col("moment").isNotNull() & ~is_known))


NEWS = {"bronze.rental": partial(_beyond, _of_rentals), "bronze.payment": partial(_beyond, _of_payments)}
"""Rentals and payments matter only if they may change the years that are there."""


def _attributes(day: Column) -> dict[str, Column]:
    iso_day = F.weekday(day) + 1
    fiscal_month = F.pmod(F.month(day) - FISCAL_YEAR_FIRST_MONTH, F.lit(12)) + 1
    return {
        "date_key": date_key("date_day"),
        "date_day": day,
        "prior_day": F.date_sub(day, 1),
        "next_day": F.date_add(day, 1),
        "prior_year_day": F.add_months(day, -12),
        "day_of_week": iso_day,
        "day_name": F.date_format(day, "EEEE"),
        "day_label": F.concat_ws(" ", iso_day, F.date_format(day, "EEE")),
        "is_weekend": iso_day >= 6,
        "day_of_month": F.dayofmonth(day),
        "day_of_year": F.dayofyear(day),
        "iso_week": F.weekofyear(day),
        "iso_year": F.year(F.date_add(F.trunc(day, "week"), 3)),
        "week_start": F.trunc(day, "week"),
        "week_end": F.date_add(F.trunc(day, "week"), 6),
        "month_number": F.month(day),
        "month_name": F.date_format(day, "MMMM"),
        "month_start": F.trunc(day, "month"),
        "month_end": F.last_day(day),
        "quarter_number": F.quarter(day),
        "quarter_start": F.trunc(day, "quarter"),
        "quarter_end": _end_of(day, "quarter", 3),
        "year_number": F.year(day),
        "year_start": F.trunc(day, "year"),
        "year_end": _end_of(day, "year", 12),
        "fiscal_year": F.year(F.add_months(day, 12 - FISCAL_YEAR_FIRST_MONTH + 1)),
        "fiscal_quarter": F.ceil(fiscal_month / 3).cast("int"),
        "fiscal_month": fiscal_month,
    }


def _end_of(day: Column, period: str, months: int) -> Column:
    return F.date_sub(F.add_months(F.trunc(day, period), months), 1)
