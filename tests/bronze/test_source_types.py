"""The type cases of Airbyte's PostgreSQL source: each value it expects in JSON, read by the parser."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args

import pytest
from pyspark.sql import SparkSession

from dvdrental.bronze.streams import Stream
from dvdrental.local.landing.spelling import Spelling, speller
from tests.bronze.airbyte import material, read

TYPES = {
    "STRING": "STRING",
    "STRING_DATE": "DATE",
    "STRING_TIMESTAMP_WITHOUT_TIMEZONE": "TIMESTAMP_NTZ",
    "STRING_TIMESTAMP_WITH_TIMEZONE": "TIMESTAMP",
    "STRING_TIME_WITHOUT_TIMEZONE": "STRING",
    "STRING_TIME_WITH_TIMEZONE": "STRING",
    "INTEGER": "BIGINT",
    "NUMBER": "DECIMAL(38,10)",
    "BOOLEAN": "BOOLEAN",
    "ARRAY": "ARRAY<STRING>",
}
"""As the destination maps what the source declares; arrays as bronze has them."""

NOT_READABLE = {50: "hstore: the file holds an error message instead of values"}

CASES = [
    *(("jdbc_snapshot_and_standard", number) for number in range(79) if number not in NOT_READABLE),
    *(("cdc_wal_overrides", number) for number in range(4)),
]

EMULATED = {
    0: ("bigint", "BIGINT"),
    1: ("bigint", "BIGINT"),
    5: ("boolean", "BOOLEAN"),
    7: ("bytea", "BINARY"),
    8: ("character(1)", "STRING"),
    9: ("character(8)", "STRING"),
    10: ("text", "STRING"),
    11: ("character varying(10)", "STRING"),
    14: ("date", "DATE"),
    17: ("integer", "INT"),
    27: ("numeric(38,0)", "DECIMAL(38,0)"),
    28: ("numeric(38,0)", "DECIMAL(38,0)"),
    35: ("smallint", "SMALLINT"),
    36: ("smallint", "SMALLINT"),
    37: ("integer", "INT"),
    40: ("timestamp without time zone", "TIMESTAMP_NTZ"),
    44: ("tsvector", "STRING"),
    47: ("mpaa_rating", "STRING"),
    57: ("text[]", "ARRAY<STRING>"),
    60: ("text[]", "ARRAY<STRING>"),
    77: ("numeric(28,2)", "DECIMAL(28,2)"),
    78: ("numeric(20,7)", "DECIMAL(20,7)"),
}
"""Number of the case -> type in the source, and in bronze.

