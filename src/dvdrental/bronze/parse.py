"""Landed fields -> typed columns: one parse per row, strict casts, nothing lost.

A value that does not fit its column becomes NULL plus an entry in `_changes`; a field that the stream does not know is
kept in `_rescued`; a row that cannot be used at all keeps its place with the reason in `_rejected`.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, NumericType, TimestampType

from dvdrental.bronze.cast import PLACEHOLDERS, WIDE_NUMBER, cast, is_placeholder_array, wide_type
from dvdrental.bronze.envelope import TECHNICAL, Envelope, Kind
from dvdrental.bronze.streams import CHANGES, Stream
from dvdrental.columns import utc

EXCERPT = 200
"""Characters of a rejected payload that are kept, masked: it may hold personal data."""

CDC = {"_ab_cdc_lsn": WIDE_NUMBER, "_ab_cdc_updated_at": "STRING", "_ab_cdc_deleted_at": "STRING"}


def parse(
    landed: Envelope,
    stream: Stream,
    rules: Sequence[tuple[str, str]] = (),
    *,
    needs_lsn: bool = False,
    rescue: bool = True,
) -> DataFrame:
    """Business columns, technical columns but those of the ingest, `_rejected` and `_parsed`.

    `rules` are (name, SQL predicate) pairs over the business columns that a row must not break. Rows whose content
    bronze holds already come with it in `_held` and are not parsed. Without `rescue` unknown fields are not looked for.
    """
    rows = landed.rows if "_held" in landed.rows.columns else landed.rows.withColumn("_held", F.lit(None).cast("void"))
    unheld = rows.withColumn("data", F.when(F.col("_held").isNull(), F.col("data")))
    return _reject(_cast(_read(unheld, stream, landed.kind, rescue), stream), stream, rules, needs_lsn)


def _read(rows: DataFrame, stream: Stream, kind: Kind, rescue: bool) -> DataFrame:
    """`wide` holds the fields, `texts` all values as text (only for rows that the parser flagged), `broken` whether
    there is an object at all."""
    fields = {stream.source_name(c.name): wide_type(c.type) for c in stream.business_fields} | CDC
    if kind == "typed":
        present = {field.name: field.dataType for field in rows.schema["data"].dataType}  # type: ignore[attr-defined]
        return rows.withColumns(
            {
                "wide": F.struct(*(_wide_of_typed(name, kind, present.get(name)) for name, kind in fields.items())),
                "texts": _texts_of_typed([name for name in fields if name in present]),
                "broken": F.lit(False),
                "_rescued": _rescued_columns([c for c in present if _is_unknown(c, stream)]),
            }
        )
    schema = ", ".join(f"{quoted(name)} {kind}" for name, kind in fields.items())
    nested = f"_airbyte_data STRUCT<{schema}>" if kind == "line" else schema
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "_flagged"}
    parsed = rows.withColumn("parsed", F.from_json("data", f"{nested}, _flagged STRING", options))
    inside = "_airbyte_data MAP<STRING, STRING>" if kind == "line" else "MAP<STRING, STRING>"
    texts = F.from_json("data", inside)
    texts = texts["_airbyte_data"] if kind == "line" else texts
    wide = F.col("parsed._airbyte_data") if kind == "line" else F.col("parsed")
    flagged = F.col("parsed._flagged").isNotNull()
    body = F.get_json_object("data", "$._airbyte_data") if kind == "line" else F.col("data")
    read = parsed.withColumns({"wide": wide, "texts": F.when(flagged, texts)})
    return read.withColumns(
        {
            "broken": F.col("_held").isNull() & (F.col("wide").isNull() | (flagged & F.col("texts").isNull())),
            "_rescued": _rescued(body, stream) if rescue else F.lit(None).cast("string"),
        }
    )


def quoted(name: str) -> str:
    """Name of a JSON field in a schema text: any character may stand in it."""
    return f"`{name.replace('`', '``')}`"


def _is_unknown(name: str, stream: Stream) -> bool:
    return not (name in stream.source_names or name in stream.secrets or name.startswith(TECHNICAL))


def _rescued(body: Column, stream: Stream) -> Column:
    """Unknown fields and their values as JSON. First the keys alone: they cost less, and nearly always suffice."""
    known = [*stream.source_names, *stream.secrets]

    def is_unknown(name: Column, _: Column | None = None) -> Column:
        unknown = ~name.isin(known)
        for prefix in TECHNICAL:
            unknown &= ~name.startswith(prefix)
        return unknown

    odd = F.size(F.filter(F.json_object_keys(body), is_unknown)) > 0
    return F.when(odd, F.to_json(F.map_filter(F.from_json(body, "MAP<STRING, STRING>"), is_unknown)))


def _rescued_columns(names: Sequence[str]) -> Column:
    values = F.to_json(F.struct(*(F.col("data")[name].alias(name) for name in names))) if names else F.lit("{}")
    return F.nullif(values, F.lit("{}"))


def _wide_of_typed(name: str, wide: str, landed: DataType | None) -> Column:
    """A direct-load table holds arrays as JSON text. A number stays as it is, since any cast might round it; the text
    of an instant needs its zone."""
    value = F.col("data")[name]
    if landed is None:
        value = F.lit(None).cast(wide)
    elif wide.startswith("ARRAY"):
        value = F.from_json(value, wide)
    elif wide.startswith("DECIMAL"):
        value = value if isinstance(landed, NumericType) else value.try_cast(WIDE_NUMBER)
    elif isinstance(landed, TimestampType):
        value = F.concat(utc(value).cast("string"), F.lit("Z"))
    else:
        value = value.try_cast(wide)
    return value.alias(name)


def _texts_of_typed(names: Sequence[str]) -> Column:
    """Tells a value that did not become wide from one that is not there."""
    return F.create_map(*(c for name in names for c in (F.lit(name), F.col("data")[name].cast("string"))))


def _cast(read: DataFrame, stream: Stream) -> DataFrame:
    """Of a delete only the key and Airbyte's own fields mean anything."""

    def value(column: str, sql_type: str) -> Column:
        return _held_or(column, cast(F.col("wide").getField(stream.source_name(column)), sql_type), held)

    held = dict(read.dtypes)["_held"] != "void"
    gone = F.col("wide._ab_cdc_deleted_at").try_cast("timestamp").isNotNull()
    read = read.withColumn("_is_delete", F.coalesce(gone, F.lit(False)))
    typed = read.select("*", *(value(c.name, c.type).alias(c.name) for c in stream.business_fields))
    values = [c for c in stream.business_columns if c not in stream.key]
    updated = [F.when(~F.col("_is_delete"), _moment(stream.updated, stream))] if stream.updated else []
    committed = utc(cast(F.col("wide._ab_cdc_updated_at"), "TIMESTAMP"))
    failed = F.when(F.col("_is_delete") | F.col("_held").isNotNull(), F.array().cast(CHANGES))
    return typed.select(
        *stream.key,
        *(F.when(~F.col("_is_delete"), F.col(c)).alias(c) for c in values),
        F.col("raw_id").alias("_raw_id"),
        F.col("extracted_at").alias("_extracted_at"),
        F.col("generation_id").alias("_generation_id"),
        F.concat(_source_changes(), failed.otherwise(_failed_casts(stream))).alias("_changes"),
        F.when(~F.col("_is_delete"), _held_or("_rescued", F.col("_rescued"), held)).alias("_rescued"),
        F.col("payload").alias("_payload"),
        cast(F.col("wide._ab_cdc_lsn"), "BIGINT").alias("_lsn"),
        "_is_delete",
        F.coalesce(*updated, committed, "extracted_at").alias("_at"),
        F.col("_held").isNull().alias("_parsed"),
        F.col("broken").alias("_broken"),
        "data",
    )


