"""Landed text or columns -> the stream's fields: integers as they are stored, all others in a wide form that loses
nothing; and what is unknown."""

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
"""A number, or a text that is one, whose exponent has seven digits or more."""


def widen(rows: DataFrame, stream: Stream, kind: Kind, rescue: bool) -> DataFrame:
    """`fields` holds the fields; `texts` all values as text, only for rows that the parser flagged (of a key that is
    there twice the first value, where `fields` has the last); `broken` tells whether there is an object at all."""
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
    """Integers are read as such, for a fraction of what a wide number costs. Rows that do not go through like that, as
    one is spelt 10.00 or "10", are read again. (A log position may be spelt 2.6469864E7 in every row.)"""
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
    """With the text in `_flagged` if a field did not fit."""
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
    """The payload, or NULL where a number would keep the parser busy for minutes as it is written out in full."""
    return F.when(~F.col("data").rlike(MONSTER), F.col("data"))


def _all_stored(read: Column, read_as: Mapping[str, str], types: Mapping[str, str]) -> Column:
    """NULL where nothing was read."""

    def value(name: str, type_: str) -> Column:
        field = read.getField(name)
        return field if read_as[name] == type_ else _stored(field, type_)

    return F.when(read.isNotNull(), F.struct(*(value(name, type_).alias(name) for name, type_ in types.items())))


def _stored(wide: Column, sql_type: str) -> Column:
    """Integers alone: of all others the wide form is needed to tell a misfit from what is not there (parse.py)."""
    return cast(wide, sql_type) if sql_type in INTEGERS else wide


def _ends() -> Column:
    """The parser does not look at what follows the object."""
    return F.rtrim("data", F.lit(" \t\r\n")).endswith("}")


def _rescued(body: Column, stream: Stream) -> Column:
    """Unknown fields and their values as JSON. First the keys alone: they cost less, and nearly always suffice."""

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
    """Tells a value that did not become wide from one that is not there."""
    return F.create_map(*(c for name in names for c in (F.lit(name), F.col("data")[name].cast("string"))))
