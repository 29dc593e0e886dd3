"""The page that each run leaves: true, on its own, and the same whatever is in the lake."""

import re
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from duckdb import DuckDBPyConnection

from dvdrental import ledger_views
from dvdrental.bronze.streams import STREAMS
from dvdrental.local.cli import main
from dvdrental.local.duck import open_gold
from dvdrental.local.landing import Database
from dvdrental.local.report import page, write
from tests import pages
from tests.local_lake import LocalLake


@pytest.fixture(scope="module")
def written(one_run: LocalLake) -> Path:
    return write(one_run.folder)


@pytest.fixture(scope="module")
def text(written: Path) -> str:
    return written.read_text(encoding="utf-8")


@pytest.fixture
def db(one_run: LocalLake) -> DuckDBPyConnection:
    """A copy of gold and ledger in memory, to be changed."""
    return open_gold(one_run.folder)


def test_figures_follow_from_the_source(text: str, sample: Database) -> None:
    found, rentals = pages.figures(text), sample["rental"]
    returned = [rental for rental in rentals if rental["return_date"]]
    assert found["total_rentals"] == f"{len(rentals):,}"
    assert found["open_rentals"] == f"{len(rentals) - len(returned):,}"
    assert found["rows_landed"] == f"{sum(map(len, sample.values())):,}"
    assert found["rows_quarantined"] == found["checks_failed"] == "0"
    assert int(found["checks_run"]) > 300
    outcomes = {row[0]: row[1] for row in pages.table(pages.charts(text)["returns"])}
    assert outcomes["still out"] == found["open_rentals"]


def test_page_needs_nothing_else(text: str) -> None:
    assert "//" not in text
    assert not re.search(r"<(script|link|img|iframe|object)\b|@import|url\(|\bsrc=|\son\w+=", text)
    links = set(re.findall(r'href="([^"]*)"', text))
    assert {link for link in links if not link.startswith("#")} == {"data_docs/index.html"}
    assert {link[1:] for link in links if link.startswith("#")} <= set(re.findall(r'id="([^"]*)"', text))


def test_data_docs_are_where_the_page_says(one_run: LocalLake, written: Path) -> None:
    assert written == one_run.folder / "reports" / "report.html"
    assert (written.parent / "data_docs" / "index.html").is_file()


def test_page_tells_nobody_who_a_person_is(one_run: LocalLake, text: str) -> None:
    personal_values = set()
    for stream in STREAMS.values():
        personal = [column.name for column in stream.table.fields if column.personal]
        if personal:
            rows = DeltaTable(one_run.folder / "bronze" / stream.name).to_pyarrow_table(columns=personal).to_pylist()
            personal_values |= {f"{row['first_name']} {row['last_name']}" for row in rows if "last_name" in row}
            personal_values |= {value for row in rows for value in row.values() if re.search(r"[@\d]", value or "")}
    assert len(personal_values) > 50
    assert [value for value in personal_values if value in text] == []


def test_every_chart_has_its_numbers_as_a_table_and_a_text(text: str) -> None:
    for name, part in pages.charts(text).items():
        assert pages.table(part), name
        assert re.search(r'role="img" aria-label="[^"]{20,}"', part), name


def test_colours_are_those_of_the_style_sheet(text: str) -> None:
    """What has a colour of its own could not be read in the dark."""
    drawn = "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', drawn)) <= {
        "none", "transparent", "var(--one)", "var(--two)", "var(--ink)", "var(--soft)", "var(--line)", "var(--paper)",
        *(f"var(--heat{n})" for n in range(1, 6)),
    }  # fmt: skip
    assert set(re.findall(r"var\((--\w+)\)", text)) <= set(re.findall(r"(--\w+):", text))


def test_text_from_the_data_stays_text(db: DuckDBPyConnection) -> None:
    db.execute("""UPDATE gold.rental_obt SET title = '<script>x</script>"&' || film_id, category = '"><b>'""")
    text = page(db)
    assert "<script" not in text
    assert "<b>" not in text
    assert any('<script>x</script>"&' in cell for row in pages.table(pages.charts(text)["films"]) for cell in row)


