import json
import shutil
import subprocess
from collections.abc import Callable

import pytest

from tests.bundle import lineage, rules
from tests.bundle.loading import Bundle


@pytest.mark.parametrize("rule", [*rules.RULES, *lineage.RULES], ids=lambda rule: rule.__name__)
def test_bundle_keeps_the_rule(bundle: Bundle, rule: Callable[[Bundle], list[str]]) -> None:
    faults = rule(bundle)
    assert not faults, "\n".join(faults)


def test_cli_prints_its_schema() -> None:
    """All that the CLI does without a workspace; `bundle validate` asks a host."""
    cli = shutil.which("databricks")
    if not cli:
        pytest.skip("no `databricks` on the PATH: the CLI is a program of its own, not a Python package")
    answer = subprocess.run([cli, "bundle", "schema"], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(answer.stdout)
