"""Runs statements on a Spark of its own, in an environment that has nothing else; prints the rows of each as JSON."""

import json
import sys

from pyspark.sql import SparkSession

warehouse, statements = sys.argv[1], json.load(sys.stdin)
spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.sql.warehouse.dir", warehouse)
    .config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.sql.shuffle.partitions", "1")
    .getOrCreate()
)
json.dump([[row.asDict() for row in spark.sql(text).collect()] for text in statements], sys.stdout, default=str)
spark.stop()
