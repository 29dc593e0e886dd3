"""The forms in which Airbyte lands rows, detected by their columns and normalised to one frame.

The frame: `raw_id STRING, extracted_at TIMESTAMP_NTZ (UTC), generation_id BIGINT, meta STRING (JSON), payload BIGINT`
(a hash of the content) and `data`, whose kind says how the fields are read (parse.py):

- `json`: a JSON object as text, fields at its root (raw tables; files with root-level flattening)
- `line`: a JSON object as text, fields under `_airbyte_data` (files)
- `typed`: a struct of typed columns (direct-load tables)

The chance that two of n payloads share a hash is n^2 / 2^65: 1e-7 for two million rows.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dvdrental.columns import epoch, moment, utc
from dvdrental.errors import LandingError
from dvdrental.names import quoted

Kind = Literal["json", "line", "typed"]

V1 = {"_airbyte_ab_id", "_airbyte_emitted_at", "_airbyte_data"}
V2 = {"_airbyte_raw_id", "_airbyte_extracted_at", "_airbyte_data"}
DIRECT = {"_airbyte_raw_id", "_airbyte_extracted_at"}
AIRBYTE_PREFIXES = ("_airbyte_", "_ab_")
"""Prefixes of the fields that belong to Airbyte."""

BROKEN_LINE = "line-"

EXACT_TIMES = {
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
}
"""Options of to_json: by default Spark cuts times to milliseconds."""

_HEAD = ", ".join(
    f"_airbyte_{name} STRING"
    for name in ("raw_id", "ab_id", "extracted_at", "emitted_at", "generation_id", "meta", "data")
)


@dataclass(frozen=True)
class Envelope:
    rows: DataFrame
    kind: Kind


def raw_table_names(namespace: str, stream: str) -> list[str]:
    """Tables that may hold a stream's rows, raw ones first: destination 2.x/3.x, 1.x, 4.x (typed)."""
    return [v2_table_name(namespace, stream), f"_airbyte_raw_{stream.lower()}", stream.lower()]


def v2_table_name(namespace: str, stream: str) -> str:
    """Airbyte separates the parts by one underscore more than the longest run of them in the two names put together."""
    longest = max(map(len, re.findall("_+", namespace + stream)), default=1)
    separator = "_" * (longest + 1)
    return re.sub(r"[^a-z0-9]", "_", f"{namespace}_raw{separator}stream_{stream}".lower())


def of_table(landing: DataFrame, after: datetime | None = None) -> Envelope:
    """All rows, or those that Airbyte read `after` a moment (UTC). Raises LandingError if the columns match no form."""
    columns = set(landing.columns)
    if columns >= V2:
        return _raw(landing, "_airbyte_raw_id", "_airbyte_extracted_at", after)
    if columns >= V1:
        return _raw(landing, "_airbyte_ab_id", "_airbyte_emitted_at", after)
    if columns >= DIRECT:
        return _direct(landing, after)
    raise LandingError(f"the landing has the columns {sorted(columns)}: no form of Airbyte that is known")


def of_files(lines: DataFrame) -> Envelope:
    """Lines of JSON in `value`; the other columns are passed on. Files of one stream are of one kind."""
    head = F.from_json("value", _HEAD)
    rows = lines.withColumn("head", head)
    flat = rows.filter("head._airbyte_data is not null").limit(1).count() == 0
    framed = _frame(
        rows,
        raw_id=F.coalesce("head._airbyte_raw_id", "head._airbyte_ab_id", _line_id()),
        extracted_at=F.coalesce("head._airbyte_extracted_at", "head._airbyte_emitted_at"),
        generation_id=F.col("head._airbyte_generation_id"),
        meta=F.col("head._airbyte_meta"),
        payload=F.xxhash64("value" if flat else "head._airbyte_data"),
        data=F.col("value"),
        others=[c for c in lines.columns if c != "value"],
    )
    return Envelope(framed, "json" if flat else "line")


def _line_id() -> Column:
    """Substitute id for a broken line, whose Airbyte id cannot be read."""
    return F.concat(F.lit(BROKEN_LINE), F.hex(F.xxhash64("value")))


