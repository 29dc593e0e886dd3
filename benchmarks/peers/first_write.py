"""A session, and the first Delta table written in it: with `ours` the session of a local run, else what is set."""

import sys
from pathlib import Path

from pyspark.sql import SparkSession

from dvdrental.local.session import start_session


def main(warehouse: Path, *, ours: bool) -> None:
    spark = start_session(warehouse) if ours else SparkSession.builder.getOrCreate()
    spark.range(1000).write.format("delta").saveAsTable("first")


if __name__ == "__main__":
    main(Path(sys.argv[2]), ours="ours" in sys.argv)
