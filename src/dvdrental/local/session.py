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
    # What was run, as the UI would show it, and what is known of tables: a session of some thousand small jobs on
    # tables that come and go would fill a heap with it.
    "spark.sql.ui.retainedExecutions": "10",
    "spark.ui.retainedJobs": "10",
    "spark.ui.retainedStages": "10",
    "spark.databricks.delta.delta.log.cacheSize": "100",
    "spark.sql.session.timeZone": "UTC",
    # Every query is described to the UI, which is off: in few words, then.
    "spark.sql.ui.explainMode": "simple",
    # Most of what is broadcast has some kilobytes, and 4 MB are set aside for it.
    "spark.broadcast.blockSize": "256k",
    # To note the line of Python behind every column doubles the time of building a plan.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # Small data on two cores: more partitions only cost.
    "spark.sql.shuffle.partitions": "2",
    # Planning again after each stage, a job for each: half of all jobs, and a fifth of an unchanged run.
    "spark.sql.adaptive.enabled": "false",
    # Each table's log is put together anew after each write: 50 tasks, unless told otherwise.
    "spark.databricks.delta.snapshotPartitions": "1",
    # The list of all files beside each commit, which nothing reads yet: a job for each table that gets its first rows.
    "spark.databricks.delta.allFilesInCrc.enabled": "false",
    # Least and greatest values of columns let large tables be read in part. To take them of a small one costs several
    # times what it costs to write its rows.
    "spark.databricks.delta.stats.collect": "false",
    # VACUUM lists files in so many tasks; the default is 10,000.
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
"""No other: a run of small tables would spend half its time in it. (For millions of rows, or hours, the other pays.)"""

JAVA_OPTIONS = [
    QUICK_COMPILER,
    "-XX:ReservedCodeCacheSize=256m",
    # One thread that collects a small heap costs less CPU than several that negotiate.
    "-XX:+UseSerialGC",
    "-Xmn400m",
    # Room for old objects from the start: else seven times all of the heap is searched before there is.
    "-Xms1g",
    # Delta checks its log twice in any other zone.
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
    """Delta's VACUUM prints a line per table, which is no part of any answer. Java inherits where it goes."""
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
