"""Lake: the only code that reads or writes tables."""

import re
import shutil
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, reduce
from typing import Any, cast

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from dvdrental.bronze.streams import STREAMS
from dvdrental.errors import ConflictError, ContractError
from dvdrental.handover import Handover
from dvdrental.history import carry_forward
from dvdrental.names import ident, literal
from dvdrental.ops import STEP, Seen
from dvdrental.settings import Settings
from dvdrental.table import Table, View

MAINTENANCE = (
    "OPTIMIZE",
    "REORG",
    "VACUUM START",
    "VACUUM END",
    "COMPUTE STATS",
    "ANALYZE",
    "CLUSTER BY",
    "SET TBLPROPERTIES",
    "CHANGE COLUMN",
)
"""What leaves every row as it is; the platform does some of it by itself."""

FEED = "delta.enableChangeDataFeed"

RETENTION = timedelta(days=15)
"""VACUUM keeps files for longer than any run lasts, and so that the last two weekly runs can be restored."""

PROPERTIES = {FEED: "true", "delta.deletedFileRetentionDuration": f"interval {RETENTION.days} days"}

STATISTICS = "delta.dataSkippingStatsColumns"

_MEASURED = re.compile(r"(TINYINT|SMALLINT|INT|BIGINT|DOUBLE|DECIMAL.*|DATE|TIMESTAMP|TIMESTAMP_NTZ)\Z")
"""Types that Delta takes statistics of, texts apart."""

FEED_LASTS = timedelta(days=6)
"""The change feed is not used for older changes: tables created before the retention property existed keep their files
for only a week."""


