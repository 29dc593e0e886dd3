"""Helpers whose assertions shall tell as much as those of the tests."""

import pytest

pytest.register_assert_rewrite("tests.house", "tests.weeks", "tests.golden.compare")
