import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from dvdrental.bronze.envelope import Envelope
from dvdrental.bronze.parse import parse
from dvdrental.bronze.streams import STREAMS, Stream
from dvdrental.bronze.widen import widen
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
    rows = relation(spark, [("r", READ, payload, meta, None, 1)], RAW)
    return parse(Envelope(rows, "json"), stream).collect()[0]


def one(spark: SparkSession, column: str, token: str) -> tuple[Any, list[str]]:
    """The value of a column landed with this JSON token, and the fields that were nulled."""
    row = parsed(spark, f'{{"id":1,"{column}":{token}}}')
    return row[column], [change.field for change in row._changes]


def test_log_position_spelt_as_a_double_is_read_at_once(spark: SparkSession) -> None:
    """Rows that did not go through have texts: they are read a second and a third time."""
    payload = '{"id":1,"_ab_cdc_lsn":2.6469864E7}'
    rows = relation(spark, [("r", READ, payload, None, None, 1, None)], f"{RAW}, _held VOID")
    read = widen(rows, ANY, "json", rescue=False).collect()[0]
    assert (read.fields["_ab_cdc_lsn"], read.texts) == (26469864, None)


@pytest.mark.parametrize("token", ["4.99", "4.990", '"4.99"', "499E-2", '"0.499E1"'])
def test_every_spelling_of_a_decimal_is_the_same_value(spark: SparkSession, token: str) -> None:
    assert one(spark, "amount", token) == (Decimal("4.99"), [])


@pytest.mark.parametrize("token", ["4.999", "1234.00", '"x"', "true", "[1]"])
def test_decimal_that_does_not_fit_is_nulled_with_a_change(spark: SparkSession, token: str) -> None:
    assert one(spark, "amount", token) == (None, ["amount"])


@pytest.mark.parametrize("token", ["10", "10.0", "1E+1", '"10"'])
def test_every_spelling_of_an_integer_is_the_same_value(spark: SparkSession, token: str) -> None:
    assert parsed(spark, f'{{"id":{token}}}').id == 10


@pytest.mark.parametrize("token", ["10.5", "3000000000", '"ten"'])
def test_integer_that_does_not_fit_leaves_the_row_without_a_key(spark: SparkSession, token: str) -> None:
    assert parsed(spark, f'{{"id":{token}}}')._rejected == "no_key:id"


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("2005-05-24T22:53:30", datetime(2005, 5, 24, 22, 53, 30)),
        ("2005-05-24T22:53:30.120", datetime(2005, 5, 24, 22, 53, 30, 120000)),
        ("2005-05-24T22:53:00.000000", datetime(2005, 5, 24, 22, 53)),
        ("2007-02-14T21:21:59.996577123", datetime(2007, 2, 14, 21, 21, 59, 996577)),
    ],
)
def test_timestamp_takes_up_to_nine_digits_and_cuts_to_six(spark: SparkSession, token: str, value: datetime) -> None:
    assert one(spark, "happened", f'"{token}"') == (value, [])


@pytest.mark.parametrize(
    "text", ["2005-05-24T22:53:30Z", "2005-05-24T22:53:30+02:00", "0044-03-15T12:00:00 BC", "Infinity", "soon"]
)
def test_timestamp_with_a_zone_an_era_or_nonsense_is_nulled(spark: SparkSession, text: str) -> None:
    assert one(spark, "happened", f'"{text}"') == (None, ["happened"])


def test_date_before_christ_is_never_a_date_after(spark: SparkSession) -> None:
    assert one(spark, "born", '"1991-02-10 BC"') == (None, ["born"])
    assert one(spark, "born", '"1991-02-10"') == (date(1991, 2, 10), [])


def test_text_keeps_its_content_blanks_included(spark: SparkSession) -> None:
    assert one(spark, "name", '"English  "') == ("English  ", [])
    assert one(spark, "name", '""') == ("", [])
    assert one(spark, "name", '{"a":1}') == ('{"a":1}', [])


def test_array_keeps_null_elements_and_empty_is_not_null(spark: SparkSession) -> None:
    assert one(spark, "tags", '["a",null]') == (["a", None], [])
    assert one(spark, "tags", "[]") == ([], [])
    assert one(spark, "tags", '"a"') == (None, ["tags"])


def test_missing_and_null_are_null_without_a_change(spark: SparkSession) -> None:
    assert one(spark, "name", "null") == (None, [])
    assert parsed(spark, '{"id":1}')._changes == []


def test_changes_of_the_source_come_first(spark: SparkSession) -> None:
    meta = json.dumps({"sync_id": 4, "changes": [{"field": "x", "change": "NULLED", "reason": "SOURCE"}]})
    row = parsed(spark, '{"id":1,"amount":"?"}', meta)
    assert [(c.field, c.reason) for c in row._changes] == [("x", "SOURCE"), ("amount", "DESTINATION_TYPECAST_ERROR")]


@pytest.mark.parametrize("payload", ['{"id":1', "", "[]", "5", '"text"', None, "null"])
def test_payload_that_is_no_object_is_rejected(spark: SparkSession, payload: str | None) -> None:
    assert parsed(spark, payload)._rejected is not None


def test_one_bad_value_spares_the_others(spark: SparkSession) -> None:
    row = parsed(spark, '{"id":7,"amount":"?","name":"n","happened":"2005-01-01T00:00:00","good":"true"}')
    assert (row.id, row.name, row.happened, row.good, row._rejected) == (7, "n", datetime(2005, 1, 1), True, None)


def test_rule_of_the_table_rejects_a_row_by_its_name(spark: SparkSession) -> None:
    rows = relation(spark, [("r", READ, '{"id":1,"amount":-1}', None, None, 1)], RAW)
    assert parse(Envelope(rows, "json"), ANY, [("positive", "amount >= 0")]).collect()[0]._rejected == "positive"


def test_change_time_is_the_source_s_own_else_the_extraction(spark: SparkSession) -> None:
    payload = '{"category_id":1,"name":"A","last_update":"2006-02-15T09:46:27"}'
    assert parsed(spark, payload, stream=STREAMS["category"])._at == datetime(2006, 2, 15, 9, 46, 27)
    assert parsed(spark, '{"id":1}')._at == READ


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_result_does_not_depend_on_the_session_s_time_zone(spark: SparkSession, zone: str) -> None:
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        assert one(spark, "happened", '"2005-05-24T22:53:30"')[0] == datetime(2005, 5, 24, 22, 53, 30)
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
