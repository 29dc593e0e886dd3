"""Against tables that are written here, by another library than Spark."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from dvdrental.local.cli import main
from dvdrental.local.duck import open_gold
from dvdrental.local.folder import STATE
from dvdrental.local.profile import profile
from dvdrental.local.profile_page import to_html
from dvdrental.table import Table

TABLE = Table(
    layer="silver",
    name="people",
    grain="one row per <person>",
    key=("id",),
    columns="""
        id INT COMMENT 'Key',
        name STRING COMMENT 'Name (personal)',
        born TIMESTAMP_NTZ COMMENT 'When',
        tags ARRAY<STRING> COMMENT 'Tags',
        note STRING COMMENT 'Text',
        later INT COMMENT 'A column that the lake does not have yet',
        _rescued STRING COMMENT 'Fields that the stream does not know'
    """,
)

ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int32()),
        "name": ["Ann Secret", "Bo Secret", None],
        "born": [datetime(2000, 1, 2), datetime(1999, 1, 2), None],
        "tags": [["a", "b"], ["a", "b"], None],
        "note": ["<b>", "x" * 100, "x" * 100],
        "_rescued": ['{"mail": "ann@secret"}', None, None],
    }
)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    write_deltalake(tmp_path / "silver" / "people", ROWS)
    return tmp_path


def test_counts_and_ends_of_each_column(lake: Path) -> None:
    found = profile(lake, TABLE)
    assert found is not None
    assert (found.table, found.rows) == ("silver.people", 3)
    assert [tuple(asdict(column).values()) for column in found.columns] == [
        ("id", "INT", 0, 3, "1", "3", False),
        ("name", "STRING", 1, 2, None, None, True),
        ("born", "TIMESTAMP_NTZ", 1, 2, "1999-01-02 00:00:00", "2000-01-02 00:00:00", False),
        ("tags", "ARRAY<STRING>", 1, 1, None, None, False),
        ("note", "STRING", 0, 2, "<b>", "x" * 39 + "…", False),
        ("_rescued", "STRING", 2, 1, None, None, False),
    ]


def test_page_needs_nothing_else_and_shows_nothing_personal(lake: Path) -> None:
    found = profile(lake, TABLE)
    assert found is not None
    page = to_html([found], Path("lake"))
    assert "one row per &lt;person&gt;" in page
    assert "&lt;b&gt;" in page
    assert "Secret" not in page
    assert "secret" not in page
    assert not {"http", "src=", "<script", "<link"} & {
        word for word in ("http", "src=", "<script", "<link") if word in page
    }


def test_table_that_the_lake_does_not_have_is_left_out(tmp_path: Path) -> None:
    assert profile(tmp_path, TABLE) is None


@pytest.fixture
def actors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lake with a table of the star, and a ledger."""
    rows = pa.table({"actor_id": [1, 2], "full_name": ["ANN HALL", None], "actor_key": [10, 20]})
    write_deltalake(tmp_path / "silver" / "dim_actor", rows)
    (tmp_path / STATE).touch()
    write_deltalake(tmp_path / "ops" / "step", rows)
    (tmp_path / "silver" / "dim_film" / "_delta_log").mkdir(parents=True)  # what a crash may leave
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_command_gives_one_entry_per_column_to_programs(actors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "--lake", ".", "--format", "json"]) == 0
    entries = {entry["column"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert entries.keys() == {"actor_key", "actor_id", "full_name"}
    assert entries["full_name"]["nulls"] == 1
    assert entries["actor_id"] == {
        "table": "silver.dim_actor",
        "rows": 2,
        "column": "actor_id",
        "type": "INT",
        "nulls": 0,
        "distinct": 2,
        "min": "1",
        "max": "2",
        "personal": False,
    }
    assert main(["profile", "silver", "--lake", ".", "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "table,rows,column,type,nulls,distinct,min,max,personal"
    assert "silver.dim_actor,2,actor_id,INT,0,2,1,2,False" in lines


def test_table_without_a_commit_is_not_there_for_duckdb(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "gold" / "film", pa.table({"a": [1]}))
    (tmp_path / "gold" / "unborn" / "_delta_log").mkdir(parents=True)
    (tmp_path / "ops" / "step" / "_delta_log").mkdir(parents=True)
    tables = open_gold(tmp_path).execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert tables == [("film",)]


def test_command_writes_the_page(actors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "--lake", ".", "--html", "[b]:x:.html"]) == 0
    assert "2 tables in [b]:x:.html" in capsys.readouterr().out
    assert "silver.dim_actor" in Path("[b]:x:.html").read_text()


def test_command_shows_tables_or_the_columns_of_one(actors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "--lake", "."]) == 0
    assert "full_name" not in capsys.readouterr().out
    assert main(["profile", "silver.dim_actor", "--lake", "."]) == 0
    assert "full_name" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gold.rentals_obt", "there is no table gold.rentals_obt; did you mean gold.rental_obt?\n"),
        ("dim_actor", "did you mean silver.dim_actor?\n"),
        ("gold.nothing", "there is no table gold.nothing. There are: gold.actor_r"),
        ("gold.preset_rental_obt", "a view has no profile"),
    ],
)
def test_wrong_name_names_those_that_exist(
    actors: Path, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    assert main(["profile", name, "--lake", "."]) == 2
    assert message in capsys.readouterr().err


def test_place_that_is_not_there_is_named(actors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "--lake", ".", "--html", "nowhere/p.html"]) == 2
    assert "nowhere/p.html: No such file or directory" in capsys.readouterr().err
