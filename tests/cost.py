"""What work costs, in Spark jobs: unlike seconds the same on every machine."""

import os

import pytest
from pyspark.sql import SparkSession

CONNECT = os.environ.get("DVDRENTAL_CONNECT") == "1"


def jobs_so_far(spark: SparkSession) -> int:
    """Jobs that the driver has started; over Spark Connect nobody can tell."""
    return 0 if CONNECT else int(spark.sparkContext._jsc.sc().dagScheduler().nextJobId())


counts_jobs = pytest.mark.skipif(CONNECT, reason="jobs are counted in the driver")
