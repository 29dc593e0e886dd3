import json
import re
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvdrental.local.landing import SourceError
from dvdrental.local.landing.spelling import encoder, same_spelling, speller
from dvdrental.local.landing.tokens import java_double


@pytest.mark.parametrize(
    ("pg_type", "text", "token"),
    [
        ("integer", "5", "5"),
        ("smallint", "-32768", "-32768"),
        ("bigint", "9223372036854775807", "9223372036854775807"),
        ("numeric(5,2)", "10.00", "10.00"),
        ("numeric(5,2)", "0.99", "0.99"),
        ("numeric(5,2)", "0.00", "0.00"),
        ("numeric(5,2)", "5", "5.00"),
        ("numeric(38,10)", "12345678901234567890.0123456789", "12345678901234567890.0123456789"),
        ("numeric(5,2)", "NaN", "null"),
        ("character(20)", "English             ", '"English             "'),
        ("character(20)", "English", '"English             "'),
        ("character varying(45)", "", '""'),
        ("text", 'Côte "d\'Or"\t\\ \n/', '"Côte \\"d\'Or\\"\\t\\\\ \\n/"'),
        ("boolean", "t", "true"),
        ("boolean", "f", "false"),
        ("date", "2006-02-14", '"2006-02-14"'),
        ("date", "1991-02-10 BC", '"1991-02-10 BC"'),
        ("date", "-infinity", '"-Infinity"'),
        ("bytea", r"\x89504e470d0a5a0a", r'"\\x89504e470d0a5a0a"'),
        ("bytea", r"\x", r'"\\x"'),
        ("text[]", "{}", "[]"),
        ("text[]", '{Trailers,"Deleted Scenes",NULL,"NULL"}', '["Trailers","Deleted Scenes",null,"NULL"]'),
        ("tsvector", "'academi':1 'battl':15", "\"'academi':1 'battl':15\""),
        ("mpaa_rating", "PG-13", '"PG-13"'),
        ("year", "2006", '"2006"'),
    ],
)
def test_value(pg_type, text, token):
    assert speller(pg_type)(text) == token


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("2005-05-24 22:53:30", "2005-05-24T22:53:30"),
        ("2005-05-24 22:53:00", "2005-05-24T22:53:00.000000"),
        ("2005-05-24 00:00:00", "2005-05-24T00:00:00.000000"),
        ("2005-05-24 22:00:30", "2005-05-24T22:00:30"),
        ("2013-05-26 14:49:45.738", "2013-05-26T14:49:45.738"),
        ("2005-05-24 22:53:30.12", "2005-05-24T22:53:30.120"),
        ("2005-05-24 22:53:30.1", "2005-05-24T22:53:30.100"),
        ("2005-05-24 22:53:00.5", "2005-05-24T22:53:00.500"),
        ("2006-05-16 16:13:11.79328", "2006-05-16T16:13:11.793280"),
        ("2007-02-14 21:21:59.996577", "2007-02-14T21:21:59.996577"),
        ("2007-02-14 21:21:59.000001", "2007-02-14T21:21:59.000001"),
        ("3004-10-19 10:23:54.123456 BC", "3004-10-19T10:23:54.123456 BC"),
        ("0001-01-01 00:00:00", "0001-01-01T00:00:00.000000"),
        ("infinity", "Infinity"),
    ],
)
def test_timestamp(text, spelling):
    assert speller("timestamp without time zone")(text) == f'"{spelling}"'


@pytest.mark.parametrize(
    ("pg_type", "text", "jdbc", "wal", "v38"),
    [
        ("smallint", "5", "5", "5", "5"),
        ("integer", "5", "5", "5", "5"),
        ("bigint", "26469864", "26469864", "26469864", "26469864"),
        ("numeric(5,2)", "10.00", "10.00", '"10"', "10"),
        ("numeric(5,2)", "4.99", "4.99", '"4.99"', "4.99"),
        ("numeric(4,2)", "0.90", "0.90", '"0.9"', "0.9"),
        ("numeric(5,2)", "0.00", "0.00", '"0"', "0"),
        ("numeric(5,2)", "-1.50", "-1.50", '"-1.5"', "-1.5"),
        ("numeric(5,4)", "0.0005", "0.0005", '"5.0E-4"', "5.0E-4"),
        ("numeric(20,7)", "1234567890.1234567", "1234567890.1234567", '"1.2345678901234567E9"', "1.2345678901234567E9"),
        ("numeric(20,7)", "-1230000000", "-1230000000.0000000", '"-1.23E9"', "-1.23E9"),
        (
            "numeric(38,10)",
            "12345678901234567890.0123456789",
            "12345678901234567890.0123456789",
            '"1.2345678901234567E19"',
            "1.2345678901234567E19",
        ),
        ("numeric(38,0)", "900000000", "900000000", '"900000000"', "900000000"),
        ("numeric(5,2)", "NaN", "null", "null", "null"),
        ("numeric(38,0)", "Infinity", "null", "null", "null"),
        ("text", "Côte", '"Côte"', '"Côte"', '"Côte"'),
        ("character varying(45)", "Mary", '"Mary"', '"Mary"', '"Mary"'),
        ("character(8)", "English", '"English "', '"English "', '"English "'),
        ("boolean", "t", "true", "true", "true"),
        ("date", "2006-02-14", '"2006-02-14"', '"2006-02-14"', '"2006-02-14"'),
        ("date", "1991-02-10 BC", '"1991-02-10 BC"', '"1991-02-10 BC"', '"1991-02-10 BC"'),
        ("date", "infinity", '"Infinity"', '"Infinity"', "null"),
        ("bytea", r"\x8950", r'"\\x8950"', r'"\\x8950"', r'"\\x8950"'),
        ("text[]", '{Trailers,"Deleted Scenes",NULL}', *['["Trailers","Deleted Scenes",null]'] * 3),
        ("tsvector", "'academi':1 'battl':15", *["\"'academi':1 'battl':15\""] * 3),
        ("mpaa_rating", "PG-13", '"PG-13"', '"PG-13"', '"PG-13"'),
        ("year", "2006", '"2006"', "2006", '"2006"'),
    ],
)
def test_value_in_each_spelling(pg_type, text, jdbc, wal, v38):
    assert [speller(pg_type, spelling)(text) for spelling in ("jdbc", "wal", "v38")] == [jdbc, wal, v38]


