"""silver.dim_actor: one row per live actor, and one without a name per actor whom a film names and the source lacks."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.columns import surrogate_key
from dvdrental.history import current
from dvdrental.table import Table

TABLE = Table(
    layer="silver",
    name="dim_actor",
    grain="one row per live actor, or one whom a live film_actor names",
    key=("actor_key",),
    columns="""
        actor_key BIGINT NOT NULL COMMENT 'Surrogate key: hash of actor_id',
        actor_id INT NOT NULL COMMENT 'Source key; two actors may share a name',
        first_name STRING COMMENT 'First name; NULL for an actor whom only film_actor knows',
        last_name STRING COMMENT 'Last name',
        full_name STRING COMMENT 'First and last name',
        last_update TIMESTAMP_NTZ COMMENT 'When the source last changed the row',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
)


def build(actor: DataFrame, film_actor: DataFrame) -> DataFrame:
    """film_actor may name actors who are missing: Airbyte reads the two streams one after the other, and a row of
    actor may be quarantined."""
    actors = current(actor, ["actor_id"]).withColumn("full_name", F.concat_ws(" ", "first_name", "last_name"))
    used = current(film_actor, ["film_id", "actor_id"]).select("actor_id").distinct()
    missing = used.join(actors, on="actor_id", how="left_anti")
    return (
        actors.unionByName(missing, allowMissingColumns=True)
        .withColumn("actor_key", surrogate_key("actor_id"))
        .select(*TABLE.built_columns)
    )
