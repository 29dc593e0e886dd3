"""The rules of the unpacker, by their numbers in the notes about Airbyte's landing formats."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any, get_args

import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import Row as SparkRow
from pyspark.sql import functions as F

from dvdrental.bronze import envelope
from dvdrental.bronze.envelope import Envelope, of_files, of_table, v2_table_name
from dvdrental.bronze.ingest import ingest
from dvdrental.bronze.parse import parse
from dvdrental.bronze.streams import STREAMS, Stream, column_names
from dvdrental.columns import utc
from dvdrental.history import current
from dvdrental.lake import Lake
from dvdrental.local.landing import Change, Database, Row, Spelling, Unchanged, write_landing
from dvdrental.local.landing import Envelope as Form
from dvdrental.local.landing.arrays import parse_array
from dvdrental.ops import QUARANTINE, Step
from dvdrental.quality.rules import row_rules
from tests.bronze.airbyte import ANY, READ, read, values
from tests.landing import (
    MORNING,
    append,
    category,
    folder,
    land,
    land_raw,
    reading_files,
    removed,
    renamed,
    syncing,
)
from tests.rows import relation

WEEK = timedelta(days=7)
JSON = [(form, "jdbc") for form in get_args(Form) if form != "direct"]
JSON += [(form, spelling) for form in ("v1", "v2", "jsonl_gzip", "jsonl_flat") for spelling in ("wal", "v38")]
TYPED = [("direct", spelling) for spelling in get_args(Spelling)]
BAD = "DESTINATION_TYPECAST_ERROR"


@pytest.fixture(params=["America/New_York", "Asia/Kolkata"])
def zone(spark: SparkSession, request: pytest.FixtureRequest) -> Iterator[str]:
    spark.conf.set("spark.sql.session.timeZone", request.param)
    yield request.param
    spark.conf.set("spark.sql.session.timeZone", "UTC")


def take_in(lake: Lake) -> Step:
    return ingest(lake, ["category"])[0]


def alive(lake: Lake) -> dict[int, str]:
    return {row.category_id: row.name for row in current(lake.changes("category"), ["category_id"]).collect()}


def good(value: Any) -> tuple[Any, list[str]]:
    return value, []


def nulled(column: str) -> tuple[None, list[str]]:
    return None, [column]


# 1: envelopes


def landed(spark: SparkSession, where: Path, stream: str) -> Envelope:
    """What lies in a folder, be it one Delta table or files."""
    tables = [log.parent for log in where.glob("*/_delta_log")]
    if tables:
        return of_table(spark.read.format("delta").load(str(tables[0])))
    return of_files(spark.read.text(str(where / "public" / stream)))


def in_source(stream: Stream, row: Row) -> tuple[Any, ...]:
    """The values of a source row by the types of their columns."""
    python: Mapping[str, Callable[[str], Any]] = {
        "INT": int,
        "BOOLEAN": "t".__eq__,
        "DATE": date.fromisoformat,
        "TIMESTAMP_NTZ": datetime.fromisoformat,
        "STRING": lambda text: text.rstrip(" "),
        "ARRAY<STRING>": parse_array,
    }
    texts = [(row[name], kind) for name, kind in stream.types.items()]
    return tuple(None if text is None else python.get(kind, Decimal)(text) for text, kind in texts)


@pytest.mark.parametrize("name", ["customer", "film", "language", "payment", "rental", "staff"])
@pytest.mark.parametrize("variants", [JSON, TYPED], ids=["json", "typed"])
def test_rule_01_every_envelope_and_spelling_gives_the_values_of_the_source(
    spark: SparkSession, sample: Database, tmp_path: Path, name: str, variants: list[tuple[Form, Spelling]]
) -> None:
    stream, rows = STREAMS[name], sample[name][:100]
    frames: dict[str, list[DataFrame]] = defaultdict(list)
    for form, spelling in variants:
        where = tmp_path / f"{form} {spelling}"
        write_landing({name: rows}, where, envelope=form, spelling=spelling, extracted_at=MORNING)
        found = landed(spark, where, name)
        frames[found.kind].append(found.rows.withColumn("raw_id", F.lit(where.name)))
    parsed = [parse(Envelope(reduce(DataFrame.union, same), kind), stream) for kind, same in frames.items()]
    by_variant: dict[str, list[str]] = defaultdict(list)
    for row in reduce(DataFrame.unionByName, parsed).collect():
        assert (row._rejected, row._changes, row._rescued, row._is_delete) == (None, [], None, False), row._raw_id
        assert row._extracted_at == MORNING.replace(tzinfo=None), row._raw_id
        by_variant[row._raw_id].append(repr(tuple(row[column] for column in stream.business_columns)))
    expected = sorted(repr(in_source(stream, row)) for row in rows)
    assert by_variant.keys() == {f"{form} {spelling}" for form, spelling in variants}
    assert [variant for variant, found in by_variant.items() if sorted(found) != expected] == []


def test_rule_01_envelope_is_detected_by_its_columns(spark: SparkSession) -> None:
    at = "TIMESTAMP'2026-01-05T09:00:00Z'"
    tables = {
        "json": [
            f"SELECT 'a' _airbyte_ab_id, {at} _airbyte_emitted_at, '{{}}' _airbyte_data",
            f"SELECT '{{}}' _airbyte_data, {at} _airbyte_extracted_at, 'a' _airbyte_raw_id",
            f"SELECT 'a' _airbyte_raw_id, {at} _airbyte_extracted_at, {at} _airbyte_loaded_at, '{{}}' _airbyte_data, "
            "'{}' _airbyte_meta, 1L _airbyte_generation_id",
        ],
        "typed": [f"SELECT 'a' _airbyte_raw_id, {at} _airbyte_extracted_at, '{{}}' _airbyte_meta, 1L id"],
    }
    found = {kind: [of_table(spark.sql(table)) for table in same] for kind, same in tables.items()}
    assert {kind: [one.kind for one in same] for kind, same in found.items()} == {
        "json": ["json"] * 3,
        "typed": ["typed"],
    }
    heads = [one.rows.select("raw_id", "extracted_at") for same in found.values() for one in same]
    assert reduce(DataFrame.union, heads).distinct().collect() == [("a", MORNING.replace(tzinfo=None))]


# 2: kinds of payload and meta


def test_rule_02_payload_may_be_text_a_struct_or_a_variant(spark: SparkSession) -> None:
    text = '{"id":1,"amount":4.99,"good":true,"born":"2006-02-14","name":"n","tags":["a",null],"_ab_cdc_lsn":7}'
    fields = (
        "id INT, amount DECIMAL(5,2), good BOOLEAN, born STRING, name STRING, tags ARRAY<STRING>, _ab_cdc_lsn BIGINT"
    )
    payloads = [f"'{text}'", f"from_json('{text}', '{fields}')", f"parse_json('{text}')"]
    frames = [
        of_table(
            spark.sql(
                f"SELECT 'r{number}' _airbyte_raw_id, TIMESTAMP'2026-01-05T09:00:00Z' _airbyte_extracted_at, "
                f"{payload} _airbyte_data"
            )
        ).rows
        for number, payload in enumerate(payloads)
    ]
    columns = ["id", "amount", "good", "born", "name", "tags", "_lsn", "_changes", "_rejected"]
    rows = parse(Envelope(reduce(DataFrame.union, frames), "json"), ANY).select(*columns).collect()
    assert rows == [(1, Decimal("4.99"), True, date(2006, 2, 14), "n", ["a", None], 7, [], None)] * 3


@pytest.mark.parametrize(
    ("meta", "fields"),
    [
        (None, []),
        ("{}", []),
        ('{"changes":[]}', []),
        ('{"changes":null,"sync_id":4}', []),
        ('{"changes":[],"sync_id":42}', []),
        ('{"sync_id":4,"changes":[{"reason":"SOURCE_SERIALIZATION_ERROR","field":"x","change":"NULLED"}]}', ["x"]),
        ('{"changes":[{"field":"x","change":"NULLED","reason":"SOURCE_SERIALIZATION_ERROR"}],"new":{}}', ["x"]),
    ],
)
def test_rule_02_meta_may_lack_anything_and_have_any_order(
    spark: SparkSession, meta: str | None, fields: list[str]
) -> None:
    (row,) = read(spark, ['{"id":1}'], meta=meta)
    assert [change.field for change in row._changes] == fields


def test_rule_02_meta_may_be_an_object(spark: SparkSession) -> None:
    change = "named_struct('field', 'x', 'change', 'NULLED', 'reason', 'SOURCE_RETRIEVAL_ERROR')"
    table = spark.sql(
        "SELECT 'r' _airbyte_raw_id, 1767603600000L _airbyte_extracted_at, '{\"id\":1}' _airbyte_data, "
        f"named_struct('changes', array({change}), 'sync_id', 4) _airbyte_meta"
    )
    (row,) = parse(of_table(table), ANY).collect()
    assert [tuple(change) for change in row._changes] == [("x", "NULLED", "SOURCE_RETRIEVAL_ERROR")]


# 3: time of extraction


def test_rule_03_extraction_time_is_milliseconds_or_iso_text(spark: SparkSession, zone: str) -> None:
    noon = datetime(2021, 5, 27, 17, 16, 45)
    expected = {
        "1622135805000": noon,
        "1622135805123": noon.replace(microsecond=123000),
        "0": datetime(1970, 1, 1),
        "2021-05-27T17:16:45Z": noon,
        "2021-05-27T17:16:45.123456Z": noon.replace(microsecond=123456),
        "2021-05-27T19:16:45+02:00": noon,
        "7289654400000": None,
        "1622135805000000": None,
        "2201-01-01T00:00:00Z": None,
        "yesterday": None,
    }
    texts = relation(spark, [(text,) for text in expected], "text STRING")
    read = texts.withColumn("at", envelope.instant(F.col("text"), "string"))
    found = read.select("text", envelope.plausible(F.col("at")).alias("at")).collect()
    assert {row.text: row["at"] for row in found} == expected


def test_rule_03_integer_is_milliseconds_and_timestamp_stays(spark: SparkSession, zone: str) -> None:
    table = spark.sql(
        "SELECT 1622135805000L n, TIMESTAMP'2021-05-27T17:16:45Z' t, TIMESTAMP_NTZ'2021-05-27T17:16:45' z"
    )
    instants = [envelope.instant(F.col(name), kind).alias(name) for name, kind in table.dtypes]
    assert table.select(*instants).collect() == [(datetime(2021, 5, 27, 17, 16, 45),) * 3]


def test_rule_03_row_without_a_readable_time_of_extraction_is_set_aside(spark: SparkSession) -> None:
    table = spark.sql("SELECT 'r' _airbyte_raw_id, 7289654400000L _airbyte_extracted_at, '{\"id\":1}' _airbyte_data")
    (row,) = parse(of_table(table), ANY).collect()
    assert row._rejected == "no_extraction_time"


# 4: names of raw tables


@pytest.mark.parametrize(
    ("namespace", "stream", "table"),
    [
        ("public", "film_actor", "public_raw__stream_film_actor"),
        ("a__b", "c", "a__b_raw___stream_c"),
        ("a", "b__c", "a_raw___stream_b__c"),
        ("public", "film", "public_raw__stream_film"),
        ("a_", "_b", "a__raw___stream__b"),
        ("Public", "FilmActor", "public_raw__stream_filmactor"),
        ("my-db", "a.b c", "my_db_raw__stream_a_b_c"),
    ],
)
def test_rule_04_raw_table_has_one_underscore_more_than_the_longest_run(
    namespace: str, stream: str, table: str
) -> None:
    assert v2_table_name(namespace, stream) == table


# 5 to 7: numbers


def test_rule_05_equal_decimals_are_equal_in_every_spelling(spark: SparkSession) -> None:
    ten = ["10", "10.0", "10.00", "1E+1", "1e1", '"10"', '"10.00"', '"1E+1"', "100E-1", "10.0000000000"]
    price = ["4.99", "4.990", '"4.99"', "499E-2", '"0.499E1"']
    expected = [good(Decimal("10.00"))] * len(ten) + [good(Decimal("4.99"))] * len(price)
    assert values(spark, "amount", ten + price) == expected


def test_rule_05_no_digit_is_lost_on_the_way(spark: SparkSession) -> None:
    exact = ["1234567890123456789012345678.0123456789", "0.1000000001", "9007199254740993", "-0.0000000001"]
    tokens = [*exact, *(f'"{text}"' for text in exact)]
    assert values(spark, "exact", tokens) == [good(Decimal(text)) for text in exact] * 2


def test_rule_06_no_silent_rounding_and_no_overflow(spark: SparkSession) -> None:
    tokens = ["4.999", '"4.999"', "0.001", "1000", "-1000.00", "1E+3", "1E+40", "999.995", '"x"', "true", "{}", "[1]"]
    assert values(spark, "amount", tokens) == [nulled("amount")] * len(tokens)
    assert values(spark, "amount", ["999.99", "-999.99", "4.9900"]) == [
        good(Decimal(text)) for text in ("999.99", "-999.99", "4.99")
    ]


def test_rule_06_digits_beyond_the_wide_number_are_not_rounded_away(spark: SparkSession) -> None:
    tokens = ["4.99000000001", "4.98999999999999", '"4.99000000001"']
    assert values(spark, "amount", tokens) == [nulled("amount")] * len(tokens)


def test_rule_07_integers_of_every_spelling(spark: SparkSession) -> None:
    tokens = ["10", '"10"', "10.0", '"10.0"', "1E+1", "1.0E1", '"1E+1"']
    for column in ("small", "big"):
        assert values(spark, column, tokens) == [good(10)] * len(tokens)
    assert values(spark, "big", ["9223372036854775807", "-9223372036854775808"]) == [good(2**63 - 1), good(-(2**63))]


def test_rule_07_integer_out_of_range_or_with_a_fraction_is_nulled(spark: SparkSession) -> None:
    small = ["32768", "-32769", "10.5", '"ten"', "true", "1E+9"]
    assert values(spark, "small", small) == [nulled("small")] * len(small)
    big = ["9223372036854775808", "-9223372036854775809", "0.1"]
    assert values(spark, "big", big) == [nulled("big")] * len(big)


def test_rule_07_release_year_is_a_number_either_way(spark: SparkSession) -> None:
    rows = read(spark, ['{"film_id":1,"release_year":2006}', '{"film_id":2,"release_year":"2006"}'], STREAMS["film"])
    assert [row.release_year for row in rows] == [2006, 2006]
    assert STREAMS["film"].types["release_year"] == "INT"


# 8 to 10: times


def test_rule_08_timestamp_takes_0_to_9_digits_and_cuts_after_6(spark: SparkSession) -> None:
    half_past = datetime(2005, 5, 24, 22, 53, 30)
    expected = {
        "2005-05-24T22:53:30": half_past,
        "2005-05-24T22:53:30.120": half_past.replace(microsecond=120000),
        "2005-05-24T22:53:30.996577": half_past.replace(microsecond=996577),
        "2005-05-24T22:53:00.000000": half_past.replace(second=0),
        "2005-05-24T22:53:30.1": half_past.replace(microsecond=100000),
        "2005-05-24T22:53:30.9999999": half_past.replace(microsecond=999999),
        "2005-05-24T22:53:30.999999999": half_past.replace(microsecond=999999),
    }
    found = values(spark, "happened", [f'"{text}"' for text in expected])
    assert found == [good(value) for value in expected.values()]


def test_rule_08_zone_in_a_timestamp_without_one_is_an_error(spark: SparkSession) -> None:
    suffixes = ["Z", "+02", "-08:00", "+0530", " UTC", "z", "[Europe/Berlin]"]
    tokens = [f'"2005-05-24T22:53:30{suffix}"' for suffix in suffixes]
    assert values(spark, "happened", tokens) == [nulled("happened")] * len(tokens)


def test_rule_09_instant_of_every_zone_is_the_same_in_every_session(spark: SparkSession, zone: str) -> None:
    texts = ["22:53:30Z", "22:53:30.000Z", "14:53:30-08", "14:53:30-0800", "14:53:30-08:00", "23:53:30+0100"]
    found = values(spark, "seen", [f'"2005-05-24T{text}"' for text in texts])
    half_past = datetime(2005, 5, 24, 22, 53, 30)
    assert found == [good(half_past)] * len(texts)
    assert values(spark, "seen", ['"2005-05-24T22:53:30.123456789Z"']) == [good(half_past.replace(microsecond=123456))]


def test_rule_09_times_without_zone_and_of_reading_do_not_move_with_the_session(spark: SparkSession, zone: str) -> None:
    table = spark.sql(
        "SELECT 'r' _airbyte_raw_id, TIMESTAMP'2026-01-05T09:00:00Z' _airbyte_extracted_at, "
        '\'{"id":1,"happened":"2005-05-24T22:53:30","_ab_cdc_updated_at":"2026-01-04T01:02:03Z"}\' _airbyte_data'
    )
    (row,) = parse(of_table(table), ANY).collect()
    assert (row.happened, row._extracted_at) == (datetime(2005, 5, 24, 22, 53, 30), datetime(2026, 1, 5, 9))
    assert row._at == datetime(2026, 1, 4, 1, 2, 3)


def test_rule_09_change_time_with_zone_does_not_move_with_the_session(spark: SparkSession, zone: str) -> None:
    table = spark.sql(
        "SELECT 'r' _airbyte_raw_id, TIMESTAMP'2026-01-05T09:00:00Z' _airbyte_extracted_at, "
        '\'{"id":1,"seen":"2005-05-24T22:53:30Z"}\' _airbyte_data'
    )
    parsed = parse(of_table(table), replace(ANY, updated="seen"))
    assert parsed.select(F.col("_at").cast("timestamp_ntz")).collect() == [(datetime(2005, 5, 24, 22, 53, 30),)]


def test_rule_09_instant_of_a_typed_table_is_kept(spark: SparkSession, zone: str) -> None:
    table = spark.sql(
        "SELECT 'r' _airbyte_raw_id, TIMESTAMP'2026-01-05T09:00:00Z' _airbyte_extracted_at, '{}' _airbyte_meta, 1L id, "
        "TIMESTAMP'2005-05-24T22:53:30.123456Z' seen"
    )
    (row,) = parse(of_table(table), ANY).withColumn("seen", utc(F.col("seen"))).collect()
    assert (row.seen, row._changes) == (datetime(2005, 5, 24, 22, 53, 30, 123456), [])


def test_rule_10_date_is_strict(spark: SparkSession) -> None:
    texts = ["1991-02-10 BC", "Infinity", "-Infinity", "+10000-01-01", "-0044-03-15", "2005-02-30", "2005-2-3", "2005"]
    assert values(spark, "born", [f'"{text}"' for text in texts]) == [nulled("born")] * len(texts)
    days = ["0001-01-01", "1582-10-15", "1899-12-31", "9999-12-31"]
    assert values(spark, "born", [f'"{day}"' for day in days]) == [good(date.fromisoformat(day)) for day in days]


@pytest.mark.parametrize(("column", "suffix"), [("happened", ""), ("seen", "Z")])
def test_rule_10_timestamp_is_strict_too(spark: SparkSession, column: str, suffix: str) -> None:
    moments = ["0044-03-15T12:00:00{} BC", "+10000-01-01T00:00:00{}", "-0044-03-15T12:00:00{}", "2005-02-30T12:00:00{}"]
    texts = ["Infinity", "-Infinity", "+292269055-12-02T23:00:00.000000 BC", *(m.format(suffix) for m in moments)]
    assert values(spark, column, [f'"{text}"' for text in texts]) == [nulled(column)] * len(texts)


# 11 and 12: texts, lists, bytes


def test_rule_11_bytes_are_hex_and_never_base64(spark: SparkSession) -> None:
    tokens = [r'"\\x89504e47"', r'"\\x89504E47"', r'"\\x"']
    assert values(spark, "picture", tokens) == [good(bytearray(b"\x89PNG"))] * 2 + [good(bytearray())]
    odd = [r'"\\x895"', r'"\\xzz"', '"iVBORw=="', '"89504e47"', "5"]
    assert values(spark, "picture", odd) == [nulled("picture")] * len(odd)


def test_rule_11_padding_of_char_is_cut(spark: SparkSession) -> None:
    (row,) = read(spark, [json.dumps({"language_id": 1, "name": "English".ljust(20)})], STREAMS["language"])
    assert row.name == "English"
    assert values(spark, "name", ['"kept  "', '"  "']) == [good("kept  "), good("  ")]


def test_rule_11_list_keeps_null_elements_and_empty_is_not_null(spark: SparkSession) -> None:
    tokens = ['["Trailers","Deleted Scenes"]', '["a",null]', "[]", "null"]
    expected = [["Trailers", "Deleted Scenes"], ["a", None], [], None]
    assert values(spark, "tags", tokens) == [good(value) for value in expected]
    wrong = ['"{a,b}"', '"[]"', '{"a":1}', "5"]
    assert values(spark, "tags", wrong) == [nulled("tags")] * len(wrong)


def test_rule_11_unknown_rating_and_search_vector_pass_as_text(spark: SparkSession) -> None:
    payload = {"film_id": 1, "title": "T", "rating": "X-99", "fulltext": "'academi':1 'battl':15"}
    (row,) = read(spark, [json.dumps(payload)], STREAMS["film"])
    assert (row.rating, row.fulltext, row._changes) == ("X-99", "'academi':1 'battl':15", [])


def test_rule_12_other_json_in_a_text_column_is_its_text(spark: SparkSession) -> None:
    tokens = ['["I","am"]', '{"I":"am"}', "true", "3.14", "5", '""']
    assert values(spark, "name", tokens) == [
        good(text) for text in ['["I","am"]', '{"I":"am"}', "true", "3.14", "5", ""]
    ]


# 13 to 15: what is missing, broken or unknown


def test_rule_13_missing_and_null_are_null_without_a_note(spark: SparkSession) -> None:
    nulls = {name: None for name in ANY.business_columns if name != "id"}
    for row in read(spark, ['{"id":1}', json.dumps({"id": 1} | nulls)]):
        assert {row[name] for name in nulls} == {None}
        assert (row._changes, row._rejected) == ([], None)


def test_rule_13_bad_value_of_every_type_is_noted_after_what_the_source_noted(spark: SparkSession) -> None:
    meta = '{"sync_id":4,"changes":[{"field":"name","change":"NULLED","reason":"SOURCE_SERIALIZATION_ERROR"}]}'
    kinds = ["small", "big", "amount", "exact", "good", "born", "happened", "seen", "tags", "picture"]
    (row,) = read(spark, [json.dumps({"id": 1} | dict.fromkeys(kinds, "?"))], meta=meta)
    assert {row[name] for name in kinds} == {None}
    expected = [("name", "NULLED", "SOURCE_SERIALIZATION_ERROR"), *((name, "NULLED", BAD) for name in kinds)]
    assert [tuple(change) for change in row._changes] == expected
    assert (row.id, row._rejected) == (1, None)


def test_rule_14_what_is_no_object_is_set_aside_with_its_id(lake: Lake) -> None:
    good = '{"category_id":1,"name":"A","last_update":"2006-02-15T09:46:27"}'
    bad = [good[:-1], good[:20], "", "[]", f"[{good}]", "5", '"text"', "null", None, "{category_id:1}", good + " 1"]
    land_raw(lake, "category", [good + " \n", *bad])
    step = take_in(lake)
    assert (step.rows_landed, step.rows_inserted, step.rows_quarantined) == (len(bad) + 1, 1, len(bad))
    set_aside = {row.raw_id: row.rule for row in lake.table(QUARANTINE).collect()}
    assert set_aside == {f"id-{number}": "broken_json" for number in range(1, len(bad) + 1)}
    assert alive(lake) == {1: "A"}


@pytest.mark.parametrize("line", ['{"_airbyte_raw_id":"cut","_airbyte_extracted_at":176760', ""])
def test_rule_14_broken_line_of_a_file_is_set_aside_and_spares_the_others(lake: Lake, line: str) -> None:
    files = reading_files(lake)
    land(files, category({1: "A"}), envelope="jsonl")
    (file,) = (folder(lake) / "public" / "category").iterdir()
    file.write_text(f"{file.read_text()}{line}\n")
    step = take_in(files)
    assert (step.rows_inserted, step.rows_quarantined) == (1, 1)


def test_rule_15_unknown_fields_are_kept_and_missing_ones_null_and_both_are_reported(lake: Lake) -> None:
    land_raw(lake, "category", ['{"category_id":1,"name":"A","Colour":"red","tags":["x"]}'])
    step = take_in(lake)
    (row,) = lake.changes("category").collect()
    assert json.loads(row._rescued) == {"Colour": "red", "tags": '["x"]'}
    assert (row.last_update, row._changes) == (None, [])
    reported = [re.split("[,:]", warning)[0] for warning in step.warnings]
    assert reported == ["new field 'Colour'", "new field 'tags'", "field 'last_update' is missing"]


def test_rule_15_keys_match_by_case(spark: SparkSession) -> None:
    (row,) = read(spark, ['{"id":1,"Name":"other","ID":2}'])
    assert (row.id, row.name) == (1, None)
    assert json.loads(row._rescued) == {"Name": "other", "ID": "2"}


# 16 to 18: order and deletes


def test_rule_16_log_position_of_every_spelling(spark: SparkSession) -> None:
    tokens = ["26469864", "26469864.0", "2.6469864E7", '"26469864"', '"2.6469864E7"', "null", '"?"']
    rows = read(spark, [f'{{"id":1,"_ab_cdc_lsn":{token}}}' for token in tokens])
    assert [row._lsn for row in rows] == [26469864] * 5 + [None] * 2


def test_rule_16_log_position_decides_then_reading_then_id(lake: Lake) -> None:
    """Positions go against the times of reading; without a position the later reading wins, then the higher id."""
    lake = syncing(lake, "append")
    row = '{{"category_id":{},"name":"{}","last_update":"2006-02-15T09:46:27"{}}}'
    position = ',"_ab_cdc_lsn":{}'.format
    early = [
        (1, "last", position("3.0E1")),
        (1, "first", position(9)),
        (2, "old", ""),
        (3, "low id", ""),
        (3, "high id", ""),
    ]
    land_raw(lake, "category", [row.format(*values) for values in early])
    take_in(lake)
    late = [(1, "middle", position(20)), (2, "new", "")]
    append_raw(lake, [row.format(*values) for values in late], MORNING + WEEK)
    take_in(lake)
    assert alive(lake) == {1: "last", 2: "new", 3: "high id"}


def append_raw(lake: Lake, payloads: list[str], at: datetime) -> None:
    schema = "_airbyte_raw_id STRING, _airbyte_extracted_at TIMESTAMP, _airbyte_data STRING"
    values = [(f"later-{number}", at, payload) for number, payload in enumerate(payloads)]
    frame = relation(lake.spark, values, schema)
    frame.write.format("delta").mode("append").saveAsTable(f"{lake.settings.landing}.public_raw__stream_category")


def test_rule_17_row_is_a_delete_if_its_time_of_deletion_is_one(spark: SparkSession) -> None:
    expected = {
        '"2026-01-05T09:00:00Z"': True,
        '"1970-01-01T00:00:00.000000Z"': True,
        '"2999-12-31T23:59:59.999999999Z"': True,
        '"2026-01-05T09:00:00+05:30"': True,
        '"2026-01-05 09:00:00"': True,
        '"2026-01-05"': True,
        "null": False,
        "{}": False,
        '""': False,
        '"deleted"': False,
        "true": False,
    }
    rows = read(spark, ['{"id":1}', *(f'{{"id":1,"_ab_cdc_deleted_at":{token}}}' for token in expected)])
    assert {token: row._is_delete for token, row in zip(["missing", *expected], rows, strict=True)} == {
        "missing": False
    } | expected


def test_rule_17_of_a_delete_only_the_key_counts(spark: SparkSession) -> None:
    made_up = '{"id":7,"small":0,"amount":"?","good":false,"born":"1970-01-01","name":"","tags":[],"new":1,'
    cdc = '"_ab_cdc_lsn":30,"_ab_cdc_updated_at":"2026-01-05T09:00:00Z","_ab_cdc_deleted_at":"2026-01-05T09:00:00Z"}'
    (row,) = read(spark, [made_up + cdc])
    assert (row.id, row._lsn, row._is_delete, row._at) == (7, 30, True, datetime(2026, 1, 5, 9))
    assert {str(row[name]) for name in ANY.business_columns if name != "id"} == {"None"}
    assert (row._changes, row._rescued, row._rejected) == ([], None, None)


def test_rule_17_rules_of_the_table_do_not_apply_to_a_delete(spark: SparkSession) -> None:
    payloads = ['{"category_id":1}', '{"category_id":1,"_ab_cdc_deleted_at":"2026-01-05T09:00:00Z"}']
    schema = "raw_id STRING, extracted_at TIMESTAMP_NTZ, data STRING, meta STRING, generation_id BIGINT, payload BIGINT"
    rows = relation(spark, [("r", READ, payload, None, None, 1) for payload in payloads], schema)
    stream = STREAMS["category"]
    parsed = parse(Envelope(rows, "json"), stream, row_rules(stream.table)).collect()
    assert {row._is_delete: row._rejected for row in parsed} == {
        False: "column_values_to_not_be_null:name",
        True: None,
    }


def test_rule_18_delete_holds_across_runs_against_older_changes_only(lake: Lake) -> None:
    """And wins at the same position."""
    lake = syncing(lake, "cdc")
    append(lake, [removed(1, 20), removed(2, 20), renamed(3, "newer", 30), removed(4, 20), renamed(4, "A", 20)])
    take_in(lake)
    append(lake, [renamed(1, "older", 10), renamed(2, "again", 30), removed(3, 10)], MORNING + WEEK)
    take_in(lake)
    assert alive(lake) == {2: "again", 3: "newer"}


# 19 to 21: what is new in a landing


def test_rule_19_log_keeps_every_change_once(lake: Lake) -> None:
    lake = syncing(lake, "cdc")
    changes = [renamed(1, "A", 10), renamed(1, "B", 20), removed(1, 30), renamed(1, "A", 40)]
    append(lake, changes)
    take_in(lake)
    append(lake, changes, MORNING + WEEK, sync=2)
    step = take_in(lake)
    assert (step.rows_duplicate, step.rows_inserted) == (4, 0)
    log = lake.changes("category").orderBy("_lsn").collect()
    assert [(row.name, row._is_delete) for row in log] == [("A", False), ("B", False), (None, True), ("A", False)]


def raw_folder(lake: Lake) -> Path:
    return folder(lake) / "public_raw__stream_category"


def test_rule_20_time_of_loading_says_nothing_about_what_is_new(lake: Lake) -> None:
    lake = syncing(lake, "append")
    append(lake, [renamed(1, "A"), renamed(2, "B")])
    DeltaTable(raw_folder(lake)).update(updates={"_airbyte_loaded_at": "now()"})
    assert take_in(lake).rows_inserted == 2
    DeltaTable(raw_folder(lake)).update(updates={"_airbyte_loaded_at": "now()"})
    step = take_in(lake)
    assert (step.status, step.rows_inserted) == ("unchanged", 0)


def test_rule_20_landing_that_is_replaced_is_read_and_late_rows_are_found(lake: Lake) -> None:
    lake = syncing(lake, "append")
    land(lake, category({1: "A", 2: "B"}), MORNING + WEEK)
    take_in(lake)
    table = f"{lake.settings.landing}.public_raw__stream_category"
    lake.spark.sql(f"CREATE OR REPLACE TABLE {table} USING DELTA AS SELECT * FROM {table}")
    assert take_in(lake).rows_inserted == 0
    append(lake, [renamed(3, "left over")], MORNING)
    assert take_in(lake).rows_inserted == 1
    assert alive(lake) == {1: "A", 2: "B", 3: "left over"}


def ten(name: str) -> Database:
    return category(dict.fromkeys(range(1, 11), name))


def test_rule_21_generation_counts_only_once_it_is_complete(lake: Lake) -> None:
    files = reading_files(lake)
    land(files, ten("old"), envelope="jsonl")
    take_in(files)
    unfinished = category({1: "new", 11: "new"})
    land(files, unfinished, MORNING + WEEK, envelope="jsonl", generation=2, interrupted=True)
    take_in(files)
    assert alive(files) == dict.fromkeys(range(1, 11), "old")
    whole = category(dict.fromkeys(range(2, 12), "new"))
    land(files, whole, MORNING + 2 * WEEK, envelope="jsonl", generation=2)
    take_in(files)
    assert alive(files) == dict.fromkeys(range(2, 12), "new")


def test_rule_21_generation_null_is_the_oldest(lake: Lake) -> None:
    files = reading_files(lake)
    land(files, ten("old"), envelope="jsonl_old")
    land(files, category({1: "new"}), MORNING + WEEK, envelope="jsonl", interrupted=True)
    take_in(files)
    assert alive(files) == dict.fromkeys(range(1, 11), "old")


def test_rule_21_log_of_a_new_generation_replaces_what_was_there(lake: Lake) -> None:
    lake = syncing(lake, "append")
    land(lake, ten("old"))
    take_in(lake)
    land(lake, category(dict.fromkeys(range(2, 12), "new")), MORNING + WEEK, generation=2)
    take_in(lake)
    assert alive(lake) == dict.fromkeys(range(2, 12), "new")


# 22: values that were not sent


def test_rule_22_placeholder_is_never_stored(spark: SparkSession) -> None:
    tokens = [json.dumps(str(text)) for text in (Unchanged.TEXT, Unchanged.OBJECT, Unchanged.BYTEA)]
    for column, token in [*(("name", token) for token in tokens), ("tags", f"[{tokens[0]}]"), ("picture", tokens[2])]:
        (row,) = read(spark, [f'{{"id":1,"{column}":{token}}}'])
        assert row[column] is None, (column, token)
        assert [change.field for change in row._changes] == [column]


def test_rule_22_unsent_value_is_that_of_the_event_before_or_null_with_a_note(lake: Lake, sample: Database) -> None:
    lake = syncing(lake, "cdc")
    film = sample["film"][0] | {"description": "plot", "special_features": "{Trailers}", "fulltext": "'plot':1"}
    unsent = {"description": Unchanged.TEXT, "special_features": Unchanged.ARRAY, "fulltext": Unchanged.OBJECT}
    rows = [film, film | unsent | {"title": "second"}, sample["film"][1] | unsent]
    append(lake, [Change("film", row, lsn, MORNING) for lsn, row in enumerate(rows)])
    ingest(lake, ["film"])
    known, unknown = current(lake.changes("film"), ["film_id"]).orderBy("film_id").collect()
    assert (known.title, known.description, known.special_features, known.fulltext) == (
        "second",
        "plot",
        ["Trailers"],
        "'plot':1",
    )
    assert (unknown.description, unknown.special_features, unknown.fulltext) == (None, None, None)
    assert [change.field for change in unknown._changes] == list(unsent)


def test_rule_22_unsent_value_of_a_required_column_does_not_set_the_row_aside(lake: Lake) -> None:
    lake = syncing(lake, "cdc")
    append(lake, [renamed(1, "A", 10), renamed(1, Unchanged.TEXT, 20, "2026-01-11 12:00:00")])
    step = take_in(lake)
    assert (step.rows_inserted, step.rows_quarantined) == (2, 0)
    (row,) = current(lake.changes("category"), ["category_id"]).collect()
    assert (row.name, row.last_update) == ("A", datetime(2026, 1, 11, 12))


# 23 to 25


def test_rule_23_refresh_after_a_truncate_of_the_source_repairs_the_copy(lake: Lake) -> None:
    lake = Lake(lake.spark, replace(syncing(lake, "cdc").settings, max_delete_percent="100"))
    land(lake, ten("x"), lsn=100)
    append(lake, [renamed(20, "after the truncate", 150)])
    take_in(lake)
    assert len(alive(lake)) == 11
    land(lake, category({20: "after the truncate"}), MORNING + WEEK, lsn=200, generation=2)
    assert take_in(lake).rows_deleted == 10
    assert alive(lake) == {20: "after the truncate"}


def test_rule_24_equal_names_in_two_namespaces_do_not_mix(lake: Lake) -> None:
    land(lake, category({1: "ours"}))
    land(lake, category({1: "theirs", 2: "theirs"}), namespace="other")
    take_in(lake)
    assert alive(lake) == {1: "ours"}


def test_rule_24_column_names_are_plain_and_do_not_collide() -> None:
    fields = ["a b", "a-b", "A_B", "a_b_1", "order", "größe", "", "_"]
    expected = ["a_b", "a_b_1", "A_B_2", "a_b_1_1", "order", "gr__e", "", "_"]
    assert list(column_names(fields[:5]).values()) == expected[:5]
    assert column_names(["größe"]) == {"größe": "gr__e"}


def test_rule_24_reserved_words_and_odd_fields_work(spark: SparkSession) -> None:
    fields = ["select", "order", "current_date", "a.b", "c`d", 'e"f', "g h", "i\\j"]
    names = {column: name for name, column in column_names(fields).items()}
    columns = ["id INT COMMENT 'Key'", *(f"{column} STRING COMMENT 'Odd'" for column in names)]
    stream = Stream(name="any", key=("id",), updated=None, columns=",\n".join(columns), names=names)
    (row,) = read(spark, [json.dumps({"id": 1} | {name: name.upper() for name in fields})], stream)
    assert [row[column] for column in names] == [name.upper() for name in fields]
    assert (row._changes, row._rescued) == ([], None)


@pytest.mark.parametrize("batches", [[[3, 1, 4, 0, 2, 5]], [[5, 4, 3], [4, 2, 1, 0]]])
def test_rule_25_order_and_batches_of_arrival_do_not_matter(lake: Lake, batches: list[list[int]]) -> None:
    lake = syncing(lake, "cdc")
    events = [renamed(1, "A", 10), renamed(2, "B", 11), removed(1, 20), renamed(1, "C", 30), removed(2, 31)]
    events.append(renamed(3, "D", 40))
    for number, batch in enumerate(batches):
        append(lake, [events[n] for n in batch], MORNING + number * WEEK, sync=number + 1)
        take_in(lake)
    assert alive(lake) == {1: "C", 3: "D"}
    log: list[SparkRow] = lake.changes("category").orderBy("_lsn").collect()
    assert [(row.category_id, row.name, row._lsn) for row in log] == [
        (1, "A", 10),
        (2, "B", 11),
        (1, None, 20),
        (1, "C", 30),
        (2, None, 31),
        (3, "D", 40),
    ]