@pytest.mark.parametrize(
    ("text", "jdbc", "wal", "v38"),
    [
        ("2005-05-24 22:53:30", "2005-05-24T22:53:30", "2005-05-24T22:53:30.000000", "2005-05-24T22:53:30"),
        ("2005-05-24 22:53:00", *["2005-05-24T22:53:00.000000"] * 3),
        ("2005-05-24 22:53:30.12", "2005-05-24T22:53:30.120", "2005-05-24T22:53:30.120000", "2005-05-24T22:53:30.120"),
        ("2007-02-14 21:21:29.996577", *["2007-02-14T21:21:29.996577"] * 3),
        (
            "3004-10-19 10:23:54.1 BC",
            "3004-10-19T10:23:54.100 BC",
            "3004-10-19T10:23:54.100000 BC",
            "3004-10-19T10:23:54.100 BC",
        ),
        ("-infinity", "-Infinity", "-Infinity", None),
    ],
)
def test_timestamp_in_each_spelling(text, jdbc, wal, v38):
    spelled = [speller("timestamp without time zone", spelling)(text) for spelling in ("jdbc", "wal", "v38")]
    assert list(map(json.loads, spelled)) == [jdbc, wal, v38]


@pytest.mark.parametrize("spelling", ["jdbc", "wal", "v38"])
def test_null_is_explicit_in_each_spelling(spelling):
    row = {"category_id": None, "name": None, "last_update": None}
    assert encoder("category", spelling)(row) == '{"category_id":null,"name":null,"last_update":null}'


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_double_in_javas_spelling_is_the_same_double(value):
    spelled = java_double(value)
    assert float(spelled) == value
    mantissa, _, power = spelled.partition("E")
    assert re.fullmatch(r"-?\d+\.\d+", mantissa)
    assert not power or re.fullmatch(r"-?[1-9]\.\d+", mantissa)
    assert bool(power) == (value != 0 and not 1e-3 <= abs(value) < 1e7)


@given(st.datetimes(min_value=datetime(1000, 1, 1)))
def test_any_timestamp_keeps_its_instant_in_groups_of_three_digits(instant):
    spelled = json.loads(speller("timestamp without time zone")(str(instant)))
    assert datetime.fromisoformat(spelled) == instant
    _, dot, digits = spelled.partition(".")
    assert len(digits) in ((3, 6) if dot else (0,))
    assert not digits.endswith("000") or instant.replace(second=0, microsecond=0) == instant


@given(st.decimals(min_value="-999.99", max_value="999.99", places=2))
def test_any_amount_keeps_its_digits(amount):
    token = speller("numeric(5,2)")(str(amount))
    assert Decimal(token) == amount
    assert len(token.partition(".")[2]) == 2


@pytest.mark.parametrize(
    ("pg_type", "text"),
    [
        ("integer", "five"),
        ("integer", "5.0"),
        ("numeric(5,2)", "1,00"),
        ("boolean", "yes"),
        ("date", "14/02/2006"),
        ("timestamp without time zone", "2005-05-24"),
        ("timestamp without time zone", "2005-05-24 22:53:30+00"),
        ("bytea", "89"),
        ("bytea", r"\x8"),
        ("text[]", "Trailers"),
    ],
)
def test_text_of_another_type_is_refused(pg_type, text):
    with pytest.raises((ValueError, ArithmeticError)):
        speller(pg_type)(text)


@pytest.mark.parametrize("spelling", ["jdbc", "wal", "v38"])
@pytest.mark.parametrize(("pg_type", "text"), [("numeric(5,2)", "4.999"), ("numeric(38,0)", "0.5")])
def test_number_with_more_digits_than_its_column_is_not_rounded(pg_type, text, spelling):
    with pytest.raises(ValueError, match="more digits"):
        speller(pg_type, spelling)(text)


def test_row_has_its_keys_in_column_order_and_explicit_nulls():
    row = {"name": "Drama", "last_update": None, "category_id": "7"}
    assert encoder("category")(row) == '{"category_id":7,"name":"Drama","last_update":null}'


def test_unfit_value_is_named_without_being_shown():
    row = {"category_id": "7", "name": "Drama", "last_update": "secret"}
    with pytest.raises(SourceError) as caught:
        encoder("category")(row)
    assert "category.last_update of category_id 7" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "odd", [{"category_id": "7"}, {"category_id": "7", "name": "a", "last_update": None, "x": "1"}]
)
def test_row_with_other_columns_is_refused(odd):
    with pytest.raises(SourceError, match="table category: a row has a column too many or too few: "):
        encoder("category")(odd)


def test_types_that_look_alike_in_json():
    assert same_spelling("smallint", "integer")
    assert same_spelling("character varying(45)", "text")
    assert not same_spelling("timestamp with time zone", "timestamp without time zone")
    assert not same_spelling("integer", "year")