def test_what_went_wrong_is_told(db: DuckDBPyConnection) -> None:
    assert "every check passed" in page(db)
    db.execute("""
        INSERT INTO ops.step BY NAME
        SELECT 'later' AS run_id, 'gold.broken' AS table_name, 'failed' AS status, 'AuditError: why' AS message,
            now()::TIMESTAMP + INTERVAL 1 YEAR AS started_at, 1.5 AS seconds,
            [{'rule': 'not_null(a)', 'severity': 'critical', 'status': 'fail', 'failed': 7}] AS checks""")
    db.execute("""
        INSERT INTO ops.quarantine BY NAME
        SELECT 'rental' AS stream, 'broken_json' AS rule, 'x' AS raw_id, 'y' AS reason, 'z' AS run_id""")
    db.execute("""INSERT INTO ops.run_event BY NAME SELECT 'later' AS run_id, 'failed' AS event, now() AS "at" """)
    text = page(db)
    assert "every check passed" not in text
    for row in (["gold.broken", "AuditError: why"], ["gold.broken", "not_null(a)", "critical", "fail", "7"]):
        assert "".join(f">{cell}</t" for cell in row) in re.sub(r"(</t)[hd]><t[hd][^>]*", r"\1", text)
    assert ["rental", "broken_json", "1"] in pages.table(text[text.index("set aside, of this run") :])
    assert 'later: <strong class="bad">failed' in text
    assert pages.figures(text)["checks_failed"] == "1"


def test_run_without_an_end_is_told(db: DuckDBPyConnection) -> None:
    db.execute("DELETE FROM ops.run_event WHERE event <> 'started'")
    text = page(db)
    assert "under way, or was interrupted" in text
    assert "every check passed" not in text


def test_what_is_not_known_is_called_so(db: DuckDBPyConnection) -> None:
    """Members that facts name and the source lacks."""
    db.execute("""
        UPDATE gold.rental_obt SET title = NULL, category = NULL, customer_country = NULL, store_city = NULL,
            inventory_store_city = NULL, is_late = NULL, amount = 0, days_out = NULL""")
    found = pages.charts(page(db))
    for name in ("films", "categories", "countries"):
        assert {row[0] for row in pages.table(found[name])} == {"unknown"}
    assert {row[0] for row in pages.table(found["stores"])} == {"unknown (1)", "unknown (2)"}
    assert [row[0] for row in pages.table(found["returns"])] == ["still out", "unknown"]


def test_lake_without_rentals_has_a_page(db: DuckDBPyConnection) -> None:
    db.execute("DELETE FROM gold.rental_obt")
    found = pages.figures(page(db))
    assert (found["total_rentals"], found["revenue"], found["late_return_rate"]) == ("0", "–", "–")


def test_lake_without_gold_has_a_page_of_its_failures(db: DuckDBPyConnection) -> None:
    for (name,) in db.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'gold'").fetchall():
        db.execute(f"DROP TABLE gold.{name}")
    text = page(db)
    assert pages.charts(text) == {}
    assert pages.figures(text).keys() == {"rows_landed", "rows_quarantined", "checks_run", "checks_failed"}
    assert 'href="#charts"' not in text


def test_copy_beside_a_table_is_none(tmp_path: Path) -> None:
    for name in ("film", "film.bak"):
        write_deltalake(tmp_path / "gold" / name, pa.table({"film_id": [1]}))
    assert open_gold(tmp_path).execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("film",)]


def test_command_says_where_the_page_is(one_run: LocalLake, written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written.unlink()
    assert main(["report", "--lake", str(one_run.folder)]) == 0
    assert str(written) in capsys.readouterr().out
    assert written.is_file()


def test_lake_on_which_nothing_ran_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".source.json").touch()
    assert main(["report", "--lake", str(tmp_path)]) == 2
    assert "nothing has run on" in capsys.readouterr().err


@pytest.mark.parametrize("view", [ledger_views.LOADS, ledger_views.DATA_QUALITY], ids=lambda view: view.name)
def test_duckdb_sees_of_the_ledger_what_spark_sees(
    one_run: LocalLake, db: DuckDBPyConnection, view: ledger_views.View
) -> None:
    expected = [tuple(row) for row in one_run.lake.table(view).collect()]
    assert len(expected) > 30
    assert sorted(map(repr, db.execute(f"FROM {view.full_name}").fetchall())) == sorted(map(repr, expected))
