"""Airbyte's landing envelopes, detected by their columns and normalised to one frame.

The frame: `raw_id STRING, extracted_at TIMESTAMP_NTZ (UTC), data STRING (JSON), meta STRING (JSON), generation_id`.
"""

import re

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.columns import utc
from dvdrental.errors import LandingError

V1 = {"_airbyte_ab_id", "_airbyte_emitted_at", "_airbyte_data"}
V2 = {"_airbyte_raw_id", "_airbyte_extracted_at", "_airbyte_data"}


def raw_table_names(namespace: str, stream: str) -> list[str]:
    """Where a stream's raw rows may lie, newest form first: destination 2.x/3.x, then 1.x."""
    return [v2_table_name(namespace, stream), f"_airbyte_raw_{stream.lower()}"]


def v2_table_name(namespace: str, stream: str) -> str:
    """Airbyte separates the parts by one underscore more than the longest run of them in the two names put together."""
    longest = max(map(len, re.findall("_+", namespace + stream)), default=1)
    separator = "_" * (longest + 1)
    return re.sub(r"[^a-z0-9]", "_", f"{namespace}_raw{separator}stream_{stream}".lower())


def normalise(landing: DataFrame) -> DataFrame:
    """Raises LandingError when the columns are of no known envelope."""
    columns = set(landing.columns)
    if columns >= V2:
        return landing.select(
            F.col("_airbyte_raw_id").alias("raw_id"),
            utc(F.col("_airbyte_extracted_at")).alias("extracted_at"),
            F.col("_airbyte_data").alias("data"),
            (F.col("_airbyte_meta") if "_airbyte_meta" in columns else F.lit(None).cast("string")).alias("meta"),
            (F.col("_airbyte_generation_id") if "_airbyte_generation_id" in columns else F.lit(None))
            .cast("bigint")
            .alias("generation_id"),
        )
    if columns >= V1:
        return landing.select(
            F.col("_airbyte_ab_id").alias("raw_id"),
            utc(F.col("_airbyte_emitted_at")).alias("extracted_at"),
            F.col("_airbyte_data").alias("data"),
            F.lit(None).cast("string").alias("meta"),
            F.lit(None).cast("bigint").alias("generation_id"),
        )
    raise LandingError(f"the landing has the columns {sorted(columns)}: no raw envelope of Airbyte that is known")
