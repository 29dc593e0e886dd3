"""What the README shows of the real dump is what comes out, here in DuckDB, on what the job has published."""

import re
from decimal import Decimal

import pytest

from tests.conftest import ROOT
from tests.golden.conftest import SAID

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


def test_run_on_the_dump_says_what_the_readme_shows(lake):
    """Times apart."""
    (block,) = re.findall(r"On the real dump it says, .*?:\n\n```\n(.+?)```", README, re.DOTALL)
    shown = [line for line in block.splitlines() if line != "..."]
    said = {told(line) for line in (lake / SAID).read_text(encoding="utf-8").splitlines()}
    assert len(shown) == 5
    assert [line for line in shown if told(line) not in said] == []


def told(line):
    return re.sub(r"\s+", " ", re.sub(r"\d+(\.\d+)? s\b|; the lake is in .*", "", line)).strip()


def test_the_readme_has_answers_to_check():
    assert len(ANSWER.findall(README)) == 5
