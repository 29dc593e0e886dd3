"""Helpers whose assertions should show as much as those of the tests."""

import pytest

pytest.register_assert_rewrite("tests.local_lake", "tests.weeks", "tests.golden.compare")
