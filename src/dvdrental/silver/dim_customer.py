"""silver.dim_customer: one row per customer and version, with the address spelled out. Holds personal data."""

from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.history import VALIDITY, chain, collapse, overlap
from dvdrental.silver.dimension import VERSION_DDL, members, places, strangers
from dvdrental.table import Table

TABLE = Table(
    layer="silver",
    name="dim_customer",
    grain="one row per customer and version of home store, name, activity or place",
    key=("customer_key",),
    columns=f"""
        customer_key BIGINT NOT NULL COMMENT 'Surrogate key: hash of customer_id and valid_from',
        customer_id INT NOT NULL COMMENT 'Source key',
        store_id INT COMMENT 'Home store',
        first_name STRING COMMENT 'First name (personal)',
        last_name STRING COMMENT 'Last name (personal)',
        full_name STRING COMMENT 'First and last name (personal)',
        email STRING COMMENT 'E-mail address (personal), updated in place',
        address_id INT COMMENT 'Address',
        district STRING COMMENT 'District, state or province',
        city_id INT COMMENT 'City; names are not unique, group by this',
        city STRING COMMENT 'Name of the city',
        country_id INT COMMENT 'Country',
        country STRING COMMENT 'Name of the country',
        is_active_customer BOOLEAN COMMENT 'The real flag of the source: active = 1, not activebool',
        create_date DATE COMMENT 'When the customer was registered',
        last_update TIMESTAMP_NTZ COMMENT 'When the source last changed the customer row, updated in place',
        {VERSION_DDL}
    """,
    untracked=("email", "last_update"),
)

OWN = ["store_id", "first_name", "last_name", "address_id", "create_date"]
PLACE = ["district", "city_id", "city", "country_id", "country"]
TRACKED = [*OWN, "is_active_customer", *PLACE]


def build(
    customer: DataFrame,
    address: DataFrame,
    city: DataFrame,
    country: DataFrame,
    rental: DataFrame,
    payment: DataFrame,
) -> DataFrame:
    """A renamed city opens a new version of every customer who lives there."""
    own = chain(customer, ["customer_id"], tracked=[*OWN, "active", *TABLE.untracked])
    own = own.withColumn("is_active_customer", F.col("active") == 1)
    place = places(address, city, country).select("address_id", *PLACE, *VALIDITY)
    pieces = overlap(own, place, on="address_id")
    versions = collapse(pieces, ["customer_id"], tracked=TRACKED, untracked=TABLE.untracked)
    described = versions.withColumn("full_name", F.concat_ws(" ", "first_name", "last_name"))
    return members(described, TABLE, [rental.select("customer_id"), payment.select("customer_id")])


NEWS = dict.fromkeys(("bronze.rental", "bronze.payment"), partial(strangers, TABLE))
"""Rentals and payments matter only if they name somebody new, or no longer name somebody."""
