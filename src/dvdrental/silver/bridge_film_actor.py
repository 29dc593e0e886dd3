"""silver.bridge_film_actor: one row per film and actor; without measures."""

from pyspark.sql import DataFrame

from dvdrental.columns import surrogate_key
from dvdrental.history import current
from dvdrental.silver import dim_actor
from dvdrental.table import Table

TABLE = Table(
    layer="silver",
    name="bridge_film_actor",
    grain="one row per film and actor who plays in it",
    key=("film_id", "actor_id"),
    columns="""
        film_id INT NOT NULL COMMENT 'Film, whatever its version',
        actor_id INT NOT NULL COMMENT 'Actor',
        actor_key BIGINT NOT NULL COMMENT 'Key of dim_actor',
        last_update TIMESTAMP_NTZ COMMENT 'When the source last changed the row',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
    references={"actor_key": dim_actor.TABLE},
)


def build(film_actor: DataFrame) -> DataFrame:
    pairs = current(film_actor, ["film_id", "actor_id"]).withColumn("actor_key", surrogate_key("actor_id"))
    return pairs.select(*TABLE.built_columns)
