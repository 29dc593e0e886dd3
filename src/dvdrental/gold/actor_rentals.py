"""gold.actor_rentals: one row per actor. A rental counts for each actor of its film: never add the actors up."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dvdrental.columns import money
from dvdrental.table import Table

TABLE = Table(
    layer="gold",
    name="actor_rentals",
    grain="one row per actor",
    key=("actor_id",),
    columns="""
        actor_id INT NOT NULL COMMENT 'Actor; two actors may share a name',
        full_name STRING COMMENT 'First and last name; NULL for an actor whom only film_actor knows',
        film_count BIGINT NOT NULL COMMENT 'Films the actor plays in',
        rental_count BIGINT NOT NULL COMMENT 'Rentals of those films; a rental counts for each actor of its film',
        revenue DECIMAL(20,2) NOT NULL COMMENT 'Payments for those rentals, US dollars',
        rental_rank INT NOT NULL COMMENT 'Rank by rentals, 1 = most; equal rentals, equal rank',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
)


def build(actors: DataFrame, film_actors: DataFrame, rental_obt: DataFrame) -> DataFrame:
    of_film = rental_obt.groupBy("film_id").agg(F.count("*").alias("rentals"), F.sum("amount").alias("amount"))
    of_actor = (
        film_actors.join(of_film, on="film_id", how="left")
        .groupBy("actor_id")
        .agg(
            F.count("*").alias("film_count"),
            F.sum("rentals").alias("rental_count"),
            F.sum("amount").cast("decimal(20,2)").alias("revenue"),
        )
    )
    return (
        actors.select("actor_id", "full_name")
        .join(of_actor, on="actor_id", how="left")
        .na.fill(0, ["film_count", "rental_count"])
        .withColumn("revenue", money("revenue"))
        .withColumn("rental_rank", F.rank().over(Window.orderBy(F.col("rental_count").desc())))
        .select(*TABLE.built_columns)
    )
