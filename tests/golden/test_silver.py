"""Every silver table, whole, against the dump."""

import pytest

from tests.golden.compare import EXPECTED, assert_as_expected

TABLES = sorted(file.stem for file in (EXPECTED / "silver").glob("*.sql"))


@pytest.mark.parametrize("table", TABLES)
def test_whole_table_equals_the_independent_sql(db, table):
    assert_as_expected(db, f"silver.{table}")


def test_no_table_is_left_out(lake):
    assert sorted(folder.name for folder in (lake / "silver").iterdir()) == TABLES
