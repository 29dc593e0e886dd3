"""silver.dim_film: one row per film and version, with its language and category."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dvdrental.history import chain, collapse, open_to_the_past, overlap
from dvdrental.silver.dimension import VERSION_DDL, members
from dvdrental.table import Table

TABLE = Table(
    layer="silver",
    name="dim_film",
    grain="one row per film and version of what describes or prices it",
    key=("film_key",),
    columns=f"""
        film_key BIGINT NOT NULL COMMENT 'Surrogate key: hash of film_id and valid_from',
        film_id INT NOT NULL COMMENT 'Source key',
        title STRING COMMENT 'Title',
        description STRING COMMENT 'Plot in one sentence, updated in place',
        release_year INT COMMENT 'Year of release',
        language STRING COMMENT 'Language spoken',
        category_id INT COMMENT 'Category; of several live at a time, the lowest id',
        category STRING COMMENT 'Name of the category',
        rating STRING COMMENT 'MPAA rating: G, PG, PG-13, R, NC-17',
        rental_duration INT COMMENT 'Allowed days per rental',
        rental_rate DECIMAL(4,2) COMMENT 'Price of one rental, US dollars',
        length INT COMMENT 'Length, minutes',
        replacement_cost DECIMAL(5,2) COMMENT 'Price of a lost copy, US dollars',
        special_features ARRAY<STRING> COMMENT 'Extras on the disc, updated in place',
        last_update TIMESTAMP_NTZ COMMENT 'When the source last changed the film row, updated in place',
        {VERSION_DDL}
    """,
    untracked=("description", "special_features", "last_update"),
)

OWN = [
    "title",
    "release_year",
    "rating",
    "rental_duration",
    "rental_rate",
    "length",
    "replacement_cost",
]
TRACKED = [*OWN, "language", "category_id", "category"]


def build(
    film: DataFrame, language: DataFrame, film_category: DataFrame, category: DataFrame, inventory: DataFrame
) -> DataFrame:
    own = chain(film, ["film_id"], tracked=[*OWN, "language_id", *TABLE.untracked])
    languages = chain(language, ["language_id"], tracked=["name"]).withColumnRenamed("name", "language")
    categories = chain(category, ["category_id"], tracked=["name"]).withColumnRenamed("name", "category")
    pieces = overlap(own, languages, on="language_id")
    pieces = overlap(pieces, lowest_category(film_category), on="film_id")
    pieces = overlap(pieces, categories, on="category_id")
    versions = collapse(pieces, ["film_id"], tracked=TRACKED, untracked=TABLE.untracked)
    return members(versions, TABLE, [inventory.select("film_id"), film_category.select("film_id")])


def lowest_category(film_category: DataFrame) -> DataFrame:
    """Chain of each film's category. A film in several categories never fans out: the lowest live id counts.

    The first version opens at 1970-01-01 per film, not per pair: a pair that comes later must not reach back.
    """
    pairs = chain(film_category, ["film_id", "category_id"], tracked=[], opens_at_epoch=False)
    cuts = pairs.select("film_id", F.explode(F.array("valid_from", "valid_to")).alias("valid_from"))
    cuts = cuts.filter("valid_from is not null").distinct()
    next_cut = F.lead("valid_from").over(Window.partitionBy("film_id").orderBy("valid_from"))
    live = pairs.filter("not is_deleted").withColumnsRenamed({"valid_from": "_from", "valid_to": "_to"})
    covers = (F.col("_from") <= F.col("valid_from")) & (F.col("_to").isNull() | (F.col("valid_from") < F.col("_to")))
    pieces = (
        cuts.withColumn("valid_to", next_cut)
        .join(
            live.drop("is_deleted").withColumnRenamed("film_id", "_film"),
            (F.col("film_id") == F.col("_film")) & covers,
            "left",
        )
        .groupBy("film_id", "valid_from", "valid_to")
        .agg(F.min("category_id").alias("category_id"))
        .withColumn("is_deleted", F.lit(False))
    )
    return open_to_the_past(collapse(pieces, ["film_id"], tracked=["category_id"]), ["film_id"])
