"""Landed JSON -> typed columns: one parse per row, strict casts, nothing lost.

A value that does not fit its column becomes NULL plus an entry in `_changes`; a row that cannot be used at all keeps
its place with the reason in `_rejected`.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dvdrental import table
from dvdrental.bronze.streams import Stream

WIDE_NUMBER = "DECIMAL(38,10)"
"""Takes every spelling of a number (10, 10.00, 1E+1, "10") exactly; native INT or STRING fields do not."""

INTEGERS = {"INT": (-(2**31), 2**31 - 1), "BIGINT": (-(2**63), 2**63 - 1)}
DATE = r"^\d{4}-\d{2}-\d{2}$"
TIMESTAMP = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?$"
MICROSECONDS = 26  # characters of yyyy-MM-ddTHH:mm:ss.ffffff: further digits are cut, never rounded
CHANGES = "ARRAY<STRUCT<field: STRING, change: STRING, reason: STRING>>"


def parse(raw: DataFrame, stream: Stream, rules: Sequence[tuple[str, str]] = ()) -> DataFrame:
    """Business columns, technical columns but those of the ingest, and `_rejected`.

    `rules` are (name, SQL predicate) pairs over the business columns that a row must not break.
    """
    fields = [field for field in stream.table.fields if field.name in stream.business_columns]
    return _reject(_cast(_read_json(raw, fields), fields, stream), stream, rules)


def _read_json(raw: DataFrame, fields: Sequence[table.Column]) -> DataFrame:
    """`wide` holds the fields; `texts` all values as text, only for rows that the parser flagged."""
    schema = ", ".join(f"`{field.name}` {_wide(field.type)}" for field in fields)
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "_flagged"}
    parsed = raw.withColumn("wide", F.from_json("data", f"{schema}, _flagged STRING", options))
    texts = F.when(F.col("wide._flagged").isNotNull(), F.from_json("data", "MAP<STRING, STRING>"))
    return parsed.withColumn("texts", texts)


def _cast(parsed: DataFrame, fields: Sequence[table.Column], stream: Stream) -> DataFrame:
    typed = parsed.select(
        *(cast(F.col(f"wide.{field.name}"), field.type).alias(field.name) for field in fields),
        "raw_id",
        "extracted_at",
        "meta",
        "generation_id",
        "wide",
        "texts",
        (F.col("wide").isNull() | (F.col("wide._flagged").isNotNull() & F.col("texts").isNull())).alias("_broken"),
    )
    return typed.select(
        *(field.name for field in fields),
        F.col("raw_id").alias("_raw_id"),
        F.col("extracted_at").alias("_extracted_at"),
        F.col("generation_id").alias("_generation_id"),
        F.concat(_source_changes(), _failed_casts(fields)).alias("_changes"),
        F.lit(None).cast("bigint").alias("_lsn"),
        F.lit(False).alias("_is_delete"),
        F.coalesce(*([stream.updated] if stream.updated else []), "extracted_at").alias("_at"),
        "_broken",
    )


def _reject(typed: DataFrame, stream: Stream, rules: Sequence[tuple[str, str]]) -> DataFrame:
    reason = F.when(F.col("_broken"), "broken_json")
    for column in stream.key:
        reason = reason.when(F.col(column).isNull(), f"no_key:{column}")
    for name, predicate in rules:
        reason = reason.when(~F.coalesce(F.expr(predicate), F.lit(True)), name)
    return typed.withColumn("_rejected", reason).drop("_broken")


def _wide(sql_type: str) -> str:
    if sql_type in INTEGERS or sql_type.startswith("DECIMAL"):
        return WIDE_NUMBER
    return sql_type if sql_type.startswith("ARRAY") else "STRING"


def cast(wide: Column, sql_type: str) -> Column:
    """NULL when the value is not exactly one of the type: no rounding, no dropped zone, no other era."""
    if sql_type in INTEGERS:
        low, high = INTEGERS[sql_type]
        return F.when((wide == F.floor(wide)) & wide.between(low, high), wide.try_cast(sql_type))
    if sql_type.startswith("DECIMAL"):
        return F.when(wide.try_cast(sql_type) == wide, wide.try_cast(sql_type))
    if sql_type == "DATE":
        return F.when(wide.rlike(DATE), wide.try_cast("date"))
    if sql_type == "TIMESTAMP_NTZ":
        return F.when(wide.rlike(TIMESTAMP), F.substring(wide, 1, MICROSECONDS).try_cast("timestamp_ntz"))
    if sql_type == "BOOLEAN":
        return wide.try_cast("boolean")
    return wide if sql_type.startswith("ARRAY") else F.rtrim(wide)


def _source_changes() -> Column:
    landed = F.from_json("meta", f"changes {CHANGES}")["changes"]
    return F.coalesce(landed, F.array().cast(CHANGES))


def _failed_casts(fields: Sequence[table.Column]) -> Column:
    """Present in the landing, NULL after the cast."""

    def entry(field: table.Column) -> Column:
        present = F.col(f"wide.{field.name}").isNotNull() | F.coalesce(
            F.col("texts")[field.name].isNotNull(), F.lit(False)
        )
        change = F.struct(
            F.lit(field.name).alias("field"),
            F.lit("NULLED").alias("change"),
            F.lit("DESTINATION_TYPECAST_ERROR").alias("reason"),
        )
        return F.when(F.col(field.name).isNull() & present, change)

    return F.array_compact(F.array(*(entry(field) for field in fields))).cast(CHANGES)
