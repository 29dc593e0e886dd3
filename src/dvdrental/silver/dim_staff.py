"""silver.dim_staff: one row per member of staff and version. Holds personal data; never a password or picture."""

from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.history import chain
from dvdrental.silver.dimension import VERSION_DDL, members, strangers
from dvdrental.table import Table

TABLE = Table(
    layer="silver",
    name="dim_staff",
    grain="one row per member of staff and version of name, store or activity",
    key=("staff_key",),
    columns=f"""
        staff_key BIGINT NOT NULL COMMENT 'Surrogate key: hash of staff_id and valid_from',
        staff_id INT NOT NULL COMMENT 'Source key',
        first_name STRING COMMENT 'First name (personal)',
        last_name STRING COMMENT 'Last name (personal)',
        full_name STRING COMMENT 'First and last name (personal)',
        email STRING COMMENT 'E-mail address (personal), updated in place',
        address_id INT COMMENT 'Address, updated in place',
        store_id INT COMMENT 'Store where they work',
        is_active BOOLEAN COMMENT 'True while employed',
        last_update TIMESTAMP_NTZ COMMENT 'When the source last changed the row, updated in place',
        {VERSION_DDL}
    """,
    untracked=("email", "address_id", "last_update"),
)

TRACKED = ["first_name", "last_name", "store_id", "active"]


def build(staff: DataFrame, store: DataFrame, rental: DataFrame, payment: DataFrame) -> DataFrame:
    versions = chain(staff, ["staff_id"], tracked=TRACKED, untracked=TABLE.untracked)
    full_name = F.concat_ws(" ", "first_name", "last_name")
    described = versions.withColumns({"full_name": full_name, "is_active": F.col("active")})
    managers = store.select(F.col("manager_staff_id").alias("staff_id"))
    return members(described, TABLE, [rental.select("staff_id"), payment.select("staff_id"), managers])


NEWS = dict.fromkeys(("bronze.rental", "bronze.payment"), partial(strangers, TABLE))
"""Rentals and payments matter only if they name somebody new, or no longer name somebody."""
