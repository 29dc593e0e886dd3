"""Typed Delta tables as destination-databricks 4.x writes them: the payload's fields as columns.

All columns may be NULL here: a table with both NOT NULL and TIMESTAMP_NTZ columns, as delta-rs writes it, is refused by
Spark (it leaves the feature `invariants` out of the protocol).
"""

import json
from collections.abc import Sequence
from decimal import Decimal

from arro3.core import Array, DataType

from dvdrental.local.landing.cdc import DELETED_AT, LSN, UPDATED_AT
from dvdrental.local.landing.records import Record, Sync
from dvdrental.local.landing.schema import TABLES
from dvdrental.local.landing.tables import DeltaRows, instants, strings, table

_STRING = DataType.utf8()
_LONG = DataType.int64()
_DECIMAL = DataType.decimal128(38, 10)
_TYPES = {
    "smallint": _LONG,
    "integer": _LONG,
    "numeric": _DECIMAL,
    "boolean": DataType.bool(),
    "date": DataType.date32(),
    "timestamp without time zone": DataType.timestamp("us"),
}
_CDC_TYPES = {LSN: _DECIMAL, UPDATED_AT: _STRING, DELETED_AT: _STRING}
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_payload = json.JSONDecoder(parse_int=str, parse_float=str).decode


def direct(sync: Sync, stream: str, records: Sequence[Record]) -> DeltaRows:
    payloads = [_payload(record.data) for record in records]
    types = {name: _TYPES.get(pg_type.partition("(")[0], _STRING) for name, pg_type in TABLES[stream].columns.items()}
    if any(LSN in payload for payload in payloads):
        types |= _CDC_TYPES
    texts = {name: [_text(payload.get(name), kind) for payload in payloads] for name, kind in types.items()}
    business = {name: strings(values).cast(types[name]) for name, values in texts.items()}
    nulled = [dict(record.nulled) for record in records]
    for name, values in texts.items():
        for index in _lost(values, business[name]):
            nulled[index][name] = "DESTINATION_SERIALIZATION_ERROR"
    return DeltaRows(stream, table(_technical(sync, records, nulled) | business))


def _text(value: object, kind: DataType) -> str | None:
    """The value as Arrow's cast from text takes it; an array or a bare number in a string column as its JSON."""
    if value is None:
        return None
    text = value if isinstance(value, str) else _compact(value)
    return f"{Decimal(text):f}" if kind == _DECIMAL else text


def _lost(texts: Sequence[str | None], typed: Array) -> list[int]:
    """Where a value has no place in its column: infinity, or a year before Christ."""
    pairs = enumerate(zip(texts, typed.to_pylist(), strict=True))
    return [index for index, (text, value) in pairs if text is not None and value is None]


def _technical(sync: Sync, records: Sequence[Record], nulled: Sequence[dict[str, str]]) -> dict[str, Array]:
    return {
        "_airbyte_raw_id": strings([record.raw_id for record in records]),
        "_airbyte_extracted_at": instants([sync.milliseconds] * len(records)),
        "_airbyte_meta": strings([sync.meta(fields) for fields in nulled]),
        "_airbyte_generation_id": Array([sync.generation] * len(records), type=_LONG),
    }
