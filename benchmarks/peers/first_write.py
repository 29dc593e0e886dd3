"""Start a session and write its first Delta table: with `ours` as a local run does, else as Spark is configured."""

import sys
from pathlib import Path

from pyspark.sql import SparkSession

from dvdrental.local.session import start_session


def main(warehouse: Path, *, ours: bool) -> None:
    spark = start_session(warehouse) if ours else SparkSession.builder.getOrCreate()
    spark.range(1000).write.format("delta").saveAsTable("first")


if __name__ == "__main__":
    main(Path(sys.argv[2]), ours="ours" in sys.argv)
