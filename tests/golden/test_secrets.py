"""Password and picture of the staff stay in landing."""

import base64

import duckdb
import pytest


@pytest.fixture(scope="module")
def password(source):
    return source.execute("SELECT DISTINCT password FROM source.staff").fetchone()[0]


@pytest.fixture(scope="module")
def picture(source):
    text = source.execute("SELECT picture FROM source.staff WHERE picture IS NOT NULL").fetchone()[0]
    return bytes.fromhex(text.removeprefix(r"\\x"))


@pytest.fixture(scope="module")
def texts(password, picture):
    """How a text column would spell them, and how DuckDB shows a binary one."""
    return [password, *spelled(picture), r"\x89PNG"]


def spelled(picture):
    return [picture.hex(), base64.b64encode(picture).decode()]


def files(lake, inside_landing):
    landing = lake / "landing"
    return [file for file in lake.rglob("*") if file.is_file() and (landing in file.parents) == inside_landing]


def holding(files, texts):
    """Parquet files with one of the texts in a column, whatever the compression."""
    found = " OR ".join("contains(lower(r::VARCHAR), lower(?))" for _ in texts)
    query = f"SELECT count(*) FROM read_parquet(?) AS r WHERE {found}"
    return [f for f in files if f.suffix == ".parquet" and duckdb.execute(query, [str(f), *texts]).fetchone() != (0,)]


def test_search_finds_the_password_in_landing(lake, password):
    assert holding(files(lake, inside_landing=True), [password])


def test_search_finds_the_picture_in_landing(lake, picture):
    assert holding(files(lake, inside_landing=True), spelled(picture))


def test_no_column_outside_landing_holds_a_secret(lake, texts):
    assert holding(files(lake, inside_landing=False), texts) == []


def test_no_file_outside_landing_spells_a_secret(lake, texts, picture):
    """Logs too. (Statistics of columns, which repeat values, are tested in trust/test_personal_columns.py.)"""
    secrets = [picture, *(text.encode() for text in texts)]
    kept = {file: file.read_bytes() for file in files(lake, inside_landing=False)}
    assert [file for file, content in kept.items() if any(secret in content for secret in secrets)] == []


def test_no_table_has_a_column_for_a_secret(db):
    query = """
        SELECT table_schema, table_name, column_name FROM information_schema.columns
        WHERE regexp_matches(column_name, 'password|picture') AND table_schema <> 'source'
    """
    assert db.execute(query).fetchall() == []
