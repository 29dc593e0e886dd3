"""A Spark session on this machine that answers to the same names as the platform.

The catalog lives in memory (a Hive metastore costs seconds at every start), so tables found in the folder are
registered when a session opens.
"""

import logging
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pyspark.logger import PySparkLogger
from pyspark.sql import SparkSession

from dvdrental.local import class_archive
from dvdrental.local.toolchain import delta_jars, java_home
from dvdrental.names import ident, is_plain, literal

CATALOG = "spark_catalog"

CONFIG = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "2g",
    # Keep little UI history and few cached Delta logs: thousands of small jobs would fill the heap.
    "spark.sql.ui.retainedExecutions": "10",
    "spark.ui.retainedJobs": "10",
    "spark.ui.retainedStages": "10",
    "spark.databricks.delta.delta.log.cacheSize": "100",
    "spark.sql.session.timeZone": "UTC",
    # Every query is described for the UI, which is off: keep the description short.
    "spark.sql.ui.explainMode": "simple",
    # Most broadcasts are a few kilobytes; the default sets aside 4 MB for each.
    "spark.broadcast.blockSize": "256k",
    # Recording the line of Python behind every column doubles the time it takes to build a plan.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # Small data on two cores: more partitions only cost time.
    "spark.sql.shuffle.partitions": "2",
    # Adaptive execution replans after every stage, with a job each: half of all jobs, a fifth of an unchanged run.
    "spark.sql.adaptive.enabled": "false",
    # Each table's log is rebuilt after every write, by default in 50 tasks.
    "spark.databricks.delta.snapshotPartitions": "1",
    # Lists all files beside each commit, which nothing reads yet, at a job for each table that gets its first rows.
    "spark.databricks.delta.allFilesInCrc.enabled": "false",
    # Statistics of columns let Spark skip files of large tables. For a small table, collecting them costs several
    # times as much as writing its rows.
    "spark.databricks.delta.stats.collect": "false",
    # Number of tasks in which VACUUM lists files; the default is 10,000.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
    # Compiling generated Java costs a run of small tables more than interpreting the expressions. (For millions of
    # rows it is the other way round.)
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
    # A name like text.`/etc/passwd` must never be read as a file.
    "spark.sql.runSQLOnFiles": "false",
}


QUICK_COMPILER = "-XX:TieredStopAtLevel=1"
"""C1 only: a run of small tables would spend half its time in C2. (For millions of rows, or hours, C2 pays off.)"""

JAVA_OPTIONS = [
    QUICK_COMPILER,
    "-XX:ReservedCodeCacheSize=256m",
    # For a small heap, one collecting thread costs less CPU than several that coordinate.
    "-XX:+UseSerialGC",
    "-Xmn400m",
    # Start with a large enough heap: growing it takes seven full collections.
    "-Xms1g",
    # In any other time zone Delta checks its log twice.
    "-Duser.timezone=UTC",
]


def start_session(warehouse: Path, java_options: Sequence[str] = (), *, connect: bool = False) -> SparkSession:
    """With `connect` a Spark Connect server of its own (port 15002) and a session on that, as on serverless."""
    _silence()
    os.environ["JAVA_HOME"] = str(java_home())
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.appName("dvdrental")
    builder = builder.remote("local[*]") if connect else builder.master("local[*]")
    for key, value in CONFIG.items():
        builder = builder.config(key, value)
    options = [
        *JAVA_OPTIONS,
        *(java_options or class_archive.options()),
        f"-Dlog4j2.configurationFile={_LOGGING.as_uri()}",
    ]
    builder = (
        builder.config("spark.driver.extraClassPath", os.pathsep.join(map(str, delta_jars())))
        .config("spark.driver.extraJavaOptions", shlex.join(options))
        .config("spark.sql.warehouse.dir", str(warehouse.resolve()))
    )
    with _java_prints_on_stderr():
        return builder.getOrCreate()


@contextmanager
def _java_prints_on_stderr() -> Iterator[None]:
    """Delta's VACUUM prints a line per table, which belongs to no answer. Java inherits this redirection."""
    sys.stdout.flush()
    stdout, stderr = 1, 2
    kept = os.dup(stdout)
    os.dup2(stderr, stdout)
    try:
        yield
    finally:
        os.dup2(kept, stdout)
        os.close(kept)


def _silence() -> None:
    """PySpark's own loggers write each error of a query to stderr, with a stack and with values of rows."""
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        PySparkLogger.getLogger(name).setLevel(logging.CRITICAL + 1)


_LOGGING = Path(__file__).with_name("log4j2.properties")


def register(spark: SparkSession, warehouse: Path) -> None:
    """Make every Delta table under `<warehouse>/<schema>/<table>` known by its name. What has no name of a schema or
    table is somebody's own: an export, a copy."""
    unknown: list[Path] = []
    for schema in sorted(p for p in warehouse.resolve().glob("*") if p.is_dir() and is_plain(p.name)):
        spark.sql(f"CREATE SCHEMA IF NOT EXISTS {ident(schema.name)} LOCATION {literal(str(schema))}")
        tables = spark.sql(f"SHOW TABLES IN {ident(CATALOG, schema.name)}").collect()
        known = {table.tableName for table in tables if not table.isTemporary}
        there = (log.parent for log in schema.glob("*/_delta_log") if is_plain(log.parent.name))
        unknown += [table for table in there if table.name.lower() not in known]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda table: _register_table(spark, table), unknown))


def _register_table(spark: SparkSession, table: Path) -> None:
    name = ident(CATALOG, table.parent.name, table.name)
    spark.sql(f"CREATE TABLE IF NOT EXISTS {name} USING DELTA LOCATION {literal(str(table))}")
