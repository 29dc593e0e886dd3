"""The alert that gold is stale looks at the age of its data, not only at runs that went well."""

from datetime import timedelta

import pytest
import yaml
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from dvdrental import ledger_views, ops
from dvdrental.lake import Lake
from dvdrental.ops import Step, utc_now
from dvdrental.recording import recording
from tests.conftest import ROOT
from tests.local_lake import LocalLake

ALERT = yaml.safe_load((ROOT / "resources" / "stale_gold.alert.yml").read_text())["resources"]["alerts"]["stale_gold"]
NEVER = 9999


def days(spark: SparkSession, ops_schema: str) -> float:
    query = ALERT["query_text"].replace("${var.catalog}", "spark_catalog")
    (row,) = spark.sql(query.replace("${resources.schemas.ops.name}", ops_schema)).collect()
    return float(row[ALERT["evaluation"]["source"]["name"]])


@pytest.fixture
def ledger(lake: Lake) -> Lake:
    lake.create(ops.STEP)
    lake.create_view(ledger_views.FRESHNESS)
    return lake


def note(lake: Lake, table: str, ran: float, landed: float | None = None, status: str = "published") -> None:
    """Ages in days."""
    now = utc_now()
    landed_at = None if landed is None else now - timedelta(days=landed)
    with recording(lake) as steps:
        steps.append(Step("run", table, now - timedelta(days=ran), status, landed_at=landed_at))


@pytest.mark.parametrize(
    ("rentals", "payments", "gold", "expected"),
    [(1, 2, 1, 2), (9, 1, 0, 9), (1, 9.5, 0, 9.5), (1, 1, 10, 10), (None, 1, 1, NEVER)],
)
def test_promise_26_age_is_that_of_the_landing_or_of_gold(
    ledger: Lake, rentals: float | None, payments: float, gold: float, expected: float
) -> None:
    note(ledger, "bronze.rental", 0, rentals)
    note(ledger, "bronze.payment", 0, payments)
    note(ledger, "gold.rental_obt", gold, status="unchanged")
    note(ledger, "gold.rental_obt", 0, status="failed")
    assert days(ledger.spark, ledger.settings.ops_schema) == pytest.approx(expected, abs=0.02)


def test_stream_in_which_nothing_happens_is_not_stale(ledger: Lake) -> None:
    """A cursor or a log brings no row of it for months."""
    for table, landed in (("bronze.rental", 1), ("bronze.payment", 1), ("bronze.language", 300)):
        note(ledger, table, 0, landed)
    note(ledger, "gold.rental_obt", 1)
    assert days(ledger.spark, ledger.settings.ops_schema) < ALERT["evaluation"]["threshold"]["value"]["double_value"]


def test_lake_that_was_never_filled_is_stale(ledger: Lake) -> None:
    assert days(ledger.spark, ledger.settings.ops_schema) == NEVER


def test_age_after_a_run_is_that_of_the_landing(one_run: LocalLake) -> None:
    """Read from the landing itself, without Spark."""
    table = DeltaTable(one_run.folder / "landing" / "public_raw__stream_rental").to_pyarrow_table()
    newest = max(table["_airbyte_extracted_at"].to_pylist()).replace(tzinfo=None)
    age = (utc_now() - newest) / timedelta(days=1)
    assert days(one_run.lake.spark, "ops") == pytest.approx(age, abs=0.02)
