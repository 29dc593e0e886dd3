import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dvdrental.errors import DvdRentalError
from dvdrental.quality import data_docs, rules
from dvdrental.table import Table
from tests import contracts

SIZES = Table(
    layer="silver",
    name="sizes",
    grain="one row per size",
    key=("size_id",),
    columns="size_id INT NOT NULL COMMENT 'Key'",
)
THINGS = Table(
    layer="silver",
    name="things",
    grain="one row per thing",
    key=("id",),
    columns="id INT NOT NULL COMMENT 'Key',\n size_id INT COMMENT 'Size'",
    references={"size_id": SIZES},
)
TABLES = {table.full_name: table for table in (SIZES, THINGS)}

UNIQUE, FILLED = "column_values_to_be_unique(id)", "column_values_to_not_be_null(id)"
ONE_ROW = "table_row_count_to_be_between()"


def check(rule: str, status: str = "pass", failed: int | None = None, severity: str = "critical") -> dict[str, Any]:
    return {"rule": rule, "severity": severity, "status": status, "failed": failed}


def step(*checks: dict[str, Any], **columns: Any) -> dict[str, Any]:
    row = {"table_name": "silver.things", "run_id": "first", "status": "published", "checks": list(checks)}
    times = {"started_at": datetime(2026, 10, 11, 22, 30), "state": "7@2026-10-11 22:31:00", "rows_after": 12345}
    counts = {"rows_inserted": 1, "rows_updated": 1200, "rows_deleted": 33}
    return row | times | counts | {"message": None} | columns


