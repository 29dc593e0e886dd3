"""Every gold table, whole, against the dump; the big one has a module of its own."""

import pytest

from tests.golden.compare import EXPECTED, assert_as_expected

MARTS = sorted({file.stem for file in (EXPECTED / "gold").glob("*.sql")} - {"rental_obt"})


@pytest.mark.parametrize("mart", MARTS)
def test_whole_mart_equals_the_independent_sql(db, mart):
    assert_as_expected(db, f"gold.{mart}")


def test_no_mart_is_left_out(lake):
    assert sorted(folder.name for folder in (lake / "gold").iterdir()) == sorted([*MARTS, "rental_obt"])
