"""What Delta's change feed says of an input: which rows differ, and from when on a history gives another answer."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.table import Table


class Lookup(NamedTuple):
    """A dimension of which a fact takes the version that is valid at its time."""

    dimension: Table
    column: str
    """Column of the fact that holds the natural key."""
    taken: Sequence[str] = ()
    """What the fact uses of the version, besides its surrogate key."""


def differing(feed: DataFrame, key: str, columns: Sequence[str]) -> DataFrame:
    """One row per key whose row is not what it was: `key`, `before` and `after` (structs of the columns; NULL where
    there is no row). A row that was changed and changed back is not among them."""
    is_new = F.col("_change_type").isin("insert", "update_postimage")
    image, at = F.struct(is_new.alias("is_new"), *columns), F.struct("_commit_version", is_new)
    ends = feed.groupBy(key).agg(F.min_by(image, at).alias("first"), F.max_by(image, at).alias("last"))
    kept = F.struct(*(F.col(f"first.{c}") for c in columns)), F.struct(*(F.col(f"last.{c}") for c in columns))
    before = F.when(~F.col("first.is_new"), kept[0]).alias("before")
    after = F.when(F.col("last.is_new"), kept[1]).alias("after")
    return ends.select(key, before, after).filter("not before <=> after")


def reach(feed: DataFrame, on: str, key: str, taken: Sequence[str] = ()) -> DataFrame:
    """Per natural key the earliest instant, `since`, from which `history.as_of` may return another version or other
    `taken` columns. If only `valid_to` moved, that is the earlier of its old and new value."""
    versions = differing(feed, key, [on, "valid_from", "valid_to", *taken])
    same = F.lit(True)
    for column in (on, "valid_from", *taken):
        same = same & F.col(f"before.{column}").eqNullSafe(F.col(f"after.{column}"))
    only_end = F.col("before").isNotNull() & F.col("after").isNotNull() & same
    since = F.when(only_end, F.least("before.valid_to", "after.valid_to"))
    since = since.otherwise(F.least("before.valid_from", "after.valid_from"))
    return versions.groupBy(F.coalesce(f"before.{on}", f"after.{on}").alias(on)).agg(F.min(since).alias("since"))


def touched_by_dimensions(
    published: DataFrame, lookups: Iterable[Lookup], changed: Mapping[str, DataFrame], key: str, at: str
) -> list[DataFrame]:
    """One frame per lookup whose dimension has changed: `key` of each published fact for which, at its time `at`,
    another version may be found. `changed`: change feeds by table."""
    frames = []
    for dimension, column, taken in lookups:
        if dimension.full_name in changed:
            surrogate, natural = dimension.key[0], dimension.natural_key
            since = reach(changed[dimension.full_name], natural, surrogate, taken).withColumnRenamed(natural, column)
            frames.append(published.join(since, column).filter(F.col(at) >= F.col("since")).select(key))
    return frames


def distinct_keys(published: DataFrame, found: Iterable[DataFrame], key: str) -> DataFrame:
    """Each `key` of the found frames once: no rows if there are no frames."""
    return reduce(DataFrame.unionByName, found, published.select(key).limit(0)).distinct()
