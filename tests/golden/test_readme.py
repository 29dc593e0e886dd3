"""What the README shows of the real dump is what comes out, here in DuckDB, on what the job has published."""

import re
from decimal import Decimal

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
ANSWER = re.compile(r"```sql\n(SELECT.+?)```\n\n((?:\|[^\n]+\|\n)+)", re.DOTALL)


@pytest.mark.parametrize(("query", "shown"), ANSWER.findall(README))
def test_answer_in_the_readme_is_the_answer(db, query, shown):
    header, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in shown.splitlines()]
    found = db.execute(query)
    assert [name for name, *_ in found.description] == header
    assert [[number(value) for value in row] for row in found.fetchall()] == [
        [number(cell) for cell in line] for line in lines
    ]


def number(value: object) -> object:
    """Numbers as numbers: 72 and 72.0 are the same."""
    return Decimal(str(value)) if re.fullmatch(r"-?\d+(\.\d+)?", str(value)) else str(value)


def test_the_readme_has_answers_to_check():
    assert len(ANSWER.findall(README)) == 5