def generation() -> Column:
    """Generation of a row: -1 if the landing has none, NULL for a broken line, which could belong to any."""
    return F.when(~F.col("raw_id").startswith(BROKEN_LINE), F.coalesce("generation_id", F.lit(-1)))


def _raw(landing: DataFrame, raw_id: str, extracted_at: str, after: datetime | None) -> Envelope:
    rows = _frame(
        _later(landing, extracted_at, after),
        raw_id=F.col(raw_id),
        extracted_at=F.col(extracted_at),
        generation_id=_optional(landing, "_airbyte_generation_id"),
        meta=_optional_json(landing, "_airbyte_meta"),
        payload=F.xxhash64(json_text(landing, "_airbyte_data")),
        data=json_text(landing, "_airbyte_data"),
    )
    return Envelope(_after(rows, after), "json")


def _direct(landing: DataFrame, after: datetime | None) -> Envelope:
    fields = [F.col(quoted(c)) for c in landing.columns if not c.startswith("_airbyte_")]
    rows = _frame(
        _later(landing, "_airbyte_extracted_at", after),
        raw_id=F.col("_airbyte_raw_id"),
        extracted_at=F.col("_airbyte_extracted_at"),
        generation_id=_optional(landing, "_airbyte_generation_id"),
        meta=_optional_json(landing, "_airbyte_meta"),
        payload=F.xxhash64(F.to_json(F.struct(*fields), EXACT_TIMES)),
        data=F.struct(*fields),
    )
    return Envelope(_after(rows, after), "typed")


def _later(landing: DataFrame, extracted_at: str, after: datetime | None) -> DataFrame:
    """Filter by the table's own column, so that Delta skips files. If that is no timestamp, only `_after` filters."""
    if after is None or dict(landing.dtypes)[extracted_at] != "timestamp":
        return landing
    return landing.filter(F.col(extracted_at) > F.lit(after.replace(tzinfo=UTC)))


def _after(rows: DataFrame, after: datetime | None) -> DataFrame:
    return rows if after is None else rows.filter(F.col("extracted_at") > moment(after))


def _frame(
    landing: DataFrame,
    *,
    raw_id: Column,
    extracted_at: Column,
    generation_id: Column,
    meta: Column,
    payload: Column,
    data: Column,
    others: list[str] | None = None,
) -> DataFrame:
    named = landing.withColumn("_airbyte_read_at", extracted_at)
    read = named.withColumn(
        "_airbyte_instant", instant(F.col("_airbyte_read_at"), dict(named.dtypes)["_airbyte_read_at"])
    )
    return read.select(
        raw_id.alias("raw_id"),
        plausible(F.col("_airbyte_instant")).alias("extracted_at"),
        generation_id.try_cast("bigint").alias("generation_id"),
        meta.alias("meta"),
        payload.alias("payload"),
        data.alias("data"),
        *(others or []),
    )


def instant(column: Column, dtype: str) -> Column:
    """In UTC. An integer (also as text) counts milliseconds since 1970; other text is ISO with its time zone."""
    if dtype == "timestamp_ntz":
        return column
    if dtype == "timestamp":
        return utc(column)
    text = column.cast("string")
    milliseconds = F.when(text.rlike(r"^\d{1,15}$"), text).cast("bigint")
    counted = epoch() + milliseconds * F.lit(timedelta(milliseconds=1))
    return F.coalesce(counted, utc(F.try_to_timestamp(text)))


def plausible(read_at: Column) -> Column:
    """NULL outside 1970 to 2200: such a number did not count milliseconds."""
    return F.when(F.year(read_at).between(1970, 2200), read_at)


def _optional(landing: DataFrame, name: str) -> Column:
    return F.col(name) if name in landing.columns else F.lit(None)


def _optional_json(landing: DataFrame, name: str) -> Column:
    return json_text(landing, name) if name in landing.columns else F.lit(None).cast("string")


def json_text(rows: DataFrame, name: str) -> Column:
    """A column as JSON text: some landings hold that, others an object."""
    return F.col(name) if dict(rows.dtypes)[name] == "string" else F.to_json(name)
