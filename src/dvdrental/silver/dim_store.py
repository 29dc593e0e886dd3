"""silver.dim_store: one row per store and version, with its address and manager."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.history import VALIDITY, chain, collapse, overlap
from dvdrental.silver.dimension import VERSION_DDL, members, places
from dvdrental.table import Table

TABLE = Table(
    layer="silver",
    name="dim_store",
    grain="one row per store and version of its address or manager",
    key=("store_key",),
    columns=f"""
        store_key BIGINT NOT NULL COMMENT 'Surrogate key: hash of store_id and valid_from',
        store_id INT NOT NULL COMMENT 'Source key',
        address STRING COMMENT 'Street and number',
        address2 STRING COMMENT 'Second line',
        district STRING COMMENT 'District, state or province',
        city_id INT COMMENT 'City',
        city STRING COMMENT 'Name of the city',
        country_id INT COMMENT 'Country',
        country STRING COMMENT 'Name of the country',
        postal_code STRING COMMENT 'Postal code; may be empty',
        manager_staff_id INT COMMENT 'Manager',
        manager_name STRING COMMENT 'First and last name of the manager (personal)',
        last_update TIMESTAMP_NTZ COMMENT 'When the source last changed the store row, updated in place',
        {VERSION_DDL}
    """,
    untracked=("last_update",),
)

PLACE = ["address", "address2", "district", "city_id", "city", "country_id", "country", "postal_code"]
TRACKED = ["manager_staff_id", "manager_name", *PLACE]


def build(
    store: DataFrame,
    address: DataFrame,
    city: DataFrame,
    country: DataFrame,
    staff: DataFrame,
    inventory: DataFrame,
    customer: DataFrame,
) -> DataFrame:
    own = chain(store, ["store_id"], tracked=["manager_staff_id", "address_id", *TABLE.untracked])
    names = chain(staff, ["staff_id"], tracked=["first_name", "last_name"])
    managers = names.select(
        F.col("staff_id").alias("manager_staff_id"),
        F.when(~F.col("is_deleted"), F.concat_ws(" ", "first_name", "last_name")).alias("manager_name"),
        *VALIDITY,
    )
    place = places(address, city, country).select("address_id", *PLACE, *VALIDITY)
    pieces = overlap(own, place, on="address_id")
    pieces = overlap(pieces, managers, on="manager_staff_id")
    versions = collapse(pieces, ["store_id"], tracked=TRACKED, untracked=TABLE.untracked)
    return members(versions, TABLE, [frame.select("store_id") for frame in (staff, inventory, customer)])
