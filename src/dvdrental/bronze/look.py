"""A look at landed rows before they are parsed."""

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
class Look:
    """How many rows, when the newest was read, its fields, and the span of generations (envelope.generation)."""

    landed: int
    landed_at: datetime | None
    oldest: int | None
    newest: int | None
    fields: Mapping[str, Any]
    is_remnant: bool = False
    """The rows were taken in before, and a newer generation lies beside them."""


def look_at(rows: DataFrame) -> Look:
    look = rows.agg(
        F.count("*").alias("landed"),
        F.max("extracted_at").alias("landed_at"),
        F.min(generation()).alias("oldest"),
        F.max(generation()).alias("newest"),
        F.max_by(json_text(rows, "data"), "extracted_at").alias("fields"),
    )
    found = look.collect()[0].asDict()
    fields = drift.fields_of(found["fields"])
    data = rows.schema["data"].dataType
    if isinstance(data, StructType):
        fields = {name: fields.get(name) for name in data.fieldNames()}
    return Look(**found | {"fields": fields})
