"""The page that each run leaves: true, on its own, and the same whatever is in the lake."""

import re
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

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


def happened(db: DuckDBPyConnection, run_id: str, event: str, minute: int, message: str | None = None) -> None:
    """A line of ops.run_event, later than all that the lake's own run wrote."""
    db.execute("INSERT INTO ops.run_event VALUES (?, ?, ?, '1.0', ?)", [run_id, event, later(minute), message])


def attempted(db: DuckDBPyConnection, run_id: str, table: str, minute: int, status: str, **values: Any) -> None:
    """A line of ops.step, later than all that the lake's own run wrote."""
    row = {"warnings": [], "checks": [], "seconds": 1.5} | values
    row |= {"run_id": run_id, "table_name": table, "started_at": later(minute), "status": status}
    db.execute(f"INSERT INTO ops.step ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", [*row.values()])


def later(minute: int) -> datetime:
    return datetime(2100, 1, 1) + timedelta(minutes=minute)


def wrong(text: str) -> str:
    """What the page says is wrong, as text."""
    part = re.split("What is wrong</h3>|<p class=.soft.>Each check", text)[1]
    return unescape(" ".join(re.sub("<[^>]*>", " ", part).split()))


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


def test_run_that_failed_without_a_failed_step_says_why(db: DuckDBPyConnection) -> None:
    """A view could not be made, say: no step tells of it."""
    happened(db, "later", "started", 1)
    happened(db, "later", "failed", 2, "never ran, or died: gold.<views>")
    text = page(db)
    assert wrong(text) == "The run failed. never ran, or died: gold.<views>"
    assert 'later: <strong class="bad">failed' in text


def test_run_that_was_repaired_has_no_message_any_more(db: DuckDBPyConnection) -> None:
    happened(db, "later", "started", 1)
    happened(db, "later", "failed", 2, "gold.broken: AuditError")
    happened(db, "later", "succeeded", 3)
    text = page(db)
    assert "AuditError" not in text
    assert 'later: <strong class="good">succeeded' in text


def test_restore_does_not_hide_the_run_that_failed(db: DuckDBPyConnection) -> None:
    happened(db, "later", "started", 1)
    attempted(db, "later", "gold.broken", 2, "failed", message="AuditError: why")
    happened(db, "later", "failed", 3, "gold.broken: AuditError: why")
    attempted(db, "manual", "ops.restore", 4, "published")
    attempted(db, "replay-1", "bronze.film", 5, "published")
    happened(db, "manual", "succeeded", 6)  # the notebook ops.finish, opened by hand
    text = page(db)
    assert 'later: <strong class="bad">failed' in text
    assert ["gold.broken", "AuditError: why"] in pages.table(text[text.index("What is wrong") :])
    assert "Steps of the run (1)" in text


@pytest.mark.parametrize("statement", ["DELETE FROM ops.run_event", "DROP TABLE ops.run_event"])
def test_steps_of_no_run_are_called_so(db: DuckDBPyConnection, statement: str) -> None:
    db.execute(statement)
    attempted(db, "manual", "gold.rental_obt", 1, "published")
    assert wrong(page(db)).startswith("No run of the job has begun here")


def test_warning_of_a_step_is_something(db: DuckDBPyConnection) -> None:
    happened(db, "later", "started", 1)
    attempted(db, "later", "bronze.film", 2, "published", warnings=["3 deletes held back: 1 rows have no readable key"])
    happened(db, "later", "succeeded", 3)
    text = page(db)
    assert "every check passed" not in text
    found = pages.table(text[text.index("What is wrong") :])
    assert found == [["bronze.film", "3 deletes held back: 1 rows have no readable key"]]


def test_table_that_was_filled_in_the_end_is_not_wrong(db: DuckDBPyConnection) -> None:
    broken = {"rule": "not_null(a)", "severity": "critical", "status": "fail", "failed": 7}
    happened(db, "later", "started", 1)
    attempted(db, "later", "gold.mended", 2, "failed", message="AuditError: why", checks=[broken])
    attempted(db, "later", "gold.mended", 3, "published", checks=[broken | {"status": "pass", "failed": 0}])
    happened(db, "later", "succeeded", 4)
    assert wrong(page(db)) == (
        "Nothing: every check passed (failed attempts that were made good: 1), no step gave a warning, "
        "no landed row is set aside."
    )
    attempted(db, "later", "gold.mended", 5, "failed", message="AuditError: again", checks=[broken | {"failed": 8}])
    text = page(db)
    assert ["gold.mended", "AuditError: again"] in pages.table(text[text.index("What is wrong") :])
    found = pages.table(text[text.index("Checks that did not pass") :])
    assert found == [["gold.mended", "not_null(a)", "critical", "fail", "8"]]


def test_table_that_failed_by_hand_after_the_run_is_wrong(db: DuckDBPyConnection) -> None:
    attempted(db, "manual", "gold.mended", 1, "failed", message="AuditError: why")
    attempted(db, "manual", "gold.broken", 1, "failed", message="AuditError: why")
    attempted(db, "manual", "gold.mended", 2, "published")
    text = page(db)
    assert 'first: <strong class="good">succeeded' in text
    assert "every check passed" not in text
    assert pages.table(text[text.index("What is wrong") :]) == [["gold.broken", "AuditError: why"]]


def test_attempt_that_failed_took_nothing_in(db: DuckDBPyConnection) -> None:
    attempted(db, "later", "bronze.film", 1, "published", landed_at=datetime(2100, 1, 1, 4, 0))
    attempted(db, "later", "bronze.film", 2, "failed", landed_at=datetime(2100, 1, 1, 5, 0))
    text = page(db)
    found = dict(pages.table(text[text.index("Newest landed row per source table") :]))
    assert (len(found), found["bronze.film"]) == (15, "2100-01-01 04:00")


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
