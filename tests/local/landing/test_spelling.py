import json
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvdrental.local.landing import SourceError
from dvdrental.local.landing.spelling import encoder, same_spelling, speller


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
