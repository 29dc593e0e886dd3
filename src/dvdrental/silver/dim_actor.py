"""silver.dim_actor: one row per live actor."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.columns import surrogate_key
from dvdrental.history import current
from dvdrental.table import Table

TABLE = Table(
    layer="silver",
    name="dim_actor",
    grain="one row per live actor",
    key=("actor_key",),
    columns="""
        actor_key BIGINT NOT NULL COMMENT 'Surrogate key: hash of actor_id',
        actor_id INT NOT NULL COMMENT 'Source key; two actors may share a name',
        first_name STRING COMMENT 'First name',
        last_name STRING COMMENT 'Last name',
        full_name STRING COMMENT 'First and last name',
        last_update TIMESTAMP_NTZ COMMENT 'When the source last changed the row',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
)


def build(actor: DataFrame) -> DataFrame:
    return (
        current(actor, ["actor_id"])
        .withColumn("actor_key", surrogate_key("actor_id"))
        .withColumn("full_name", F.concat_ws(" ", "first_name", "last_name"))
        .select(*TABLE.column_names[:-1])
    )
