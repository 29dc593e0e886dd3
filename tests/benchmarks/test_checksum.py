"""The checksum by which peers are compared sees rows, not their order or files."""

from collections.abc import Iterator

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from benchmarks.checksum import checksum

ROWS = "(1, 'a', DATE '2005-05-24'), (2, NULL, DATE '2005-05-25'), (3, 'c', NULL)"
COLUMNS = "id::INT, name, day::DATE"


@pytest.fixture
def db() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def of(db: DuckDBPyConnection, rows: str) -> str:
    return checksum(db, f"(VALUES {rows}) AS t(id, name, day)", COLUMNS)


def test_order_does_not_matter(db: DuckDBPyConnection) -> None:
    assert of(db, "(3, 'c', NULL), (1, 'a', DATE '2005-05-24'), (2, NULL, DATE '2005-05-25')") == of(db, ROWS)


def test_the_type_in_which_a_peer_keeps_a_value_does_not_matter(db: DuckDBPyConnection) -> None:
    assert of(db, "('1', 'a', '2005-05-24'), ('2', NULL, '2005-05-25'), ('3', 'c', NULL)") == of(db, ROWS)


@pytest.mark.parametrize(
    "rows",
    [
        "(1, 'a', DATE '2005-05-24'), (2, NULL, DATE '2005-05-25')",
        f"{ROWS}, (3, 'c', NULL)",
        f"{ROWS}, (3, 'c', NULL), (3, 'c', NULL)",
        "(1, 'a', DATE '2005-05-24'), (2, '', DATE '2005-05-25'), (3, 'c', NULL)",
        "(1, 'c', DATE '2005-05-24'), (2, NULL, DATE '2005-05-25'), (3, 'a', NULL)",
    ],
    ids=["a row less", "a row twice", "a row three times", "empty for NULL", "values that changed rows"],
)
def test_other_rows_are_seen(db: DuckDBPyConnection, rows: str) -> None:
    assert of(db, rows) != of(db, ROWS)


def test_rows_that_are_there_twice_do_not_cancel_out(db: DuckDBPyConnection) -> None:
    assert of(db, "(1, 'a', NULL), (1, 'a', NULL)") != of(db, "(2, 'b', NULL), (2, 'b', NULL)")


def test_no_rows_have_a_checksum_too(db: DuckDBPyConnection) -> None:
    assert checksum(db, f"(VALUES {ROWS}) AS t(id, name, day) WHERE id > 9", COLUMNS) == "0:0"
