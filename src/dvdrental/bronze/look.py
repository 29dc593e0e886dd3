"""A look at landed rows before they are parsed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.bronze import drift
from dvdrental.bronze.envelope import generation


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
    is_text = dict(rows.dtypes)["data"] == "string"
    look = rows.agg(
        F.count("*").alias("landed"),
        F.max("extracted_at").alias("landed_at"),
        F.min(generation()).alias("oldest"),
        F.max(generation()).alias("newest"),
        F.max_by(F.col("data") if is_text else F.to_json("data"), "extracted_at").alias("fields"),
    )
    found = look.collect()[0].asDict()
    fields = drift.fields_of(found["fields"])
    if not is_text:
        names: list[str] = rows.schema["data"].dataType.fieldNames()  # type: ignore[attr-defined]
        fields = {name: fields.get(name) for name in names}
    return Look(**found | {"fields": fields})
