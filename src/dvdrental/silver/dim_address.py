"""silver.dim_address: one row per live address, city and country spelled out. Holds personal data."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.columns import surrogate_key
from dvdrental.history import current
from dvdrental.table import Table

TABLE = Table(
    layer="silver",
    name="dim_address",
    grain="one row per live address",
    key=("address_key",),
    columns="""
        address_key BIGINT NOT NULL COMMENT 'Surrogate key: hash of address_id',
        address_id INT NOT NULL COMMENT 'Source key',
        address STRING COMMENT 'Street and number (personal)',
        address2 STRING COMMENT 'Second line (personal)',
        district STRING COMMENT 'District, state or province',
        city_id INT COMMENT 'City; names are not unique, group by this',
        city STRING COMMENT 'Name of the city',
        country_id INT COMMENT 'Country',
        country STRING COMMENT 'Name of the country',
        postal_code STRING COMMENT 'Postal code; may be empty',
        phone STRING COMMENT 'Phone number (personal); may be empty',
        address_type STRING COMMENT 'Who uses it, the first that applies: staff, store, customer; NULL for nobody',
        last_update TIMESTAMP_NTZ COMMENT 'When the source last changed the address row',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
)


def build(
    address: DataFrame,
    city: DataFrame,
    country: DataFrame,
    staff: DataFrame,
    store: DataFrame,
    customer: DataFrame,
) -> DataFrame:
    cities = current(city, ["city_id"]).select("city_id", "city", "country_id")
    countries = current(country, ["country_id"]).select("country_id", "country")
    return (
        current(address, ["address_id"])
        .join(cities, on="city_id", how="left")
        .join(countries, on="country_id", how="left")
        .join(_users(staff, store, customer), on="address_id", how="left")
        .withColumn("address_key", surrogate_key("address_id"))
        .select(*TABLE.built_columns)
    )


def _users(staff: DataFrame, store: DataFrame, customer: DataFrame) -> DataFrame:
    """One row per address in use, with the type that ranks first."""
    ranked = [
        current(frame, [f"{kind}_id"]).select("address_id", F.lit(rank).alias("rank"), F.lit(kind).alias("kind"))
        for rank, (kind, frame) in enumerate([("staff", staff), ("store", store), ("customer", customer)])
    ]
    users = ranked[0].unionByName(ranked[1]).unionByName(ranked[2])
    return users.groupBy("address_id").agg(F.min_by("kind", "rank").alias("address_type"))
