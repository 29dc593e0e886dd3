"""Files and a real PostgreSQL, read back with other libraries than those that wrote them."""

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow.parquet
import pytest
from pyspark.errors import PySparkException

from dvdrental.lake import Lake
from dvdrental.local.cli import main
from dvdrental.local.commands import export, names
from dvdrental.local.export import to_file, to_postgres
from dvdrental.local.landing import SourceError
from dvdrental.table import Table, View
from tests.local.conftest import Server

THINGS = Table(
    layer="gold",
    name="things",
    grain="one row per thing",
    key=("id",),
    columns="""
        id INT NOT NULL COMMENT 'Key',
        text STRING COMMENT 'Text',
        amount DECIMAL(5,2) COMMENT 'US dollars',
        at TIMESTAMP_NTZ COMMENT 'When',
        day DATE COMMENT 'Day',
        is_good BOOLEAN COMMENT 'Whether',
        ratio DOUBLE COMMENT 'Share',
        hash BIGINT COMMENT 'Large number',
        tags ARRAY<STRING> COMMENT 'Tags',
        states MAP<STRING, STRING> COMMENT 'States',
        seen STRUCT<version: STRING, units: BIGINT> COMMENT 'What was there'
    """,
)
ODD = ' a, "b"\n\\ ünï\t'
FULL = {
    "id": 1,
    "text": ODD,
    "amount": Decimal("1.10"),
    "at": datetime(2005, 5, 24, 22, 53, 30, 123456),
    "day": date(2005, 5, 24),
    "is_good": True,
    "ratio": 0.1,
    "hash": -(2**63),
    "tags": ["x", 'y"'],
    "states": {"a": "b"},
    "seen": {"version": "v", "units": 7},
}
EMPTY = dict.fromkeys(FULL) | {"id": 2}
BLANK = EMPTY | {"id": 3, "text": ""}

GOOD = View(layer="gold", name="good", comment="One row per thing", source=THINGS, columns={"id": "id", "t": "text"})
BROKEN = View(layer="gold", name="broken", comment="No row", source=THINGS, columns={"x": "1 / (id - id)"})


def fill(lake: Lake) -> None:
    lake.append_rows(THINGS, [FULL, EMPTY, BLANK])


@pytest.fixture
def things(filled: Lake) -> Lake:
    filled.create_view(GOOD)
    filled.create_view(BROKEN)
    return filled


def test_csv_holds_every_value_and_tells_null_from_an_empty_text(things: Lake, tmp_path: Path) -> None:
    path = to_file(things, THINGS, tmp_path / "out", "csv")
    assert path == tmp_path / "out" / "gold.things.csv"
    assert [file.name for file in path.parent.iterdir()] == ["gold.things.csv"]
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = sorted(csv.reader(file), key=lambda row: row[0] != "id")
    assert header == list(FULL)
    by_id = {row[0]: row for row in rows}
    assert by_id["1"] == [
        "1",
        ODD,
        "1.10",
        "2005-05-24 22:53:30.123456",
        "2005-05-24",
        "true",
        "0.1",
        "-9223372036854775808",
        '["x","y\\""]',
        '{"a":"b"}',
        '{"version":"v","units":7}',
    ]
    text = path.read_text(encoding="utf-8")
    assert "\n2,,,,,,,,,,\n" in text
    assert '\n3,"",,,,,,,,,\n' in text


def test_parquet_holds_every_value_with_its_type(things: Lake, tmp_path: Path) -> None:
    rows = pyarrow.parquet.read_table(to_file(things, THINGS, tmp_path, "parquet")).to_pylist()
    rows = sorted(rows, key=lambda row: row["id"])
    assert rows == [FULL | {"states": [("a", "b")]}, EMPTY, BLANK]


def test_view_and_table_without_rows_are_written_too(things: Lake, tmp_path: Path) -> None:
    assert to_file(things, GOOD, tmp_path, "csv").read_text(encoding="utf-8").startswith("id,t\n")
    things.spark.sql(f"DELETE FROM {things.name('gold', 'things')}")
    assert to_file(things, THINGS, tmp_path, "csv").read_text(encoding="utf-8") == ",".join(FULL) + "\n"
    assert pyarrow.parquet.read_table(to_file(things, THINGS, tmp_path, "parquet")).num_rows == 0


def test_failure_leaves_the_older_file_and_no_other(things: Lake, tmp_path: Path) -> None:
    (tmp_path / "gold.broken.csv").write_text("older")
    with pytest.raises(PySparkException):
        to_file(things, BROKEN, tmp_path, "csv")
    assert (tmp_path / "gold.broken.csv").read_text() == "older"
    assert [file.name for file in tmp_path.iterdir() if "broken" in file.name] == ["gold.broken.csv"]


def test_postgres_gets_types_key_and_values_and_a_second_export_replaces_them(things: Lake, server: Server) -> None:
    url = server.url("postgres")
    assert to_postgres(things, [THINGS, GOOD], url) == f"postgresql://127.0.0.1:{server.port}/postgres"
    to_postgres(things, [THINGS], url)
    with psycopg.connect(url) as connection:
        names = ", ".join(FULL)
        rows = connection.execute(f"SELECT {names} FROM gold.things ORDER BY id").fetchall()
        assert [dict(zip(FULL, row, strict=True)) for row in rows] == [FULL, EMPTY, BLANK]
        assert connection.execute("SELECT id FROM gold.good ORDER BY id").fetchall() == [(1,), (2,), (3,)]
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO gold.things (id) VALUES (1)")


def test_failure_leaves_the_database_as_it_was(things: Lake, server: Server) -> None:
    url = server.url("postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS gold CASCADE")
    with pytest.raises(PySparkException):
        to_postgres(things, [THINGS, BROKEN], url)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT to_regclass('gold.things')").fetchone() == (None,)


def test_server_that_refuses_is_told_without_the_password(things: Lake, server: Server) -> None:
    with pytest.raises(SourceError) as caught:
        to_postgres(things, [THINGS], server.url("postgres", password="s3cret-but-wrong"))
    assert "password authentication failed" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.fixture
def command(things: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command on the lake of the test."""
    known = {thing.full_name: thing for thing in (THINGS, GOOD, BROKEN)}
    monkeypatch.setattr(names, "EVERYTHING", known)
    monkeypatch.setattr(export, "lake_with_ledger", lambda folder: tmp_path)
    monkeypatch.setattr(export, "open_session", lambda folder: things)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_command_writes_a_file_per_table(command: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "gold.good", "gold.things", "gold.good", "--to", "out", "--format", "parquet"]) == 0
    assert capsys.readouterr().out == "out/gold.good.parquet\nout/gold.things.parquet\n"
    assert sorted(file.name for file in Path("out").iterdir()) == ["gold.good.parquet", "gold.things.parquet"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gold", "--to", "out"], "[DIVIDE_BY_ZERO]"),
        (["gold.thing", "--to", "out"], "did you mean gold.things?"),
        (["gold.good", "--to", "file"], "file is a file: name a folder"),
        (["gold.good", "--to", "mysql://x"], "mysql://x is no folder and no postgresql:// address"),
    ],
)
def test_command_says_in_one_line_what_is_wrong(
    command: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    Path("file").touch()
    assert main(["export", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
