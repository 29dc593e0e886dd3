"""Landed text or columns -> the stream's fields: integers in their final type, all others in a wide form that loses
nothing; and the unknown fields, as JSON."""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, NumericType, TimestampType

from dvdrental.bronze import drift
from dvdrental.bronze.cast import INTEGERS, WIDE_NUMBER, cast, wide_type
from dvdrental.bronze.envelope import AIRBYTE_PREFIXES, Kind
from dvdrental.bronze.streams import Stream
from dvdrental.columns import utc
from dvdrental.names import quoted

CDC = {"_ab_cdc_lsn": "BIGINT", "_ab_cdc_updated_at": "STRING", "_ab_cdc_deleted_at": "STRING"}

MONSTER = r'[:\[,]\s*("-?[0-9.]+[eE][+-]?[0-9]{7,}"|-?[0-9.]+[eE][+-]?[0-9]{7,})'
"""A number, also as text, whose exponent has seven digits or more."""


def widen(rows: DataFrame, stream: Stream, kind: Kind, rescue: bool) -> DataFrame:
    """Add `fields`, `texts` (all values as text; of JSON only for rows the parser flagged), `broken` (no JSON object
    found) and `_rescued`. For a duplicated JSON key `fields` has the last value, `texts` the first."""
    types = {stream.source_name(c.name): c.type for c in stream.business_fields} | CDC
    if kind == "typed":
        return _of_columns(rows, stream, types)
    return _of_text(rows, stream, types, kind, rescue)


def _of_columns(rows: DataFrame, stream: Stream, types: Mapping[str, str]) -> DataFrame:
    present = {field.name: field.dataType for field in rows.schema["data"].dataType}  # type: ignore[attr-defined]
    values = {name: _wide_of_typed(name, wide_type(type_), present.get(name)) for name, type_ in types.items()}
    return rows.withColumns(
        {
            "fields": F.struct(*(_stored(values[name], type_).alias(name) for name, type_ in types.items())),
            "texts": _texts_of_typed([name for name in types if name in present]),
            "broken": F.lit(False),
            "_rescued": _rescued_columns(drift.unknown(present, stream)),
        }
    )


def _of_text(rows: DataFrame, stream: Stream, types: Mapping[str, str], kind: Kind, rescue: bool) -> DataFrame:
    """Integers are first read as such, which costs a fraction of reading a wide number; rows where that fails, because
    one is spelt 10.00 or "10", are read again. Log positions are read wide at once, as every row may
    have one like 2.6469864E7."""
    wide = {name: wide_type(type_) for name, type_ in types.items()}
    quick = {name: type_ if type_ in INTEGERS and name not in CDC else wide[name] for name, type_ in types.items()}
    first, second = _inside(F.col("first"), kind), _inside(F.col("second"), kind)
    flagged = F.col("first._flagged").isNotNull()
    read = rows.withColumn("first", _parsed(_harmless(), quick, kind))
    read = read.withColumns(
        {
            "second": F.when(flagged, _parsed(_harmless(), wide, kind)),
            "texts": F.when(flagged, _texts(kind)),
        }
    )
    fields = F.when(flagged, _all_stored(second, wide, types)).otherwise(_all_stored(first, quick, types))
    broken = F.col("fields").isNull() | (flagged & F.col("texts").isNull()) | ~_ends()
    body = F.get_json_object("data", "$._airbyte_data") if kind == "line" else F.col("data")
    return read.withColumn("fields", fields).withColumns(
        {
            "broken": F.col("_held").isNull() & broken,
            "_rescued": _rescued(body, stream) if rescue else F.lit(None).cast("string"),
        }
    )


def _parsed(text: Column, types: Mapping[str, str], kind: Kind) -> Column:
    """The fields, and in `_flagged` the text if one of them did not fit."""
    fields = ", ".join(f"{quoted(name)} {type_}" for name, type_ in types.items())
    schema = f"_airbyte_data STRUCT<{fields}>" if kind == "line" else fields
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "_flagged"}
    return F.from_json(text, f"{schema}, _flagged STRING", options)


def _texts(kind: Kind) -> Column:
    values = "MAP<STRING, STRING>"
    return _inside(F.from_json("data", f"_airbyte_data {values}" if kind == "line" else values), kind)


def _inside(read: Column, kind: Kind) -> Column:
    return read["_airbyte_data"] if kind == "line" else read


def _harmless() -> Column:
    """The payload, or NULL if it holds a number so long, written out in full, that the parser would take minutes."""
    return F.when(~F.col("data").rlike(MONSTER), F.col("data"))


def _all_stored(read: Column, read_as: Mapping[str, str], types: Mapping[str, str]) -> Column:
    """NULL where nothing was read."""

    def value(name: str, type_: str) -> Column:
        field = read.getField(name)
        return field if read_as[name] == type_ else _stored(field, type_)

    return F.when(read.isNotNull(), F.struct(*(value(name, type_).alias(name) for name, type_ in types.items())))


def _stored(wide: Column, sql_type: str) -> Column:
    """Cast integers now; keep other types wide, because parse.py needs that to tell a bad value from a missing one."""
    return cast(wide, sql_type) if sql_type in INTEGERS else wide


def _ends() -> Column:
    """True if the text ends with a brace: the parser ignores whatever follows the object."""
    return F.rtrim("data", F.lit(" \t\r\n")).endswith("}")


def _rescued(body: Column, stream: Stream) -> Column:
    """Unknown fields and their values as JSON. The keys alone are looked at first: that costs less and nearly always
    suffices."""

    def is_unknown(name: Column, _: Column | None = None) -> Column:
        """drift.unknown, of names that are data."""
        unknown = ~name.isin(stream.known_fields)
        for prefix in AIRBYTE_PREFIXES:
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
    return value


def _texts_of_typed(names: Sequence[str]) -> Column:
    """All values as text: that tells a value that did not fit its wide type from a missing one."""
    return F.create_map(*(c for name in names for c in (F.lit(name), F.col("data")[name].cast("string"))))
