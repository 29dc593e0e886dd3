"""Landed fields -> typed columns: strict casts, nothing lost.

A value that does not fit its column becomes NULL plus an entry in `_changes`; a field that the stream does not know is
kept in `_rescued`; a row that cannot be used (among others: such a value where NULL has a meaning) stays in the frame,
with the reason in `_rejected`.
"""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dvdrental.bronze.cast import INTEGERS, PLACEHOLDERS, cast, is_placeholder_array
from dvdrental.bronze.envelope import Envelope, json_text
from dvdrental.bronze.streams import CHANGES, Stream
from dvdrental.bronze.widen import widen
from dvdrental.columns import utc
from dvdrental.quality.rules import RowRule

MISFIT = "DESTINATION_TYPECAST_ERROR"
"""Airbyte's word for a value that does not fit its column."""

EXCERPT = 200
"""Characters of a rejected payload that are kept, masked: it may hold personal data."""


def parse(
    landed: Envelope,
    stream: Stream,
    rules: Sequence[RowRule] = (),
    *,
    needs_lsn: bool = False,
    rescue: bool = True,
) -> DataFrame:
    """Business columns, technical columns except those that the ingest adds, `_rejected`, `_excerpt` and `_parsed`.

    A row that breaks one of the `rules` is rejected. Rows whose content bronze holds already come with it in `_held`
    and are not parsed. Without `rescue` unknown fields are not looked for.
    """
    rows = landed.rows if "_held" in landed.rows.columns else landed.rows.withColumn("_held", F.lit(None).cast("void"))
    unheld = rows.withColumn("data", F.when(F.col("_held").isNull(), F.col("data")))
    return _reject(_cast(widen(unheld, stream, landed.kind, rescue), stream), stream, rules, needs_lsn)


def _cast(read: DataFrame, stream: Stream) -> DataFrame:
    """In a delete only the key and Airbyte's own fields can be trusted."""
    held = dict(read.dtypes)["_held"] != "void"

    def value(column: str, sql_type: str) -> Column:
        landed = F.col("fields").getField(stream.source_name(column))
        landed = landed if sql_type in INTEGERS else cast(landed, sql_type)  # integers are stored as read (widen.py)
        return _held_or(column, F.rtrim(landed) if column in stream.padded else landed, held)

    gone = F.col("fields._ab_cdc_deleted_at").try_cast("timestamp").isNotNull()
    read = read.withColumn("_is_delete", F.coalesce(gone, F.lit(False)))
    typed = read.select("*", *(value(c.name, c.type).alias(c.name) for c in stream.business_fields))
    values = [c for c in stream.business_columns if c not in stream.key]
    updated = [F.when(~F.col("_is_delete"), _moment(stream.updated, stream))] if stream.updated else []
    committed = utc(cast(F.col("fields._ab_cdc_updated_at"), "TIMESTAMP"))
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
        F.col("fields._ab_cdc_lsn").alias("_lsn"),
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
    """Entries of the source itself. Most rows have none, which shows without parsing: an entry has a second brace."""
    landed = F.from_json("meta", f"changes {CHANGES}")["changes"]
    return F.coalesce(F.when(F.locate("{", F.col("meta"), 2) > 0, landed), F.array().cast(CHANGES))


def _failed_casts(stream: Stream) -> Column:
    """An entry for each value that landed and is NULL after the cast: UNCHANGED if CDC left it out, else NULLED."""

    def is_missed(column: str) -> Column:
        name = stream.source_name(column)
        present = F.col("fields").getField(name).isNotNull() | F.col("texts")[name].isNotNull()
        return F.col(column).isNull() & present

    def unsent(column: str) -> Column:
        wide = F.col("fields").getField(stream.source_name(column))
        is_array = stream.types[column].startswith("ARRAY")
        return F.when(is_placeholder_array(wide) if is_array else wide.rlike(PLACEHOLDERS), column)

    left_out = F.array(*map(unsent, stream.large_columns)).cast("array<string>")

    def change(column: Column) -> Column:
        unchanged = F.array_contains(left_out, column)
        return F.struct(
            column.alias("field"),
            F.when(unchanged, "UNCHANGED").otherwise("NULLED").alias("change"),
            F.when(unchanged, "SOURCE_SENT_NO_VALUE").otherwise(MISFIT).alias("reason"),
        )

    missed = [F.when(is_missed(column), column) for column in stream.business_columns]
    changes = F.transform(F.array_compact(F.array(*missed)), change).cast(CHANGES)
    is_any = reduce(Column.__or__, map(is_missed, stream.business_columns))  # most rows have none: no array is built
    return F.when(is_any, changes).otherwise(F.array().cast(CHANGES))


def _reject(typed: DataFrame, stream: Stream, rules: Sequence[RowRule], needs_lsn: bool) -> DataFrame:
    """The first reason counts. Rows that bronze holds already (`_held`) have passed these checks before."""
    reason = F.when(~F.col("_parsed"), F.lit(None)).when(F.col("_broken"), "broken_json")
    for column in stream.key:
        reason = reason.when(F.col(column).isNull(), f"no_key:{column}")
    reason = reason.when(F.col("_extracted_at").isNull(), "no_extraction_time")
    for column in stream.meaningful_nulls:
        nulled = _has_change("NULLED", [column, stream.source_name(column)])
        reason = reason.when(~F.col("_is_delete") & nulled, f"unreadable:{column}")
    if needs_lsn:
        reason = reason.when(F.col("_lsn").isNull(), "no_log_position")
    for rule in rules:
        breaks = ~F.col("_is_delete") & ~F.coalesce(F.expr(rule.predicate), F.lit(True))
        # A value that was left out because it had not changed is filled in when the log is read.
        reason = reason.when(breaks & ~_has_change("UNCHANGED", rule.columns), rule.name)
    letters = F.regexp_replace(F.substring(json_text(typed, "data"), 1, EXCERPT), r"[\p{L}\p{M}]", "x")
    excerpt = F.regexp_replace(letters, r"\p{N}", "n")
    rejected = typed.withColumn("_rejected", reason)
    return rejected.withColumn("_excerpt", F.when(F.col("_rejected").isNotNull(), excerpt)).drop("_broken", "data")


def _has_change(kind: str, fields: Sequence[str]) -> Column:
    return F.exists("_changes", lambda c: (c["change"] == kind) & c["field"].isin(*fields))
