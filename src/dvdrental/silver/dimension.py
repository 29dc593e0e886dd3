"""What all slowly changing dimensions share: versions, inferred members, the unknown member."""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.columns import UNKNOWN, epoch, surrogate_key
from dvdrental.history import chain, overlap
from dvdrental.table import Table

VERSION_DDL = """
    valid_from TIMESTAMP_NTZ NOT NULL COMMENT 'Start of the version, UTC; the first version opens at 1970-01-01',
    valid_to TIMESTAMP_NTZ COMMENT 'End of the version (exclusive), UTC; NULL while it is valid',
    is_current BOOLEAN NOT NULL COMMENT 'True for the version that is valid now',
    is_inferred BOOLEAN NOT NULL COMMENT 'True for the unknown member -1 and for keys in use that the source lacks',
    _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
"""
"""The columns that end the contract of every dimension with history."""


def members(versions: DataFrame, table: Table, referenced: Sequence[DataFrame]) -> DataFrame:
    """Rows of an SCD2 dimension in contract order, without `_loaded_at`.

    `versions`: a collapsed chain; stretches in which the key was deleted are dropped. `referenced`: frames of one
    column, the ids that facts and other dimensions use; those that never had a row become inferred members. The
    surrogate key is a hash of id and start, so an inferred member keeps it when the real row comes.
    """
    surrogate, natural = table.key[0], table.natural_key
    live = versions.filter("not is_deleted").drop("is_deleted").withColumn("is_inferred", F.lit(False))
    used = reduce(DataFrame.unionByName, (ids.toDF(natural) for ids in referenced)).filter(F.col(natural) != UNKNOWN)
    missing = used.distinct().join(live.select(natural), on=natural, how="left_anti")
    placeholders = missing.unionByName(live.sparkSession.range(1).select(F.lit(UNKNOWN).alias(natural)))
    placeholders = placeholders.withColumns({"valid_from": epoch(), "is_inferred": F.lit(True)})
    rows = live.unionByName(placeholders, allowMissingColumns=True)
    key = F.when(F.col(natural) == UNKNOWN, UNKNOWN).otherwise(surrogate_key(natural, "valid_from"))
    rows = rows.withColumns({surrogate: key.cast("bigint"), "is_current": F.col("valid_to").isNull()})
    return rows.select(*table.built_columns)


def strangers(table: Table, published: DataFrame, feed: DataFrame) -> DataFrame:
    """From the change feed of a table that only references the dimension: ids that are not members yet, and every
    update or delete, as it may withdraw a reference. A dimension with ten thousand members need not be computed again
    because some of a billion rentals have changed."""
    natural = table.natural_key
    used = feed.select(natural, (F.col("_change_type") != "insert").alias("takes_back"))
    known = published.select(natural).distinct().withColumn("is_known", F.lit(True))
    found = used.filter(F.col(natural).isNotNull() | F.col("takes_back"))
    return found.join(known, natural, "left").filter("takes_back or is_known is null")


def places(address: DataFrame, city: DataFrame, country: DataFrame) -> DataFrame:
    """Chain of addresses, city and country spelled out. A phone number is updated in place."""
    own = ["address", "address2", "district", "city_id", "postal_code"]
    addresses = chain(address, ["address_id"], tracked=own, untracked=["phone"])
    cities = chain(city, ["city_id"], tracked=["city", "country_id"])
    countries = chain(country, ["country_id"], tracked=["country"])
    return overlap(overlap(addresses, cities, on="city_id"), countries, on="country_id")
