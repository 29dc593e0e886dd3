import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from dvdrental.bronze.envelope import Envelope
from dvdrental.bronze.parse import parse
from dvdrental.bronze.streams import STREAMS, Stream
from dvdrental.bronze.widen import widen
from dvdrental.quality.rules import RowRule
from tests.rows import relation

READ = datetime(2026, 1, 5, 9)
RAW = "raw_id STRING, extracted_at TIMESTAMP_NTZ, data STRING, meta STRING, generation_id BIGINT, payload BIGINT"

ANY = Stream(
    name="any",
    key=("id",),
    updated=None,
    columns="""
        id INT COMMENT 'Key',
        amount DECIMAL(5,2) COMMENT 'Money',
        happened TIMESTAMP_NTZ COMMENT 'Moment',
        born DATE COMMENT 'Day',
        good BOOLEAN COMMENT 'Flag',
        name STRING COMMENT 'Text',
        tags ARRAY<STRING> COMMENT 'List'
    """,
)


def parsed(spark: SparkSession, payload: str | None, meta: str | None = None, stream: Stream = ANY) -> Row:
    return all_parsed(spark, [payload], meta, stream)[0]


def all_parsed(
    spark: SparkSession, payloads: Sequence[str | None], meta: str | None = None, stream: Stream = ANY
) -> list[Row]:
    rows = relation(spark, [(f"{n:03}", READ, payload, meta, None, n) for n, payload in enumerate(payloads)], RAW)
    return sorted(parse(Envelope(rows, "json"), stream).collect(), key=lambda row: row._raw_id)


def values(spark: SparkSession, column: str, *tokens: str) -> list[tuple[Any, list[str]]]:
    """Of a column landed with these JSON tokens, and each time the fields that were nulled."""
    rows = all_parsed(spark, [f'{{"id":1,"{column}":{token}}}' for token in tokens])
    return [(row[column], [change.field for change in row._changes]) for row in rows]


def test_log_position_spelt_as_a_double_is_read_at_once(spark: SparkSession) -> None:
    """Rows that did not go through have texts: they are read a second and a third time."""
    payload = '{"id":1,"_ab_cdc_lsn":2.6469864E7}'
    rows = relation(spark, [("r", READ, payload, None, None, 1, None)], f"{RAW}, _held VOID")
    read = widen(rows, ANY, "json", rescue=False).collect()[0]
    assert (read.fields["_ab_cdc_lsn"], read.texts) == (26469864, None)


def test_every_spelling_of_a_decimal_is_the_same_value(spark: SparkSession) -> None:
    tokens = ["4.99", "4.990", '"4.99"', "499E-2", '"0.499E1"']
    assert values(spark, "amount", *tokens) == [(Decimal("4.99"), [])] * len(tokens)


def test_decimal_that_does_not_fit_is_nulled_with_a_change(spark: SparkSession) -> None:
    tokens = ["4.999", "1234.00", '"x"', "true", "[1]"]
    assert values(spark, "amount", *tokens) == [(None, ["amount"])] * len(tokens)


def test_every_spelling_of_an_integer_is_the_same_value(spark: SparkSession) -> None:
    payloads = [f'{{"id":{token}}}' for token in ("10", "10.0", "1E+1", '"10"')]
    assert [row.id for row in all_parsed(spark, payloads)] == [10] * len(payloads)


def test_integer_that_does_not_fit_leaves_the_row_without_a_key(spark: SparkSession) -> None:
    payloads = [f'{{"id":{token}}}' for token in ("10.5", "3000000000", '"ten"')]
    assert [row._rejected for row in all_parsed(spark, payloads)] == ["no_key:id"] * len(payloads)


