"""What is counted of landed rows before they are parsed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from dvdrental.bronze import drift
from dvdrental.bronze.envelope import generation, json_text


@dataclass(frozen=True)
class LandingStats:
    """Number of rows, when the newest was read, its fields, and the span of generations (envelope.generation)."""

    landed: int
    landed_at: datetime | None
    oldest_generation: int | None
    newest_generation: int | None
    fields: Mapping[str, Any]
    is_remnant: bool = False
    """The rows were taken in before, and a newer generation lies beside them."""


def landing_stats(rows: DataFrame) -> LandingStats:
    totals = rows.agg(
        F.count("*").alias("landed"),
        F.max("extracted_at").alias("landed_at"),
        F.min(generation()).alias("oldest_generation"),
        F.max(generation()).alias("newest_generation"),
        F.max_by(json_text(rows, "data"), "extracted_at").alias("fields"),
    )
    found = totals.collect()[0].asDict()
    fields = drift.fields_of(found["fields"])
    data = rows.schema["data"].dataType
    if isinstance(data, StructType):
        fields = {name: fields.get(name) for name in data.fieldNames()}
    return LandingStats(**found | {"fields": fields})
