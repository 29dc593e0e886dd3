"""Comparison of two queries: columns, types, and rows in both directions."""

from pathlib import Path

from duckdb import DuckDBPyConnection

EXPECTED = Path(__file__).parent / "expected"
SHOWN = 5


def assert_same_rows(db: DuckDBPyConnection, expected: str, actual: str) -> None:
    assert _columns(db, actual) == _columns(db, expected)
    missing = _difference(db, expected, actual)
    surplus = _difference(db, actual, expected)
    assert not missing, f"{len(missing)} rows are missing: {missing[:SHOWN]}\ninstead there are {surplus[:SHOWN]}"
    assert not surplus, f"{len(surplus)} rows too many: {surplus[:SHOWN]}"


def assert_as_expected(db: DuckDBPyConnection, table: str) -> None:
    """`table` holds what `expected/<layer>/<table>.sql` selects from the dump; its surrogate keys apart."""
    assert_same_rows(db, expected_sql(table), without_surrogates(db, table))


def expected_sql(table: str) -> str:
    layer, name = table.split(".")
    return (EXPECTED / layer / f"{name}.sql").read_text()


def without_surrogates(db: DuckDBPyConnection, table: str) -> str:
    """Only the key of a day, yyyymmdd, means something outside the lake."""
    kept = [c for c in db.table(table).columns if c != "_loaded_at" and (not c.endswith("_key") or "date_key" in c)]
    return f"SELECT {', '.join(kept)} FROM {table}"


def _columns(db: DuckDBPyConnection, query: str) -> list[tuple[str, str]]:
    return [(name, kind) for name, kind, *_ in db.execute(f"DESCRIBE {query}").fetchall()]


def _difference(db: DuckDBPyConnection, left: str, right: str) -> list[tuple]:
    return db.execute(f"(FROM ({left})) EXCEPT ALL (FROM ({right})) ORDER BY ALL").fetchall()