def test_timestamp_takes_up_to_nine_digits_and_cuts_to_six(spark: SparkSession) -> None:
    expected = {
        "2005-05-24T22:53:30": datetime(2005, 5, 24, 22, 53, 30),
        "2005-05-24T22:53:30.120": datetime(2005, 5, 24, 22, 53, 30, 120000),
        "2005-05-24T22:53:00.000000": datetime(2005, 5, 24, 22, 53),
        "2007-02-14T21:21:59.996577123": datetime(2007, 2, 14, 21, 21, 59, 996577),
    }
    found = values(spark, "happened", *(f'"{text}"' for text in expected))
    assert found == [(value, []) for value in expected.values()]


def test_timestamp_with_a_zone_an_era_or_nonsense_is_nulled(spark: SparkSession) -> None:
    texts = ["2005-05-24T22:53:30Z", "2005-05-24T22:53:30+02:00", "0044-03-15T12:00:00 BC", "Infinity", "soon"]
    found = values(spark, "happened", *(f'"{text}"' for text in texts))
    assert found == [(None, ["happened"])] * len(texts)


def test_date_before_christ_is_never_a_date_after(spark: SparkSession) -> None:
    expected = [(None, ["born"]), (date(1991, 2, 10), [])]
    assert values(spark, "born", '"1991-02-10 BC"', '"1991-02-10"') == expected


def test_text_keeps_its_content_blanks_included(spark: SparkSession) -> None:
    expected = [("English  ", []), ("", []), ('{"a":1}', [])]
    assert values(spark, "name", '"English  "', '""', '{"a":1}') == expected


def test_array_keeps_null_elements_and_empty_is_not_null(spark: SparkSession) -> None:
    expected = [(["a", None], []), ([], []), (None, ["tags"])]
    assert values(spark, "tags", '["a",null]', "[]", '"a"') == expected


def test_missing_and_null_are_null_without_a_change(spark: SparkSession) -> None:
    rows = all_parsed(spark, ['{"id":1,"name":null}', '{"id":1}'])
    assert [(row.name, row._changes) for row in rows] == [(None, [])] * 2


def test_changes_of_the_source_come_first(spark: SparkSession) -> None:
    meta = json.dumps({"sync_id": 4, "changes": [{"field": "x", "change": "NULLED", "reason": "SOURCE"}]})
    row = parsed(spark, '{"id":1,"amount":"?"}', meta)
    assert [(c.field, c.reason) for c in row._changes] == [("x", "SOURCE"), ("amount", "DESTINATION_TYPECAST_ERROR")]


def test_payload_that_is_no_object_is_rejected(spark: SparkSession) -> None:
    payloads = ['{"id":1', "", "[]", "5", '"text"', None, "null"]
    rows = all_parsed(spark, payloads)
    assert [payload for payload, row in zip(payloads, rows, strict=True) if row._rejected is None] == []


def test_one_bad_value_spares_the_others(spark: SparkSession) -> None:
    row = parsed(spark, '{"id":7,"amount":"?","name":"n","happened":"2005-01-01T00:00:00","good":"true"}')
    assert (row.id, row.name, row.happened, row.good, row._rejected) == (7, "n", datetime(2005, 1, 1), True, None)


def test_rule_of_the_table_rejects_a_row_by_its_name(spark: SparkSession) -> None:
    rows = relation(spark, [("r", READ, '{"id":1,"amount":-1}', None, None, 1)], RAW)
    rule = RowRule("positive", "amount >= 0", ("amount",))
    assert parse(Envelope(rows, "json"), ANY, [rule]).collect()[0]._rejected == "positive"


def test_change_time_is_the_source_s_own_else_the_extraction(spark: SparkSession) -> None:
    payload = '{"category_id":1,"name":"A","last_update":"2006-02-15T09:46:27"}'
    assert parsed(spark, payload, stream=STREAMS["category"])._at == datetime(2006, 2, 15, 9, 46, 27)
    assert parsed(spark, '{"id":1}')._at == READ


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_result_does_not_depend_on_the_session_s_time_zone(spark: SparkSession, zone: str) -> None:
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        assert values(spark, "happened", '"2005-05-24T22:53:30"') == [(datetime(2005, 5, 24, 22, 53, 30), [])]
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
