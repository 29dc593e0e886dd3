"""The emulator against the type cases of Airbyte's own PostgreSQL source, with literals cast by a real server."""

import json
from decimal import Decimal

import psycopg
import pytest
from psycopg import sql

from dvdrental.local.landing import copytext
from dvdrental.local.landing.spelling import speller
from tests.local.landing.conftest import SHARED

# Number of the case -> type of the source column; the file names many of them only by a variable.
STANDARD = {
    0: "bigint",
    1: "bigint",
    5: "boolean",
    7: "bytea",
    8: "character(1)",
    9: "character(8)",
    10: "text",
    11: "character varying(10)",
    14: "date",
    15: "date",
    17: "integer",
    27: "numeric(38,0)",
    28: "numeric(38,0)",
    35: "smallint",
    36: "smallint",
    37: "integer",
    40: "timestamp without time zone",
    41: "timestamp without time zone",
    44: "tsvector",
    47: "mpaa_rating",
    57: "text[]",
    60: "text[]",
    77: "numeric(28,2)",
    78: "numeric(20,7)",
}
OVERRIDDEN = {2: ("numeric(28,2)", 77), 3: ("numeric(20,7)", 78)}
IN_SERVER = {"mpaa_rating": "text"}


@pytest.fixture(scope="module")
def cases():
    path = SHARED / "data" / "airbyte" / "postgres_source_types.json"
    if not path.exists():
        pytest.skip(f"no type cases at {path}; set DVDRENTAL_SHARED")
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def connection(cases, server):
    with psycopg.connect(server.url("postgres")) as connection:
        connection.execute("SET default_text_search_config = 'simple'")
        yield connection


def tokens(connection, case, pg_type, spelling):
    spell = speller(pg_type, spelling)
    values = (in_copy(connection, literal, IN_SERVER.get(pg_type, pg_type)) for literal in case["inserts"])
    return ["null" if value is None else spell(value) for value in values]


def in_copy(connection, literal, pg_type):
    query = sql.SQL("COPY (SELECT CAST({} AS {})) TO STDOUT").format(sql.SQL(literal), sql.SQL(pg_type))
    with connection.cursor().copy(query) as copy:
        ((value,),) = copytext.parse(b"".join(copy))
    return value


def as_listed(token):
    """The file has every expected value as text, quoted in JSON or not."""
    if token == "null":
        return None
    return json.loads(token) if token.startswith('"') else token


@pytest.mark.parametrize(("number", "pg_type"), STANDARD.items())
def test_jdbc(cases, connection, number, pg_type):
    case = cases["jdbc_snapshot_and_standard"][number]
    spelled = [as_listed(token) for token in tokens(connection, case, pg_type, "jdbc")]
    if case["airbyteType"] == "JsonSchemaType.NUMBER":
        # The file has these after they went through a double; the source itself keeps their zeros.
        assert list(map(decimal, spelled)) == list(map(decimal, case["expected"]))
    else:
        assert spelled == case["expected"]


def decimal(text):
    return None if text is None else Decimal(text)


@pytest.mark.parametrize(
    ("number", "pg_type"),
    [
        (number, pg_type)
        for number, pg_type in STANDARD.items()
        if number not in {standard for _, standard in OVERRIDDEN.values()}
    ],
)
def test_wal_as_jdbc(cases, connection, number, pg_type):
    case = cases["jdbc_snapshot_and_standard"][number]
    assert [as_listed(token) for token in tokens(connection, case, pg_type, "wal")] == case["expected"]


@pytest.mark.parametrize(("number", "pg_type"), [(number, pg_type) for number, (pg_type, _) in OVERRIDDEN.items()])
def test_wal_override(cases, connection, number, pg_type):
    case = cases["cdc_wal_overrides"][number]
    spelled = tokens(connection, case, pg_type, "wal")
    assert [as_listed(token) for token in spelled] == case["expected"]
    assert {token[0] for token in spelled if token != "null"} == {'"'}


@pytest.mark.parametrize(("number", "pg_type"), [(number, pg_type) for number, (pg_type, _) in OVERRIDDEN.items()])
def test_38_has_the_same_digits_as_a_number(cases, connection, number, pg_type):
    case = cases["cdc_wal_overrides"][number]
    spelled = tokens(connection, case, pg_type, "v38")
    assert [None if token == "null" else token for token in spelled] == case["expected"]
