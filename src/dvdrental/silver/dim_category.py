"""silver.dim_category: one row per category and version."""

from pyspark.sql import DataFrame

from dvdrental.history import chain
from dvdrental.silver.dimension import VERSION_DDL, members
from dvdrental.table import Table

TABLE = Table(
    layer="silver",
    name="dim_category",
    grain="one row per category and version of its name",
    key=("category_key",),
    columns=f"""
        category_key BIGINT NOT NULL COMMENT 'Surrogate key: hash of category_id and valid_from',
        category_id INT NOT NULL COMMENT 'Source key',
        name STRING COMMENT 'Name of the category',
        last_update TIMESTAMP_NTZ COMMENT 'When the source last changed the row, updated in place',
        {VERSION_DDL}
    """,
    untracked=("last_update",),
)


def build(category: DataFrame, film_category: DataFrame) -> DataFrame:
    versions = chain(category, ["category_id"], tracked=["name"], untracked=TABLE.untracked)
    return members(versions, TABLE, [film_category.select("category_id")])
