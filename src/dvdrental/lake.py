"""Lake: the only code that reads or writes tables."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, cast

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from dvdrental.bronze.envelope import raw_table_names
from dvdrental.bronze.landing import FileLanding, Landing, Seen, TableLanding
from dvdrental.bronze.streams import STREAMS, Stream
from dvdrental.errors import LandingError
from dvdrental.history import carry_forward
from dvdrental.names import ident, literal
from dvdrental.ops import STEP
from dvdrental.settings import Settings
from dvdrental.table import Table, View

FEED_LASTS = timedelta(days=6)
"""VACUUM keeps what is younger than a week unless told otherwise."""


class Lake:
    """One run's view of the tables: a Spark session and the names that the settings give."""

    def __init__(self, spark: SparkSession, settings: Settings) -> None:
        self.spark = spark
        self.settings = settings
        self.inputs: dict[str, str] = {}
        """State of each table that was read as an input."""

    @classmethod
    def open(cls, spark: SparkSession, dbutils: Any) -> "Lake":
        return cls(spark, Settings.from_widgets(dbutils))

    def name(self, layer: str, table: str) -> str:
        return ident(self.settings.catalog, self.settings.schema(layer), table)

    def table(self, table: Table | View) -> DataFrame:
        return self.spark.table(self.name(table.layer, table.name))

    def read(self, table: Table) -> DataFrame:
        """A table as an input: it stays as it is now, whatever is written to it meanwhile, and its state is noted."""
        name = self.name(table.layer, table.name)
        state = self.inputs[table.full_name] = self.state(name)
        return self.read_at(name, state)

    def changes(self, stream: str) -> DataFrame:
        """Change log of a source table, with the values that CDC left out because they had not changed."""
        definition = STREAMS[stream]
        log = self.read(definition.table)
        return (
            carry_forward(log, definition.key, definition.large_columns) if self.settings.mode(stream) == "cdc" else log
        )

    def landing(self, stream: Stream) -> Landing:
        """Raises LandingError when there is none."""
        folder = self.settings.landing_folder
        if folder is not None:
            return self._landed_files(stream, f"{folder}/{self.settings.namespace}/{stream.name}")
        catalog, schema, _ = self.settings.landing_parts
        names = [ident(catalog, schema, name) for name in raw_table_names(self.settings.namespace, stream.name)]
        for name in names:
            if self.spark.catalog.tableExists(name):
                state = self.state(name)
                return TableLanding(state, self.read_at(name, state))
        raise LandingError(
            f"stream {stream.name}: no landing table in {catalog}.{schema}; looked for {', '.join(names)}. "
            "Let Airbyte sync the stream, or set the parameter `landing` to the schema it writes to"
        )

    def _landed_files(self, stream: Stream, folder: str) -> Landing:
        """Listed once, and read as listed: files may come and go meanwhile."""
        listing = self.spark.read.format("binaryFile").option("recursiveFileLookup", "true")
        try:
            files = sorted(listing.load(folder).select("path", "modificationTime", "length").collect())
        except AnalysisException as error:
            if error.getCondition() != "PATH_NOT_FOUND":
                raise
            raise LandingError(
                f"stream {stream.name}: there is no folder {folder}. Let Airbyte sync the stream, or set the parameter "
                "`landing` to the folder that holds <namespace>/<stream>"
            ) from None
        if not files:
            raise LandingError(f"stream {stream.name}: the landing is empty ({folder}). Let Airbyte finish a sync")
        version = f"{len(files)} files, {hashlib.sha256(repr(files).encode()).hexdigest()[:16]}"
        rows = self.spark.createDataFrame(files, "path STRING, modificationTime TIMESTAMP, length BIGINT")
        return FileLanding(version, rows, self.spark.read.text([file.path for file in files]))

    def exists(self, table: Table) -> bool:
        return self.spark.catalog.tableExists(self.name(table.layer, table.name))

    def create(self, table: Table) -> None:
        """Create the table from its contract unless it exists."""
        columns = ", ".join(
            f"{ident(c.name)} {c.type}{' NOT NULL' if c.required else ''} COMMENT {literal(c.comment)}"
            for c in table.fields
        )
        self.spark.sql(
            f"CREATE TABLE IF NOT EXISTS {self.name(table.layer, table.name)} ({columns}) "
            f"USING DELTA COMMENT {literal(table.grain)} TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')"
        )

    def add_missing_columns(self, table: Table) -> None:
        """A contract may have grown since the table was made."""
        there, name = set(self.table(table).columns), self.name(table.layer, table.name)
        new = [c for c in table.fields if c.name not in there]
        if new:
            columns = ", ".join(f"{ident(c.name)} {c.type} COMMENT {literal(c.comment)}" for c in new)
            self.spark.sql(f"ALTER TABLE {name} ADD COLUMNS ({columns})")

    def create_view(self, view: View) -> None:
        columns = ", ".join(f"{ident(source)} AS {ident(name)}" for name, source in view.columns.items())
        select = f"SELECT {columns} FROM {self.name(view.source.layer, view.source.name)}"  # noqa: S608 (all quoted)
        view_name, comment = self.name(view.layer, view.name), literal(view.comment)
        self.spark.sql(f"CREATE OR REPLACE VIEW {view_name} COMMENT {comment} AS {select}")

    def state(self, name: str) -> str:
        """Version and commit time: a table that was dropped and made again never looks unchanged."""
        return _state(self.spark.sql(f"DESCRIBE HISTORY {name} LIMIT 1").collect()[0])

    def read_at(self, name: str, state: str) -> DataFrame:
        """A table as it was at a state, whatever is written to it meanwhile."""
        return self.spark.read.option("versionAsOf", state.partition("@")[0]).table(name)

    def feed(self, full_name: str, since: str, until: str) -> DataFrame | None:
        """Changed rows between two states of a table, in the form of Delta's change feed; None where that cannot be
        told: the table was made again, or VACUUM may have removed the files meanwhile."""
        layer, _, table = full_name.partition(".")
        name, (first, last) = self.name(layer, table), (int(state.partition("@")[0]) for state in (since, until))
        history = self.spark.sql(f"DESCRIBE HISTORY {name}").select("version", "timestamp")
        commits = {_state(row): row for row in history.filter(F.col("version").between(first, last)).collect()}
        known = [row for row in commits.values() if row.version > first]
        if since not in commits or any(datetime.now() - row.timestamp > FEED_LASTS for row in known):
            return None
        feed = self.spark.read.option("readChangeFeed", "true").option("startingVersion", first + 1)
        return feed.option("endingVersion", last).table(name)

    def last_seen(self) -> dict[str, Seen]:
        """Per bronze table, what the last step that succeeded saw of its landing."""
        if not self.exists(STEP):
            return {}
        good = self.table(STEP).filter("landing is not null and status <> 'failed'")
        last = good.groupBy("table_name").agg(F.max_by("landing", "started_at").alias("landing"))
        return {row.table_name: Seen(**row.landing.asDict()) for row in last.collect()}

    def last_success(self, name: str) -> Row | None:
        """`state, built_from, rows_after` of the last step of this name that did not fail."""
        if not self.exists(STEP):
            return None
        good = self.table(STEP).filter((F.col("table_name") == name) & (F.col("status") != "failed"))
        last = F.max_by(F.struct("state", "built_from", "rows_after"), "started_at").alias("last")
        return cast(Row | None, good.agg(last).collect()[0]["last"])

    def stage_path(self, table: Table) -> str:
        """The run's own folder, so that two runs never share one."""
        return f"{self.settings.staging}/{self.settings.run_id}/{table.full_name}"

    def write_stage(self, path: str, rows: DataFrame) -> DataFrame:
        """Materialise rows, and give them back as they lie on disk: what is audited is what is published."""
        rows.write.mode("overwrite").parquet(path)
        return self.spark.read.schema(rows.schema).parquet(path)

    def drop_stage(self, path: str) -> None:
        shutil.rmtree(path)

    def append(self, table: Table, rows: DataFrame) -> None:
        """One commit. Columns are matched by name; the contract's types are enforced by Delta."""
        writer = rows.select(*table.column_names).write.format("delta").mode("append")
        writer.option("userMetadata", self.settings.run_id).saveAsTable(self.name(table.layer, table.name))

    def append_rows(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Through Arrow: rows of Python values would need a Python process beside Spark to be read."""
        columns = {column: [row[column] for row in rows] for column in table.column_names}
        schema = to_arrow_schema(cast(StructType, StructType.fromDDL(_schema(table))))
        self.create(table)
        self.append(table, self.spark.createDataFrame(pa.table(columns, schema)))

    def empty(self, table: Table) -> DataFrame:
        """The limit lets the optimiser see that there are no rows: joins and unions with it vanish from the plan."""
        return self.spark.createDataFrame([], _schema(table)).limit(0)

    def merge(self, table: Table, rows: DataFrame) -> None:
        """One commit of rows whose `_op` says insert, update or delete."""
        target, source = self.name(table.layer, table.name), rows.alias("s")
        on = reduce(Column.__and__, (F.col(f"{target}.{c}") == F.col(f"s.{c}") for c in table.key))
        values = {c: F.col(f"s.{c}") for c in table.column_names}
        merge = source.mergeInto(target, on).whenMatched(F.col("s._op") == "delete").delete()
        merge.whenMatched().update(values).whenNotMatched().insert(values).merge()


def _state(commit: Row) -> str:
    return f"{commit.version}@{commit.timestamp.isoformat()}"


def _schema(table: Table) -> str:
    return ", ".join(f"{column.name} {column.type}" for column in table.fields)