class Lake:
    """One run's view of the tables: a Spark session and the names that the settings give."""

    def __init__(self, spark: SparkSession, settings: Settings, handover: Handover | None = None) -> None:
        self.spark = spark
        self.settings = settings
        self.inputs: dict[str, str] = {}
        """State of each table that was read as an input."""
        self.handover = handover or Handover()

    @classmethod
    def open(cls, spark: SparkSession, dbutils: Any) -> "Lake":
        settings = Settings.from_widgets(dbutils)
        return cls(spark, settings, Handover(dbutils, settings.repair))

    def name(self, layer: str, table: str) -> str:
        return ident(self.settings.catalog, self.settings.schema(layer), table)

    def table(self, table: Table | View) -> DataFrame:
        return self.spark.table(self.name(table.layer, table.name))

    def read(self, table: Table) -> DataFrame:
        """A table as an input: it stays as it is now, whatever is written to it meanwhile, and its state is noted.

        What an earlier task of the same run has left is taken as that task handed it on, so that all tasks of a run see
        the same; other tables are asked, which costs a Spark job each.
        """
        state, version = self.handover.received(table) or self.now(table)
        self.inputs[table.full_name] = state
        return self.as_of(table, version)

    def sample(self, table: Table) -> DataFrame:
        """A few rows to look at, without personal columns: what a notebook shows is kept with the run."""
        return self.table(table).select(*(c.name for c in table.fields if not c.personal)).limit(20)

    def changes(self, stream: str) -> DataFrame:
        """Change log of a source table, with the values that CDC left out because they had not changed."""
        definition = STREAMS[stream]
        log = self.read(definition.table)
        return (
            carry_forward(log, definition.key, definition.large_columns) if self.settings.mode(stream) == "cdc" else log
        )

    def exists(self, table: Table) -> bool:
        return self.spark.catalog.tableExists(self.name(table.layer, table.name))

    def create(self, table: Table) -> None:
        """Create the table from its contract unless it exists. Raises ConflictError if somebody else is doing so."""
        columns = ", ".join(
            f"{ident(c.name)} {c.type}{' NOT NULL' if c.required else ''} COMMENT {literal(c.comment)}"
            for c in table.fields
        )
        properties = ", ".join(f"{literal(name)} = {literal(value)}" for name, value in _properties(table).items())
        try:
            self.spark.sql(
                f"CREATE TABLE IF NOT EXISTS {self.name(table.layer, table.name)} ({columns}) "
                f"USING DELTA COMMENT {literal(table.grain)} TBLPROPERTIES ({properties})"
            )
        except Exception as error:
            raise _conflict(table, error) from None

    def follow_contract(self, table: Table) -> None:
        """A contract may have changed since the table was made: new columns are added, comments said anew. Raises
        ContractError where a column has another type."""
        there, name = {field.name: field for field in self.table(table).schema}, self.name(table.layer, table.name)
        wanted = {field.name: field.dataType for field in _struct(table.schema)}
        for column in wanted.keys() & there.keys():
            if there[column].dataType != wanted[column]:
                raise ContractError(
                    f"{table.full_name}: column {column} is {there[column].dataType.simpleString()} in the table and "
                    f"{wanted[column].simpleString()} in its contract. DROP TABLE {table.full_name}, and the next run "
                    "makes it anew (of bronze from what is still in the landing, of ops empty)"
                )
        if lost := sorted(column for column in there.keys() - wanted.keys() if not there[column].nullable):
            alters = (f"ALTER TABLE {table.full_name} ALTER COLUMN {column} DROP NOT NULL" for column in lost)
            raise ContractError(
                f"{table.full_name}: {', '.join(lost)} is NOT NULL in the table and no longer in its contract. "
                f"{'; '.join(alters)}; then run again"
            )
        if new := [c for c in table.fields if c.name not in there]:
            columns = ", ".join(f"{ident(c.name)} {c.type} COMMENT {literal(c.comment)}" for c in new)
            self.spark.sql(f"ALTER TABLE {name} ADD COLUMNS ({columns})")
        for c in table.fields:
            if c.name in there and there[c.name].metadata.get("comment") != c.comment:
                self.spark.sql(f"ALTER TABLE {name} ALTER COLUMN {ident(c.name)} COMMENT {literal(c.comment)}")

    def create_view(self, view: View) -> None:
        source, view_name = self.name(view.source.layer, view.source.name), self.name(view.layer, view.name)
        columns = ", ".join(f"{expression} AS {ident(name)}" for name, expression in view.columns.items())
        select = f"SELECT {columns} FROM {source} {view.clauses}".replace("{source}", source)  # noqa: S608 (contract)
        self.spark.sql(f"CREATE OR REPLACE VIEW {view_name} COMMENT {literal(view.comment)} AS {select}")

    def now(self, table: Table) -> tuple[str, int]:
        """State and newest version of a table.

        The state is version and time of the last commit that may have changed a row: a table that was dropped and made
        again never looks unchanged, one that was only compacted does.
        """
        return self.state_of(self.name(table.layer, table.name))

    def as_of(self, table: Table, version: int) -> DataFrame:
        return self.version_of(self.name(table.layer, table.name), version)

    def state_of(self, name: str) -> tuple[str, int]:
        """As `now`, of a table that has no contract."""
        commits = self.spark.sql(f"DESCRIBE HISTORY {name} LIMIT 1").collect()
        if commits[0].operation in MAINTENANCE:
            commits = self.spark.sql(f"DESCRIBE HISTORY {name}").collect()
        changed = (commit for commit in commits if commit.operation not in MAINTENANCE)
        return _state(next(changed, commits[-1])), commits[0].version

    def version_of(self, name: str, version: int) -> DataFrame:
        """As `as_of`, of a table that has no contract."""
        return self.spark.read.option("versionAsOf", version).table(name)

    def states(self, name: str) -> list[str]:
        """States of all commits that are known, newest first."""
        return [_state(commit) for commit in self.spark.sql(f"DESCRIBE HISTORY {name}").collect()]

    def commits_since(self, table: Table, state: str | None) -> list[tuple[str, int, str | None]]:
        """State, version and mark of the commits since a state (None: since the table was made) that may have changed a
        row, newest first; of ten at most."""
        known = 0 if state is None else parse_state(state)[0]
        commits = self.spark.sql(f"DESCRIBE HISTORY {self.name(table.layer, table.name)} LIMIT 10").collect()
        changes = (c for c in commits if c.version > known and c.operation not in MAINTENANCE)
        return [(_state(c), c.version, c.userMetadata) for c in changes]

    def feed(self, full_name: str, since: str, until: str) -> DataFrame | None:
        """Changed rows between two states of a table, in the form of Delta's change feed; None where that cannot be
        told: the table was made again, has no feed, or VACUUM may have removed the files meanwhile."""
        layer, _, table = full_name.partition(".")
        name, first, last = self.name(layer, table), parse_state(since)[0], parse_state(until)[0]
        properties = self.spark.sql(f"DESCRIBE DETAIL {name}").collect()[0].properties
        commits = [c for c in self.spark.sql(f"DESCRIBE HISTORY {name}").collect() if first <= c.version <= last]
        changes = [c for c in commits if c.version > first and c.operation not in MAINTENANCE]
        oldest = min((c.timestamp for c in changes), default=datetime.now())
        was_switched = any(c.operation == "SET TBLPROPERTIES" for c in commits)
        if properties.get(FEED) != "true" or was_switched or since not in map(_state, commits):
            return None
        if datetime.now() - oldest > FEED_LASTS:
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
        good = good.filter("built_from is not null").orderBy(F.desc("started_at"))
        last = good.select("state", "built_from", "rows_after").limit(1).collect()
        return last[0] if last else None

    def stage_path(self, table: Table) -> str:
        """A folder of its own, so that two attempts never share one."""
        return f"{self.settings.staging}/{self.settings.run_id}/{table.full_name}-{uuid.uuid4().hex[:8]}"

    def write_stage(self, path: str, rows: DataFrame) -> DataFrame:
        """Materialise rows, and give them back as they lie on disk: what is audited is what is published."""
        rows.write.mode("overwrite").parquet(path)
        return self.spark.read.schema(rows.schema).parquet(path)

    def drop_stage(self, path: str) -> None:
        shutil.rmtree(path)

    def append(self, table: Table, rows: DataFrame, **options: str) -> None:
        """One commit. Columns are matched by name; the contract's types are enforced by Delta. Raises ConflictError if
        another one came first that touches what the rows were made of."""
        writer = rows.select(*table.column_names).write.format("delta").mode("append")
        options = {"userMetadata": self.settings.run_id} | options
        try:
            writer.options(**options).saveAsTable(self.name(table.layer, table.name))
        except Exception as error:
            raise _conflict(table, error) from None

    def fill(self, table: Table, rows: DataFrame, state: str | None) -> str:
        """Append the first rows in one commit and return the mark written to it. Costs half as much as a MERGE.

        `state` is the one in which the table was found empty (None: not there). Writers that start from the same state
        share a Delta transaction id, so exactly one gets in; the others raise ConflictError, or write nothing and find
        no commit with their mark. (Rows that somebody puts in by hand meanwhile are not seen.)
        """
        mark = f"{self.settings.run_id} {uuid.uuid4().hex}"
        version = 0 if state is None else parse_state(state)[0]
        transaction = {"txnAppId": f"fill {table.full_name}", "txnVersion": str(version + 1)}
        self.append(table, rows, userMetadata=mark, **transaction)
        return mark

    def append_rows(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Through Arrow: rows of Python values would need a Python process beside Spark to be read."""
        columns = {column: [row[column] for row in rows] for column in table.column_names}
        schema = to_arrow_schema(_struct(table.schema))
        self.create(table)
        self.append(table, self.spark.createDataFrame(pa.table(columns, schema)))

    def empty(self, table: Table) -> DataFrame:
        """The limit lets the optimiser see that there are no rows: joins and unions with it vanish from the plan."""
        return self.spark.createDataFrame([], table.schema).limit(0)

    def update(self, table: Table, values: Mapping[str, str], condition: str) -> int:
        """Set columns to SQL expressions where a condition holds; gives the number of rows. (No DataFrame can.)"""
        assignments = ", ".join(f"{ident(column)} = {value}" for column, value in values.items())
        statement = f"UPDATE {self.name(table.layer, table.name)} SET {assignments} WHERE {condition}"  # noqa: S608
        return int(self.spark.sql(statement).collect()[0]["num_affected_rows"])

    def merge(self, table: Table, rows: DataFrame, *, only_new: bool = False) -> None:
        """One commit of rows whose `_op` says insert, update or delete. Raises ConflictError if another one came first
        that touches what this one read. `only_new`: all of them say insert, which Delta does in one pass."""
        target, source = self.name(table.layer, table.name), rows.alias("s")
        on = reduce(Column.__and__, (F.col(f"{target}.{c}") == F.col(f"s.{c}") for c in table.key))
        values = {c: F.col(f"s.{c}") for c in table.column_names}
        merge = source.mergeInto(target, on)
        if only_new:
            new = merge.whenNotMatched()
        else:  # what another one has deleted first is not brought back
            merge = merge.whenMatched(F.col("s._op") == "delete").delete().whenMatched().update(values)
            new = merge.whenNotMatched(F.col("s._op") != "delete")
        try:
            new.insert(values).merge()
        except Exception as error:
            raise _conflict(table, error) from None


LOST_RACES = ("DELTA_CONCURRENT", "DELTA_METADATA_CHANGED", "DELTA_PROTOCOL_CHANGED", "WITH_NON_EMPTY_LOCATION")


def _conflict(table: Table, error: Exception) -> Exception:
    """What Delta says when another writer came first, in our words; any other error as it is."""
    if not any(condition in str(error) for condition in LOST_RACES):
        return error
    return ConflictError(
        f"{table.full_name}: another run wrote it at the same time, and came first. Nothing of this one was written: "
        "run the job again"
    )


def _state(commit: Row) -> str:
    """Collected instants are in the zone of this process."""
    return f"{commit.version}@{commit.timestamp.astimezone(UTC).replace(tzinfo=None).isoformat()}"


def parse_state(state: str) -> tuple[int, str]:
    """Version and time (UTC) of a state."""
    version, _, at = state.partition("@")
    return int(version), at


def _properties(table: Table) -> dict[str, str]:
    """Delta's log keeps min/max values longer than VACUUM keeps files, so tables with personal data collect none for
    text columns (including `_rescued`) or the payload hash."""
    if not any(column.personal for column in table.fields):
        return PROPERTIES
    measured = (c.name for c in table.fields if _MEASURED.match(c.type) and c.name != "_payload")
    return PROPERTIES | {STATISTICS: ",".join(measured)}


@cache
def _struct(schema: str) -> StructType:
    return cast(StructType, StructType.fromDDL(schema))
