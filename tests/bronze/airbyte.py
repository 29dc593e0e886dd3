"""Airbyte's own test material, and payloads read by the parser."""

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from dvdrental.bronze.envelope import Envelope
from dvdrental.bronze.parse import parse
from dvdrental.bronze.streams import Stream
from dvdrental.columns import utc
from tests.conftest import ROOT
from tests.rows import relation

SHARED = Path(os.environ.get("DVDRENTAL_SHARED", ROOT.parent / "shared"))
READ = datetime(2026, 1, 5, 9)

ANY = Stream(
    name="any",
    key=("id",),
    updated=None,
    columns="""
        id INT COMMENT 'Key',
        small SMALLINT COMMENT 'Small number',
        big BIGINT COMMENT 'Large number',
        amount DECIMAL(5,2) COMMENT 'Money',
        exact DECIMAL(38,10) COMMENT 'Number without a scale of its own',
        good BOOLEAN COMMENT 'Flag',
        born DATE COMMENT 'Day',
        happened TIMESTAMP_NTZ COMMENT 'Moment',
        seen TIMESTAMP COMMENT 'Instant',
        name STRING COMMENT 'Text',
        tags ARRAY<STRING> COMMENT 'List',
        picture BINARY COMMENT 'Bytes'
    """,
)
"""A column of every type that bronze knows."""


def material(path: str) -> Path:
    file = SHARED / "data" / "airbyte" / path
    if not file.exists():
        pytest.skip(f"no test material of Airbyte at {file}; set DVDRENTAL_SHARED to the folder that holds data/")
    return file


def lines(path: str) -> list[dict[str, Any]]:
    texts = map(str.strip, material(path).read_text().splitlines())
    return [json.loads(text) for text in texts if text and not text.startswith("//")]


def read(
    spark: SparkSession, payloads: Sequence[str | None], stream: Stream = ANY, meta: str | None = None
) -> list[Row]:
    """What the parser makes of payloads, in their order; instants in UTC."""
    schema = "raw_id STRING, extracted_at TIMESTAMP_NTZ, data STRING, meta STRING, generation_id BIGINT, payload BIGINT"
    landed = [(f"{number:06}", READ, payload, meta, None, 1) for number, payload in enumerate(payloads)]
    parsed = parse(Envelope(relation(spark, landed, schema), "json"), stream)
    instants = {name: utc(parsed[name]) for name, kind in stream.types.items() if kind == "TIMESTAMP"}
    return sorted(parsed.withColumns(instants).collect(), key=lambda row: row._raw_id)


def values(spark: SparkSession, column: str, tokens: Sequence[str]) -> list[tuple[Any, list[str]]]:
    """Value of a column per landed JSON token, with the fields that were nulled."""
    rows = read(spark, [f'{{"id":{number},"{column}":{token}}}' for number, token in enumerate(tokens)])
    assert [row._rejected for row in rows] == [None] * len(tokens)
    return [(row[column], [change.field for change in row._changes if change.change == "NULLED"]) for row in rows]
