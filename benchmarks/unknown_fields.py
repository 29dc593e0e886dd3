"""What it costs to search every payload for unknown fields, in addition to the parse: seconds for 2 million rentals.

Run it as `.venv/bin/python -m benchmarks.unknown_fields`. Variants take turns; the first round is not counted.
"""

import statistics
import tempfile
import time
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks import spark_conf
from dvdrental.bronze.cast import wide_type
from dvdrental.bronze.streams import STREAMS
from dvdrental.local import session

ROWS, ROUNDS = 2_000_000, 5
STREAM = STREAMS["rental"]


def payloads(spark: SparkSession, folder: str) -> DataFrame:
    moment = F.date_format(F.timestamp_seconds(F.lit(1116972810) + F.col("id")), "yyyy-MM-dd'T'HH:mm:ss")
    number, text = (F.col("id") % 4581), moment
    fields = [(number if c.type == "INT" else text).alias(c.name) for c in STREAM.business_fields]
    spark.range(ROWS).select(F.to_json(F.struct(*fields)).alias("data")).repartition(8).write.parquet(folder)
    return spark.read.parquet(folder)


def variants(rows: DataFrame) -> dict[str, DataFrame]:
    schema = ", ".join(f"{c.name} {wide_type(c.type)}" for c in STREAM.business_fields)
    parsed = F.from_json("data", f"{schema}, _flagged STRING", {"columnNameOfCorruptRecord": "_flagged"}).alias("wide")
    known = F.array(*map(F.lit, STREAM.business_columns))
    return {
        "parse": rows.select(parsed),
        "parse and search": rows.select(parsed, F.array_except(F.json_object_keys("data"), known).alias("unknown")),
    }


def seconds(frame: DataFrame) -> float:
    began = time.perf_counter()
    frame.write.format("noop").mode("overwrite").save()
    return time.perf_counter() - began


def main() -> None:
    spark_conf.for_many_rows()
    with tempfile.TemporaryDirectory() as folder:
        spark = session.start_session(Path(folder))
        frames = variants(payloads(spark, f"{folder}/payloads"))
        rounds = [{name: seconds(frame) for name, frame in frames.items()} for _ in range(ROUNDS + 1)][1:]
    for name in frames:
        times = [one[name] for one in rounds]
        print(f"{name:17} median {statistics.median(times):.2f} s, {min(times):.2f} to {max(times):.2f}")


if __name__ == "__main__":
    main()
