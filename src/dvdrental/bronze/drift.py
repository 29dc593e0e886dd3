"""Fields of a landing against the columns of a stream: what is new, missing or of another type, and what to do."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dvdrental.bronze.envelope import AIRBYTE_PREFIXES
from dvdrental.bronze.streams import Stream, column_names


def fields_of(payload: str | None) -> Mapping[str, Any]:
    """Fields of one landed row; none if it is no JSON object."""
    try:
        row = json.loads(payload or "")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(row, dict):
        return {}
    inside = row.get("_airbyte_data", row)
    return inside if isinstance(inside, dict) else {}


def unknown(fields: Iterable[str], stream: Stream) -> list[str]:
    known = set(stream.known_fields)
    return [name for name in fields if name not in known and not name.startswith(AIRBYTE_PREFIXES)]


def warnings(fields: Mapping[str, Any], stream: Stream) -> list[str]:
    """About new and missing fields of one row: all rows of a sync have the same ones. No values, only names."""
    if not fields:
        return []
    columns = column_names(unknown(fields, stream))
    added = [
        f"new field {name!r}, kept in _rescued; for a column add to {stream.name} in streams.py: "
        f"{column} {sql_type(fields[name])} COMMENT '...'"
        for name, column in columns.items()
    ]
    gone = [name for name in stream.source_names if name not in fields]
    return [*added, *(f"field {name!r} is missing: its column is NULL from now on" for name in gone)]


def type_warnings(failed: Mapping[str, int], stream: Stream) -> list[str]:
    """`failed`: per column the number of values that did not fit its type."""
    return [
        f"column {name}: {count} values are no {stream.types[name]} and became NULL; "
        f"if the source changed its type, correct it in {stream.name} in streams.py and drop "
        f"{stream.table.full_name}: it is made anew, but for what is no longer in the landing"
        for name, count in sorted(failed.items())
        if count and name in stream.types
    ]


_FORMS: Sequence[tuple[str, str]] = (
    (r"\d{4}-\d{2}-\d{2}", "DATE"),
    (r"\d{4}-\d{2}-\d{2}T[\d:.]+", "TIMESTAMP_NTZ"),
    (r"\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}(:?\d{2})?)", "TIMESTAMP"),
)


def sql_type(value: Any) -> str:
    """The type that one JSON value suggests."""
    match value:
        case bool():
            return "BOOLEAN"
        case int():
            return "BIGINT"
        case float():
            return "DECIMAL(38,10)"
        case list():
            return "ARRAY<STRING>"
        case str():
            return next((kind for form, kind in _FORMS if re.fullmatch(form, value)), "STRING")
        case _:
            return "STRING"
