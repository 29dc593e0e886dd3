"""silver.dim_inventory: one row per live copy of a film."""

from pyspark.sql import DataFrame

from dvdrental.columns import surrogate_key
from dvdrental.history import current
from dvdrental.table import Table

TABLE = Table(
    layer="silver",
    name="dim_inventory",
    grain="one row per live copy of a film",
    key=("inventory_key",),
    columns="""
        inventory_key BIGINT NOT NULL COMMENT 'Surrogate key: hash of inventory_id',
        inventory_id INT NOT NULL COMMENT 'Source key',
        film_id INT COMMENT 'Film',
        store_id INT COMMENT 'Store that owns the copy',
        last_update TIMESTAMP_NTZ COMMENT 'When the source last changed the row',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
)


def build(inventory: DataFrame) -> DataFrame:
    copies = current(inventory, ["inventory_id"]).withColumn("inventory_key", surrogate_key("inventory_id"))
    return copies.select(*TABLE.built_columns)
