"""Seconds to parse landed rentals into typed columns and write them as Parquet: ours, other ways, and DuckDB.

`python -m benchmarks.parse <landing> <folder> <rounds>` prints them as JSON. Variants take turns; an extra first
round, in which Java compiles, is not counted.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb
from deltalake import DeltaTable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from benchmarks import spark_conf
from benchmarks.peers.floor import parsed
from benchmarks.peers.streams import COLUMNS, landed
from dvdrental.bronze.envelope import of_table
from dvdrental.bronze.parse import parse
from dvdrental.bronze.streams import STREAMS
from dvdrental.local.session import start_session
from dvdrental.quality.rules import row_rules

STREAM = "rental"
META = ("_airbyte_raw_id", "_airbyte_extracted_at")
DATA = "_airbyte_data"


def variants(landing: DataFrame) -> dict[str, DataFrame]:
    """Ours does more than the others: it also finds broken rows, misfits and duplicates."""
    columns, stream = COLUMNS[STREAM], STREAMS[STREAM]
    schema = ", ".join(f"{name} {kind}" for name, kind in columns.items())

    def fields(one: Callable[[str, str], Column]) -> DataFrame:
        return landing.select(*META, *(one(name, kind).alias(name) for name, kind in columns.items()))

    return {
        "ours": parse(of_table(landing), stream, row_rules(stream.table), rescue=False),
        "from_json, once": landing.select(*META, F.from_json(DATA, schema).alias("j")).select(*META, "j.*"),
        "from_json per column": fields(lambda name, kind: F.from_json(DATA, schema)[name]),
        "get_json_object per column": fields(lambda name, kind: F.get_json_object(DATA, f"$.{name}").cast(kind)),
    }


def main(landing: Path, folder: Path, rounds: int) -> None:
    spark_conf.for_many_rows()
    spark = start_session(folder)
    ways: dict[str, Callable[[], object]] = {
        name: partial(frame.write.mode("overwrite").parquet, str(folder / "parsed"))
        for name, frame in variants(spark.read.format("delta").load(landed(landing, STREAM))).items()
    }
    copy = f"COPY ({parsed(landing, STREAM)}) TO '{folder}/floor.parquet' (COMPRESSION zstd)"
    ways["DuckDB"] = lambda: duckdb.sql(copy)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            if number > 0:
                seconds[name].append(time.perf_counter() - began)
    rows = int(DeltaTable(landed(landing, STREAM)).count())
    print(json.dumps({"rows": rows, "seconds": seconds}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
