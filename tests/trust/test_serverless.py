"""What runs here runs over Spark Connect, without what serverless compute refuses: a part of it, or all with
DVDRENTAL_LONG=1 (conftest.py)."""

import os
import re
import subprocess
import sys

import pytest
from pyspark.sql import SparkSession

from tests.conftest import CONNECT, ROOT
from tests.sizes import size

OF_ALL_LAYERS = [
    "tests/bronze/test_modes.py",
    "tests/silver/test_dim_customer.py",
    "tests/silver/test_fact_rentals.py",
    "tests/gold/test_rental_obt.py",
    "tests/quality/test_gate.py",
]
LAYERS = [
    *("tests/bronze", "tests/silver", "tests/gold", "tests/quality"),
    *("tests/test_scd2_cases.py", "tests/end_to_end", "tests/trust"),
]
TESTS = [
    "tests/test_contracts.py",
    "tests/test_publish.py",
    "tests/test_feed.py",
    *size(OF_ALL_LAYERS, LAYERS),
    "tests/trust/test_serverless.py",
]


@pytest.mark.skipif(CONNECT, reason="this is the inner run")
def test_promise_18_works_over_spark_connect() -> None:
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *TESTS]
    environment = os.environ | {"DVDRENTAL_CONNECT": "1"}
    environment = {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) > size(30, 300)


@pytest.mark.skipif(not CONNECT, reason="classic Spark allows all of it")
@pytest.mark.parametrize(
    "use",
    [
        lambda spark: spark.range(1).cache(),
        lambda spark: spark.range(1).persist(),
        lambda spark: spark.range(1).createGlobalTempView("v"),
        lambda spark: spark.range(1).rdd,
        lambda spark: spark.sparkContext,
        lambda spark: spark._jvm,
        lambda spark: spark.catalog.cacheTable("t"),
    ],
)
def test_what_serverless_refuses_raises(spark: SparkSession, use: object) -> None:
    with pytest.raises(Exception, match=r"serverless refuses|not supported|NOT_IMPLEMENTED|JVM_ATTRIBUTE|has no attr"):
        use(spark)  # type: ignore[operator]
