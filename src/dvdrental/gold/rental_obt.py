"""gold.rental_obt: one big table, one row per live rental, everything a dashboard asks for, no personal data."""

from collections.abc import Mapping
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.feed import differing, distinct_keys
from dvdrental.gold.countries import iso3
from dvdrental.silver import dim_category, dim_customer, dim_film, dim_store, fact_rentals
from dvdrental.table import Table

TABLE = Table(
    layer="gold",
    name="rental_obt",
    grain="one row per live rental",
    key=("rental_key",),
    columns="""
        rental_key BIGINT NOT NULL COMMENT 'Rental: count these',
        rental_id INT NOT NULL COMMENT 'Source key',
        rental_date TIMESTAMP_NTZ NOT NULL COMMENT 'When the copy was handed out',
        rental_year INT NOT NULL COMMENT 'Year of rental_date',
        rental_quarter INT NOT NULL COMMENT 'Quarter of rental_date',
        rental_month INT NOT NULL COMMENT 'Month of rental_date, January = 1',
        rental_month_start DATE NOT NULL COMMENT 'First day of the month of rental_date',
        rental_week_start DATE NOT NULL COMMENT 'Monday of the week of rental_date',
        rental_day INT NOT NULL COMMENT 'Day of the month of rental_date',
        rental_day_of_week STRING NOT NULL COMMENT 'English name',
        rental_weekday STRING NOT NULL COMMENT 'Sorts in calendar order: 1 Mon',
        rental_hour INT NOT NULL COMMENT 'Hour of rental_date, 0 to 23',
        fiscal_year INT NOT NULL COMMENT 'Fiscal year of rental_date, July to June, named after its end',
        fiscal_quarter INT NOT NULL COMMENT 'Quarter of the fiscal year',
        return_date TIMESTAMP_NTZ COMMENT 'When it came back; NULL while it is out',
        due_date TIMESTAMP_NTZ COMMENT 'When it has to be back',
        days_out INT COMMENT 'Calendar days between rental and return; NULL while the copy is out',
        is_open BOOLEAN NOT NULL COMMENT 'True while the copy is out',
        is_late BOOLEAN COMMENT 'Returned after due_date, to the second; NULL while the copy is out',
        is_late_calendar BOOLEAN COMMENT 'Returned more calendar days later than allowed; NULL while the copy is out',
        amount DECIMAL(10,2) NOT NULL COMMENT 'Sum of all payments for the rental, US dollars; 0 when unpaid',
        number_of_payments INT NOT NULL COMMENT 'Payments for the rental; 0 when unpaid',
        customer_key BIGINT NOT NULL COMMENT 'Customer at rental_date; names are in silver.dim_customer',
        customer_id INT COMMENT 'Customer, whatever the version: count these',
        is_active_customer BOOLEAN COMMENT 'The active flag of the customer today, not at rental_date',
        customer_district STRING COMMENT 'District of the customer at rental_date',
        customer_city_id INT COMMENT 'City of the customer at rental_date; names are not unique',
        customer_city STRING COMMENT 'Name of that city',
        customer_country STRING COMMENT 'Country of the customer at rental_date',
        customer_country_iso3 STRING COMMENT 'ISO 3166-1 alpha-3 code of that country, for maps',
        store_key BIGINT NOT NULL COMMENT 'Staff rule: store of the member of staff who rented it out',
        store_id INT NOT NULL COMMENT 'Staff rule: source key of the store',
        store_city STRING COMMENT 'Staff rule: city of the store',
        store_country STRING COMMENT 'Staff rule: country of the store',
        store_district STRING COMMENT 'Staff rule: district of the store',
        inventory_store_key BIGINT NOT NULL COMMENT 'Copy rule: store that owned the copy',
        inventory_store_id INT NOT NULL COMMENT 'Copy rule: source key of the store',
        inventory_store_city STRING COMMENT 'Copy rule: city of the store',
        staff_key BIGINT NOT NULL COMMENT 'Who rented it out',
        inventory_key BIGINT NOT NULL COMMENT 'Copy',
        film_key BIGINT NOT NULL COMMENT 'Version of the film at rental_date',
        film_id INT NOT NULL COMMENT 'Film, whatever the version',
        title STRING COMMENT 'Title',
        release_year INT COMMENT 'Year of release',
        language STRING COMMENT 'Language spoken',
        rating STRING COMMENT 'MPAA rating',
        length INT COMMENT 'Length, minutes',
        rental_duration INT COMMENT 'Allowed days per rental',
        rental_rate DECIMAL(4,2) COMMENT 'Price of one rental, US dollars',
        replacement_cost DECIMAL(5,2) COMMENT 'Price of a lost copy, US dollars',
        category_key BIGINT NOT NULL COMMENT 'Version of the category at rental_date',
        category_id INT NOT NULL COMMENT 'Category, whatever the version',
        category STRING COMMENT 'Name of the category at rental_date',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
    references={"customer_key": dim_customer.TABLE},
)

OF_VERSIONS = ["film_id", "category_id", "store_id", "inventory_store_id"]
"""Columns that the fact has too; here they come from the version that was found, and are -1 where none was."""

TODAY = ["is_current", "is_active_customer"]

FILM = [
    "title",
    "release_year",
    "language",
    "rating",
    "length",
    "rental_duration",
    "rental_rate",
    "replacement_cost",
]


class Shown(NamedTuple):
    """What a rental shows of the version of a dimension that its fact has found. (A day never changes.)"""

    dimension: Table
    column: str
    """Column of this table that holds the surrogate key of the version."""
    columns: list[str]


SHOWN = (
    Shown(dim_customer.TABLE, "customer_key", ["district", "city_id", "city", "country"]),
    Shown(dim_store.TABLE, "store_key", ["city", "country", "district"]),
    Shown(dim_store.TABLE, "inventory_store_key", ["city"]),
    Shown(dim_film.TABLE, "film_key", FILM),
    Shown(dim_category.TABLE, "category_key", ["name"]),
)


def build(
    rentals: DataFrame,
    dates: DataFrame,
    customers: DataFrame,
    stores: DataFrame,
    films: DataFrame,
    categories: DataFrame,
    scope: DataFrame | None = None,
) -> DataFrame:
    """All rentals, or those whose rental_key is in the scope."""
    if scope is not None:
        rentals = rentals.join(scope, "rental_key", "left_semi")
    return (
        rentals.drop(*OF_VERSIONS)
        .join(_calendar(dates), on="rental_date_key", how="left")
        .join(_customers(customers), on="customer_key", how="left")
        .join(_active_today(customers), on="customer_id", how="left")
        .join(_stores(stores), on="store_key", how="left")
        .join(_owners(stores), on="inventory_store_key", how="left")
        .join(_films(films), on="film_key", how="left")
        .join(_categories(categories), on="category_key", how="left")
        .withColumns(
            {
                "rental_hour": F.hour("rental_date"),
                "days_out": F.col("rental_duration_days"),
                "is_open": ~F.col("is_returned"),
                "amount": F.col("rental_amount"),
            }
        )
        .select(*TABLE.built_columns)
    )


def touched(published: DataFrame, inputs: Mapping[str, DataFrame], changed: Mapping[str, DataFrame]) -> DataFrame:
    """rental_key of each rental whose row may differ: its fact, or what is shown of a dimension."""
    found = []
    if fact_rentals.TABLE.full_name in changed:
        found.append(changed[fact_rentals.TABLE.full_name].select("rental_key"))
    for dimension, column, columns in SHOWN:
        if dimension.full_name in changed:
            key = dimension.key[0]
            differ = differing(changed[dimension.full_name], key, columns).select(F.col(key).alias(column))
            found.append(published.join(differ, column, "left_semi").select("rental_key"))
    if dim_customer.TABLE.full_name in changed:  # the flag of today is shown at all rentals of a customer
        differ = differing(changed[dim_customer.TABLE.full_name], "customer_key", ["customer_id", *TODAY])
        customers = differ.select(F.coalesce("after.customer_id", "before.customer_id").alias("customer_id"))
        found.append(published.join(customers, "customer_id", "left_semi").select("rental_key"))
    return distinct_keys(published, found, "rental_key")


def _calendar(dates: DataFrame) -> DataFrame:
    return dates.select(
        F.col("date_key").alias("rental_date_key"),
        F.col("year_number").alias("rental_year"),
        F.col("quarter_number").alias("rental_quarter"),
        F.col("month_number").alias("rental_month"),
        F.col("month_start").alias("rental_month_start"),
        F.col("week_start").alias("rental_week_start"),
        F.col("day_of_month").alias("rental_day"),
        F.col("day_name").alias("rental_day_of_week"),
        F.col("day_label").alias("rental_weekday"),
        "fiscal_year",
        "fiscal_quarter",
    )


def _customers(customers: DataFrame) -> DataFrame:
    return customers.select(
        "customer_key",
        F.col("district").alias("customer_district"),
        F.col("city_id").alias("customer_city_id"),
        F.col("city").alias("customer_city"),
        F.col("country").alias("customer_country"),
        iso3("country").alias("customer_country_iso3"),
    )


def _active_today(customers: DataFrame) -> DataFrame:
    return customers.filter("is_current").select("customer_id", "is_active_customer")


def _stores(stores: DataFrame) -> DataFrame:
    return stores.select(
        "store_key",
        "store_id",
        F.col("city").alias("store_city"),
        F.col("country").alias("store_country"),
        F.col("district").alias("store_district"),
    )


def _owners(stores: DataFrame) -> DataFrame:
    return stores.select(
        F.col("store_key").alias("inventory_store_key"),
        F.col("store_id").alias("inventory_store_id"),
        F.col("city").alias("inventory_store_city"),
    )


def _films(films: DataFrame) -> DataFrame:
    return films.select("film_key", "film_id", *FILM)


def _categories(categories: DataFrame) -> DataFrame:
    return categories.select("category_key", "category_id", F.col("name").alias("category"))
