"""`dvdrental sql` and `status`: for people, for programs, and when something is wrong."""

import csv
import io
import json
from pathlib import Path

import pytest

from dvdrental import run
from dvdrental.errors import StepError
from dvdrental.lake import Lake
from dvdrental.local.cli import main
from dvdrental.local.commands import sql, status
from dvdrental.local.folder import locked
from dvdrental.recording import recorded


@pytest.fixture(autouse=True)
def _opened(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (sql, status):
        monkeypatch.setattr(command, "lake_with_ledger", lambda folder: tmp_path)
        monkeypatch.setattr(command, "open_session", lambda folder: lake)


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


VALUES = """
    SELECT 1 AS id, CAST(1.10 AS DECIMAL(5,2)) AS amount, 'a, "b" [x]' AS text, array('x') AS tags,
        TIMESTAMP_NTZ'2005-05-24 22:53:30.123456' AS at
    UNION ALL SELECT 2, NULL, NULL, NULL, NULL
"""


def test_json_is_one_object_per_row_with_exact_values(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "sql", "--format", "json", f"{VALUES} ORDER BY id")
    assert '"amount":1.10' in found
    rows = json.loads(found)
    assert rows[0] == {
        "id": 1,
        "amount": 1.1,
        "text": 'a, "b" [x]',
        "tags": ["x"],
        "at": "2005-05-24T22:53:30.123456",
    }
    assert rows[1] == {"id": 2, "amount": None, "text": None, "tags": None, "at": None}
    assert json.loads(answer(capsys, "sql", "--format", "json", "SELECT 1 AS a WHERE false")) == []


def test_csv_has_a_header_and_nothing_else_but_rows(capsys: pytest.CaptureFixture[str]) -> None:
    header, first, second = csv.reader(io.StringIO(answer(capsys, "sql", "--format", "csv", f"{VALUES} ORDER BY id")))
    assert header == ["id", "amount", "text", "tags", "at"]
    assert first == ["1", "1.10", 'a, "b" [x]', '["x"]', "2005-05-24 22:53:30.123456"]
    assert second == ["2", "", "", "", ""]


def test_table_shows_text_as_it_is_and_says_when_it_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    assert "[red]" in answer(capsys, "sql", "SELECT '[red]' AS `[bold]`")
    assert "first 1,000 rows" not in answer(capsys, "sql", "SELECT id FROM range(1000)")
    assert "first 1,000 rows. --format csv gives all" in answer(capsys, "sql", "SELECT id FROM range(1001)")
    assert len(answer(capsys, "sql", "--format", "csv", "SELECT id FROM range(1001)").splitlines()) == 1002


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM gold.rental_obts", "there is no table gold.rental_obts; did you mean gold.rental_obt?"),
        ("SELECT nme FROM (SELECT 1 AS name)", "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column"),
        ("SELECT max(1", "[PARSE_SYNTAX_ERROR] Syntax error at or near end of input. SQLSTATE: 42601 (line 1, pos 12)"),
        ("SELECT 1 / 0", "[DIVIDE_BY_ZERO]"),
        ("SELECT CAST(concat('x', id) AS INT) FROM range(2)", "[CAST_INVALID_INPUT]"),
    ],
)
def test_wrong_query_is_told_in_one_line(capfd: pytest.CaptureFixture[str], query: str, message: str) -> None:
    """Also what Java itself would write."""
    assert main(["sql", query]) == 2
    error = capfd.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_two_columns_of_one_name_are_refused_where_one_would_be_lost(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", "--format", "json", "SELECT 1 AS a, 2 AS a"]) == 2
    assert "tell them apart with AS" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


QUERIES = "SELECT 1 AS one,\n 'a;b' AS text;\n\nSELECT nothing;\nSELECT 2 AS two\n"


def test_queries_are_asked_one_after_the_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(QUERIES.replace("nothing", "0 AS zero")))
    assert answer(capsys, "sql", "--format", "csv").splitlines() == ["one,text", "1,a;b", "zero", "0", "two", "2"]


def test_person_goes_on_after_a_wrong_query_and_a_script_does_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(QUERIES))
    typed = answer(capsys, "sql", "--format", "csv")
    assert "sql>   -> " in typed
    assert "UNRESOLVED_COLUMN" in typed
    assert typed.splitlines()[-1] == "2"
    monkeypatch.setattr("sys.stdin", io.StringIO(QUERIES))
    assert main(["sql", "--format", "csv"]) == 2
    captured = capsys.readouterr()
    assert "query 2: [UNRESOLVED_COLUMN" in captured.err
    assert "two" not in captured.out


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM gold.rental_obt",
        " /* SELECT */ DROP TABLE gold.rental_obt",
        "-- a note\nINSERT INTO gold.rental_obt VALUES (1)",
        "WITH one AS (SELECT 1) INSERT INTO gold.rental_obt SELECT * FROM one",
        "FROM gold.rental_obt INSERT INTO gold.other SELECT *",
        "CREATE TABLE gold.mine AS SELECT 1",
        "SET spark.sql.ansi.enabled = false",
    ],
)
def test_nothing_is_written_by_a_query(capsys: pytest.CaptureFixture[str], query: str) -> None:
    assert main(["sql", query]) == 2
    message = capsys.readouterr().err
    assert "`dvdrental sql` only reads" in message
    assert "remove its folder <lake>/<layer>/<table>, then run again" in message


@pytest.mark.parametrize(
    "query",
    [
        "(SELECT 'it''s; delete', \"insert\")",
        "-- delete\nSELECT 'a\\' update ' AS `merge`",
        "WITH one AS (SELECT 1 AS a) SELECT * FROM one",
        "FROM VALUES (1) SELECT *",
        "SHOW SCHEMAS",
        "EXPLAIN SELECT 1",
    ],
)
def test_what_only_reads_is_answered(capsys: pytest.CaptureFixture[str], query: str) -> None:
    assert answer(capsys, "sql", "--format", "csv", query)


def test_no_query_is_no_success(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n \n"))
    assert main(["sql"]) == 2
    assert "there is no query" in capsys.readouterr().err


def test_status_for_people_and_programs(lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run.begin(lake)
    with pytest.raises(StepError), recorded(lake, "gold.customer_value"):
        raise ValueError("no")
    with locked(tmp_path):
        found = json.loads(answer(capsys, "status", "--format", "json"))
    assert found.keys() == {"runs", "published", "failed", "stale", "set_aside"}
    assert [(row["run_id"], row["status"]) for row in found["runs"]] == [("test", "running")]
    assert [row["table_name"] for row in found["failed"]] == ["gold.customer_value"]
    values = list(csv.reader(io.StringIO(answer(capsys, "status", "--format", "csv"))))
    assert values[0] == ["about", "row", "column", "value"]
    assert ["failed", "1", "table_name", "gold.customer_value"] in values
    shown = answer(capsys, "status")
    assert "Last runs" in shown
    assert "abandoned" in shown  # nobody works on the lake any more
    assert "Set aside" not in shown
