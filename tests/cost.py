"""What work costs in Spark jobs: the same on every machine."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.utils import is_remote


def jobs_so_far(spark: SparkSession) -> int:
    """Jobs that the driver has started; over Spark Connect nobody can tell."""
    return 0 if is_remote() else int(spark.sparkContext._jsc.sc().dagScheduler().nextJobId())


counts_jobs = pytest.mark.skipif(is_remote(), reason="jobs are counted in the driver")