No column of DVD Rental has another type, so the emulator knows none: bit, box, cidr, circle, hstore, inet, interval,
json, line, lseg, macaddr, path, pg_lsn, point, polygon, range, row, tsquery, uuid, xml and their arrays; money, float
and numeric without a scale; time with or without zone, and timestamptz. 15 and 41 hold NULL only.
"""


@pytest.fixture(scope="module")
def cases() -> dict[str, Any]:
    text = material("postgres_source_types.json").read_text()
    return json.loads(text)


def declared(case: dict[str, Any]) -> str:
    """`JsonSchemaType.INTEGER`; a number that was cut out of the middle of a builder counts as one of its kind."""
    kind = case["airbyteType"].removeprefix("JsonSchemaType.")
    return "ARRAY" if kind.startswith("builder") else kind.partition(")")[0]


def token(text: str | None, kind: str, wal: bool = False) -> str:
    """The file holds every value as text: as JSON it has quotes unless it is a number, a flag or a list."""
    if text is None:
        return "null"
    bare = kind in ("INTEGER", "NUMBER", "BOOLEAN", "ARRAY") and not wal
    return text if bare else json.dumps(text)


def typed(text: str | None, sql_type: str) -> Any:
    """None for what no column can hold: infinity and years before Christ."""
    if text is None:
        return None
    if sql_type in ("SMALLINT", "INT", "BIGINT"):
        return int(text)
    if sql_type.startswith("DECIMAL"):
        return Decimal(text)
    if sql_type == "BOOLEAN":
        return {"true": True, "false": False}[text]
    if sql_type == "BINARY":
        return bytearray.fromhex(text.removeprefix("\\x"))
    if sql_type.startswith("ARRAY"):
        return [item if item is None or isinstance(item, str) else json.dumps(item) for item in json.loads(text)]
    if sql_type == "STRING":
        return text
    if "BC" in text or "Infinity" in text:
        return None
    return date.fromisoformat(text) if sql_type == "DATE" else datetime.fromisoformat(text).replace(tzinfo=None)


def one_column(sql_type: str) -> Stream:
    columns = f"id INT COMMENT 'Key',\n value {sql_type} COMMENT 'Value'"
    return Stream(name="any", key=("id",), updated=None, columns=columns)


def found(spark: SparkSession, tokens: list[str], sql_type: str) -> list[tuple[Any, bool]]:
    """Values, and whether one was nulled."""
    payloads = [f'{{"id":{number},"value":{token}}}' for number, token in enumerate(tokens)]
    rows = read(spark, payloads, one_column(sql_type))
    assert all(row._rejected is None for row in rows)
    return [(row.value, bool(row._changes)) for row in rows]


@pytest.fixture(scope="module")
def readings(spark: SparkSession, cases: dict[str, Any]) -> dict[tuple[str, int], list[tuple[Any, bool]]]:
    """All values of the file, those of one type in one go."""
    landed: dict[str, list[tuple[tuple[str, int], str]]] = {}
    for group, number in CASES:
        case = cases[group][number]
        kind = declared(case)
        tokens = [token(text, kind, wal=group == "cdc_wal_overrides") for text in case["expected"]]
        landed.setdefault(TYPES[kind], []).extend(((group, number), token) for token in tokens)
    read_back: dict[tuple[str, int], list[tuple[Any, bool]]] = {case: [] for case in CASES}
    for sql_type, entries in landed.items():
        for (case, _), value in zip(entries, found(spark, [token for _, token in entries], sql_type), strict=True):
            read_back[case].append(value)
    return read_back


def expected(texts: list[str | None], sql_type: str) -> list[tuple[Any, bool]]:
    """A value that cannot be held is NULL with a note; NULL itself needs none."""
    pairs = [(typed(text, sql_type), text) for text in texts]
    return [(value, value is None and text is not None) for value, text in pairs]


@pytest.mark.parametrize(("group", "number"), CASES)
def test_listed_value_is_read_as_its_type(cases, readings, group: str, number: int) -> None:
    case = cases[group][number]
    assert readings[group, number] == expected(case["expected"], TYPES[declared(case)])


def in_copy(text: str, pg_type: str) -> str:
    """The value as PostgreSQL writes it in text, from what the source makes of it."""
    if pg_type == "boolean":
        return text[0]
    if pg_type == "text[]":
        return "{" + ",".join(json.dumps(item, ensure_ascii=False) for item in json.loads(text)) + "}"
    if "Infinity" in text:
        return text.lower()
    return text.replace("T", " ") if pg_type.startswith("timestamp") else text


@pytest.mark.parametrize("sql_type", sorted({sql_type for _, sql_type in EMULATED.values()}))
def test_every_spelling_of_the_emulator_is_read_as_the_listed_value(spark: SparkSession, cases, sql_type: str) -> None:
    tokens, wanted = [], []
    for number, pg_type in ((number, kind) for number, (kind, of) in EMULATED.items() if of == sql_type):
        texts = [text for text in cases["jdbc_snapshot_and_standard"][number]["expected"] if text is not None]
        for spell in (speller(pg_type, spelling) for spelling in get_args(Spelling)):
            spelt = [spell(in_copy(text, pg_type)) for text in texts]
            tokens += spelt
            # Source 3.8 nulls infinity itself, so there is nothing left to note.
            listed = zip(expected(texts, sql_type), spelt, strict=True)
            wanted += [(value, nulled and token != "null") for (value, nulled), token in listed]
    read_back = zip(tokens, found(spark, tokens, sql_type), wanted, strict=True)
    assert [(token, value) for token, value, listed in read_back if value != listed] == []


def test_every_case_is_read_or_has_a_reason_why_not(cases) -> None:
    assert len(CASES) + len(NOT_READABLE) == sum(map(len, cases.values()))
