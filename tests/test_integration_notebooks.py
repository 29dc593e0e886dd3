"""The notebooks of the integration test, with a stand-in for the session: they run on staging only."""

import gzip
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from dvdrental.bronze.streams import STREAMS
from dvdrental.errors import ReconciliationError
from dvdrental.local.landing import Database
from dvdrental.local.notebook import run_notebook
from tests import contracts
from tests.bundle.loading import twice
from tests.conftest import ROOT

FOLDER = ROOT / "notebooks/integration"
SCHEMA = "integration_7"


def parameters(folder: Path) -> dict[str, str]:
    schemas = {f"{layer}_schema": SCHEMA for layer in ("bronze", "silver", "gold", "ops")}
    folders = {name: f"{folder}/{name}" for name in ("landing", "staging", "reports")}
    return {**schemas, "catalog": "dvd-staging", **folders}


def verify(folder: Path, numbers: Mapping[str, int]) -> None:
    """Each measure of `<table> <expression>` gets the number of the first pattern that it matches."""

    def table(name: str) -> SimpleNamespace:
        def select(measure: str) -> SimpleNamespace:
            number = next(number for pattern, number in numbers.items() if re.search(pattern, f"{name} {measure}"))
            return SimpleNamespace(first=lambda: {"found": number})

        return SimpleNamespace(selectExpr=select)

    run_notebook(FOLDER / "verify.py", SimpleNamespace(table=table), parameters(folder))


@pytest.fixture
def right(sample: Database) -> dict[str, int]:
    return {
        "return_date": sum(row["return_date"] is None for row in sample["rental"]),
        "rental": len(sample["rental"]),
        "payments.*sum": sum(Decimal(row["amount"]) for row in sample["payment"]),
        "payments": len(sample["payment"]),
        "release_year": sum(int(row["release_year"]) for row in sample["film"]),
        "customer": len(sample["customer"]),
    }


def test_landing_gets_a_schema_of_its_own_and_every_row(tmp_path: Path, sample: Database) -> None:
    statements: list[str] = []
    run_notebook(FOLDER / "land.py", SimpleNamespace(sql=statements.append), parameters(tmp_path))
    assert statements == [
        "CREATE SCHEMA `dvd-staging`.`integration_7`",
        "CREATE VOLUME `dvd-staging`.`integration_7`.`landing`",
        "CREATE VOLUME `dvd-staging`.`integration_7`.`staging`",
        "CREATE VOLUME `dvd-staging`.`integration_7`.`reports`",
    ]
    files = {stream: (tmp_path / "landing/public" / stream).glob("*.jsonl.gz") for stream in sample}
    lines = {
        stream: sum(gzip.decompress(f.read_bytes()).count(b"\n") for f in found) for stream, found in files.items()
    }
    assert lines == {stream: len(rows) for stream, rows in sample.items()}


def test_right_figures_pass(tmp_path: Path, right: dict[str, int]) -> None:
    verify(tmp_path, right)


@pytest.mark.parametrize("wrong", ["return_date", "rental", "payments.*sum", "payments", "release_year", "customer"])
def test_wrong_figure_is_named(tmp_path: Path, right: dict[str, int], wrong: str) -> None:
    with pytest.raises(ReconciliationError, match=rf"{right[wrong] + 1}, should be {right[wrong]}"):
        verify(tmp_path, right | {wrong: right[wrong] + 1})


def test_all_layers_fit_into_one_schema() -> None:
    names = [
        *STREAMS,
        *(name.partition(".")[2] for name in contracts.TABLES),
        "step",
        "quarantine",
        "preset_rental_obt",
    ]
    assert twice(names) == []
