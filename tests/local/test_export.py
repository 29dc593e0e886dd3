"""Files and a real PostgreSQL, read back with other libraries than those that wrote them."""

import csv
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet
import pytest
from pyspark.errors import PySparkException

from dvdrental.lake import Lake
from dvdrental.local import export as module
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


def test_second_export_keeps_grants_and_locks_nothing_while_spark_computes(
    things: Lake, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.url("postgres")

    def read_meanwhile(*args: Any, **how: Any) -> Path:
        with psycopg.connect(url, options="-c lock_timeout=100ms") as reader:
            assert reader.execute("SELECT count(*) FROM gold.good").fetchone() == (3,)
        return one_file(*args, **how)

    one_file = module._one_file
    to_postgres(things, [GOOD, THINGS], url)
    with psycopg.connect(url) as connection:
        connection.execute("GRANT SELECT ON gold.good, gold.things TO PUBLIC")
    monkeypatch.setattr(module, "_one_file", read_meanwhile)
    to_postgres(things, [GOOD, THINGS], url)
    with psycopg.connect(url) as connection:
        grants = "SELECT table_name FROM information_schema.table_privileges WHERE table_schema = 'gold'"
        granted = connection.execute(f"{grants} AND grantee = 'PUBLIC' ORDER BY 1").fetchall()
        assert granted == [("good",), ("things",)]
        assert connection.execute("SELECT count(*) FROM gold.things").fetchone() == (3,)


def test_table_with_other_columns_or_another_key_is_made_anew(things: Lake, server: Server) -> None:
    url = server.url("postgres")
    for definition in ("id integer, t text, other text", "id integer, t varchar(3)", "id integer PRIMARY KEY, t text"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS gold CASCADE")
            connection.execute("CREATE SCHEMA gold")
            connection.execute(f"CREATE TABLE gold.good ({definition})")
        to_postgres(things, [GOOD], url)
        with psycopg.connect(url) as connection:
            found = connection.execute(module.COLUMNS, ["gold.good"]).fetchall()
        assert found == [("id", "integer", False), ("t", "text", False)]


def test_table_that_is_in_use_is_told(things: Lake, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.url("postgres")
    monkeypatch.setattr(module, "LOCK_TIMEOUT", "100ms")
    to_postgres(things, [GOOD], url)
    with psycopg.connect(url) as reader:
        reader.execute("SELECT * FROM gold.good")
        with pytest.raises(SourceError, match="another session holds a lock"):
            to_postgres(things, [GOOD], url)


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


def test_table_that_is_not_there_yet_does_not_stop_the_rest_of_its_layer(
    command: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = replace(THINGS, name="later")
    monkeypatch.setattr(names, "EVERYTHING", {thing.full_name: thing for thing in (later, GOOD)})
    assert main(["export", "gold", "--to", "out"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in told] == ["left out", "out/gold.good.csv"]
    assert "gold.later is not in this lake yet" in told[0]
    assert main(["export", "gold.later", "--to", "out"]) == 2
    assert "gold.later is not in this lake yet" in capsys.readouterr().err


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