class Reader(HTMLParser):
    """Rows of the tables of a page, and what a browser would load with it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.in_cell = False
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        self.in_cell = tag in ("td", "th") or self.in_cell
        self.links += [value or "" for name, value in attrs if tag == "a" and name == "href"]
        self.loads += [tag] if tag in ("script", "link", "img", "iframe", "object") else []

    def handle_endtag(self, tag: str) -> None:
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.in_cell:
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {data}".split())


def index(folder: Path) -> dict[str, list[str]]:
    """Table -> result, what did not pass, number of rules, rows that differ and in all, outcome, run, start."""
    return {row[0]: row[1:] for row in Reader(folder / "index.html").rows[1:]}


def page(folder: Path, table: str = "silver.things") -> Reader:
    [found] = (folder / "validations" / table.replace(".", "/")).rglob("*.html")
    return Reader(found)


def judged(folder: Path, table: str = "silver.things") -> dict[str, list[str]]:
    """Rule in words -> result, severity, rows that break it."""
    return {row[1]: [row[0], *row[2:]] for row in page(folder, table).rows if len(row) == 4}


def test_index_lists_each_table_with_its_result(tmp_path: Path) -> None:
    none = dict.fromkeys(("rows_inserted", "rows_updated", "rows_deleted", "rows_after"), 0)
    sizes = step(check("published_table_not_empty"), table_name="silver.sizes", state=None, **none)
    things = step(check(UNIQUE, "fail", 3), check(FILLED, "fail", 1, "warning"), check(ONE_ROW), status="failed")
    assert data_docs.write(tmp_path, [things, sizes], TABLES) == tmp_path / "index.html"
    assert index(tmp_path) == {
        "silver.sizes": ["passed", "none", "1", "0", "0", "published", "first", "2026-10-11 22:30"],
        "silver.things": [
            *("failed", "1 critical, 1 warning", "3", "1,234", "12,345", "failed", "first", "2026-10-11 22:30")
        ],
    }


def test_verdict_on_a_few_rows_is_not_passed_off_as_one_on_all(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("rows_inserted", "rows_updated", "rows_deleted", "rows_after"))
    pairs = step(check("rentals in bronze and fact_rentals"), table_name="ops.reconciliation", state=None, **nothing)
    counts = {"rows_inserted": 1, "rows_updated": 1, "rows_deleted": 0, "rows_after": 601}
    data_docs.write(tmp_path, [step(check(UNIQUE), **counts), pairs], TABLES)
    header = Reader(tmp_path / "index.html").rows[0]
    assert header[4:6] == ["Rows that differ", "Rows in all"]
    assert index(tmp_path)["silver.things"][3:5] == ["2", "601"]
    assert index(tmp_path)["ops.reconciliation"][3:5] == ["-", "-"]
    about = dict(row for row in page(tmp_path).rows if len(row) == 2)
    assert about["What was judged"] == (
        "the 2 rows that differ from what was published before, of 601; the others passed earlier, and are judged "
        "again only if the code has changed"
    )
    about = dict(row for row in page(tmp_path, "ops.reconciliation").rows if len(row) == 2)
    assert about["What was judged"] == "sums over whole tables"
    unchanged = {"rows_inserted": 0, "rows_updated": 0, "rows_deleted": 0, "rows_after": 601, "status": "unchanged"}
    data_docs.write(tmp_path, [step(check(UNIQUE), **unchanged)], TABLES)
    about = dict(row for row in page(tmp_path).rows if len(row) == 2)
    assert about["What was judged"] == "all 601 rows, of which none differs from what was published before"
    first = {"rows_inserted": 601, "rows_updated": 0, "rows_deleted": 0, "rows_after": 601}
    data_docs.write(tmp_path, [step(check(UNIQUE), **first)], TABLES)
    about = dict(row for row in page(tmp_path).rows if len(row) == 2)
    assert about["What was judged"] == "all 601 rows: none of them was published before"
    assert "It judges the rows that differ from what was published before" in (tmp_path / "index.html").read_text()


def test_links_lead_to_the_pages(tmp_path: Path) -> None:
    data_docs.write(tmp_path, [step(check(UNIQUE))], TABLES)
    [results] = (link for link in Reader(tmp_path / "index.html").links if "things" in link)
    links = [(tmp_path / results).parent / link for link in page(tmp_path).links if not link.startswith("#")]
    assert {link.resolve() for link in links} == {
        tmp_path / "index.html",
        tmp_path / "expectations" / "silver" / "things.html",
    }
    assert all(link.exists() for link in links)


def test_failed_rule_is_shown_with_its_count_and_severity(tmp_path: Path) -> None:
    data_docs.write(tmp_path, [step(check(UNIQUE, "fail", 1234), check(FILLED, severity="warning"))], TABLES)
    assert judged(tmp_path) == {
        "Rule": ["Result", "Severity", "Rows that break it"],
        "values must be unique.": ["failed", "critical", "1,234"],
        "values must never be null.": ["passed", "warning", "-"],
    }


def test_rule_that_could_not_run_has_not_passed(tmp_path: Path) -> None:
    data_docs.write(tmp_path, [step(check(UNIQUE, "error"))], TABLES)
    assert judged(tmp_path)["values must be unique."] == ["could not run", "critical", "-"]
    assert index(tmp_path)["silver.things"][:2] == ["failed", "1 critical"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (ONE_ROW, "Must have greater than or equal to 1 rows."),
        ("column_values_to_not_be_null(_resolved_size_id)", "points to a row of silver.sizes"),
        ("versions_do_not_overlap", "versions do not overlap"),
        ("published_table_not_empty", "published table not empty"),
        ("column_values_to_be_between(gone)", "column values to be between(gone)"),
    ],
)
def test_rule_is_told_in_words(tmp_path: Path, rule: str, words: str) -> None:
    data_docs.write(tmp_path, [step(check(rule, "fail", 2))], TABLES)
    assert judged(tmp_path)[words] == ["failed", "critical", "2"]
    assert words in " ".join(re.sub("<.*?>", " ", (tmp_path / "expectations/silver/things.html").read_text()).split())


def test_pairs_of_the_reconciliation_are_shown(tmp_path: Path) -> None:
    pairs = check("rentals in bronze and fact_rentals"), check("revenue in bronze and fact_payments", "fail")
    data_docs.write(tmp_path, [step(*pairs, table_name="ops.reconciliation", state=None, rows_after=None)], TABLES)
    results = judged(tmp_path, "ops.reconciliation")
    assert results["rentals in bronze and fact_rentals"] == ["passed", "critical", "-"]
    assert results["revenue in bronze and fact_payments"] == ["failed", "critical", "-"]


def test_last_step_that_judged_something_counts(tmp_path: Path) -> None:
    first = step(check(UNIQUE, "fail", 3), started_at=datetime(2026, 10, 1))
    second = step(check(UNIQUE), started_at=datetime(2026, 10, 8), run_id="second")
    third = step(started_at=datetime(2026, 10, 9), run_id="third", status="unchanged")
    data_docs.write(tmp_path, [second, third, first], TABLES)
    assert index(tmp_path)["silver.things"][0::6] == ["passed", "second"]


def test_newer_site_takes_the_place_of_an_older(tmp_path: Path) -> None:
    gone = step(check("published_table_not_empty"), table_name="silver.gone")
    data_docs.write(tmp_path, [gone, step(check(UNIQUE, "fail", 3))], TABLES)
    data_docs.write(tmp_path, [step(check(UNIQUE), run_id="1058371623840123")], TABLES)
    assert index(tmp_path)["silver.things"][0::6] == ["passed", "1058371623840123"]
    assert judged(tmp_path)["values must be unique."][0] == "passed"
    assert [file for file in tmp_path.rglob("*.html") if "gone" in str(file)] == []


def test_promise_21_data_docs_hold_no_values_of_rows(tmp_path: Path) -> None:
    canary = "MARY.SMITH@sakilacustomer.org"
    told = {"message": canary, "warnings": [canary], "built_from": {canary: canary}}
    failed = check(UNIQUE, "fail", 3) | {"unexpected": [canary]}
    data_docs.write(tmp_path, [step(failed, check("versions_do_not_overlap", "error"), **told)], TABLES)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) == 3
    assert [file for file in files if canary in file.read_text(encoding="utf-8")] == []


def test_pages_load_nothing_and_name_no_folder(tmp_path: Path) -> None:
    data_docs.write(tmp_path, [step(check(UNIQUE, "fail", 3), check(FILLED, "error"))], TABLES)
    for file in tmp_path.rglob("*.html"):
        assert Reader(file).loads == []
        assert "url(" not in file.read_text()
        assert str(tmp_path) not in file.read_text()


def test_ledger_without_checks_gives_an_empty_index(tmp_path: Path) -> None:
    data_docs.write(tmp_path, [], TABLES)
    assert index(tmp_path) == {}


def test_page_that_cannot_be_laid_out_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_docs.Results, "render", None)
    with pytest.raises(DvdRentalError, match="lack a page"):
        data_docs.write(tmp_path, [step(check(UNIQUE))], TABLES)


@pytest.mark.parametrize("table", contracts.TABLES.values(), ids=lambda table: table.full_name)
def test_rules_of_a_table_have_names_of_their_own(table: Table) -> None:
    """Else the ledger could not tell them apart."""
    assert len(data_docs._rules(table)) == len([*rules.contract_rules(table), *rules.business_rules(table)])