def _moment(column: str, stream: Stream) -> Column:
    return utc(F.col(column)) if stream.types[column] == "TIMESTAMP" else F.col(column)


def _held_or(column: str, landed: Column, held: bool) -> Column:
    return F.when(F.col("_held").isNotNull(), F.col("_held")[column]).otherwise(landed) if held else landed


def _source_changes() -> Column:
    landed = F.from_json("meta", f"changes {CHANGES}")["changes"]
    return F.coalesce(landed, F.array().cast(CHANGES))


def _failed_casts(stream: Stream) -> Column:
    """Present in the landing, NULL after the cast."""

    def missed(column: str) -> Column:
        name = stream.source_name(column)
        present = F.col("wide").getField(name).isNotNull() | F.col("texts")[name].isNotNull()
        return F.when(F.col(column).isNull() & present, column)

    def unsent(column: str) -> Column:
        wide = F.col("wide").getField(stream.source_name(column))
        is_array = stream.types[column].startswith("ARRAY")
        return F.when(is_placeholder_array(wide) if is_array else wide.rlike(PLACEHOLDERS), column)

    left_out = F.array(*map(unsent, stream.large_columns)).cast("array<string>")

    def change(column: Column) -> Column:
        unchanged = F.array_contains(left_out, column)
        return F.struct(
            column.alias("field"),
            F.when(unchanged, "UNCHANGED").otherwise("NULLED").alias("change"),
            F.when(unchanged, "SOURCE_SENT_NO_VALUE").otherwise("DESTINATION_TYPECAST_ERROR").alias("reason"),
        )

    return F.transform(F.array_compact(F.array(*map(missed, stream.business_columns))), change).cast(CHANGES)


def _reject(typed: DataFrame, stream: Stream, rules: Sequence[tuple[str, str]], needs_lsn: bool) -> DataFrame:
    """Only the first reason counts. A row that bronze holds already has passed."""
    reason = F.when(~F.col("_parsed"), F.lit(None)).when(F.col("_broken"), "broken_json")
    for column in stream.key:
        reason = reason.when(F.col(column).isNull(), f"no_key:{column}")
    reason = reason.when(F.col("_extracted_at").isNull(), "no_extraction_time")
    if needs_lsn:
        reason = reason.when(F.col("_lsn").isNull(), "no_log_position")
    for name, predicate in rules:
        breaks = ~F.col("_is_delete") & ~F.coalesce(F.expr(predicate), F.lit(True))
        reason = reason.when(breaks & ~_is_unsent(name.partition(":")[2].split(",")), name)
    letters = F.regexp_replace(F.substring(_text(typed), 1, EXCERPT), r"[\p{L}\p{M}]", "x")
    excerpt = F.regexp_replace(letters, r"\p{N}", "n")
    rejected = typed.withColumn("_rejected", reason)
    return rejected.withColumn("_excerpt", F.when(F.col("_rejected").isNotNull(), excerpt)).drop("_broken", "data")


def _is_unsent(columns: Sequence[str]) -> Column:
    """Whether a rule's column was left out because it had not changed: it is filled when the log is read."""
    return F.exists("_changes", lambda c: (c["change"] == "UNCHANGED") & c["field"].isin(*columns))


def _text(rows: DataFrame) -> Column:
    return F.col("data") if dict(rows.dtypes)["data"] == "string" else F.to_json("data")
