"""Lake: the only code that reads or writes tables."""

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dvdrental.bronze.envelope import raw_table_names
from dvdrental.bronze.streams import STREAMS, Stream
from dvdrental.errors import LandingError
from dvdrental.names import ident, literal
from dvdrental.ops import STEP
from dvdrental.settings import Settings
from dvdrental.table import Table, View


class Lake:
    """One run's view of the tables: a Spark session and the names that the settings give."""

    def __init__(self, spark: SparkSession, settings: Settings) -> None:
        self.spark = spark
        self.settings = settings

    @classmethod
    def open(cls, spark: SparkSession, dbutils: Any) -> "Lake":
        return cls(spark, Settings.from_widgets(dbutils))

    def name(self, layer: str, table: str) -> str:
        return ident(self.settings.catalog, self.settings.schema(layer), table)

    def read(self, table: Table | View) -> DataFrame:
        return self.spark.table(self.name(table.layer, table.name))

    def changes(self, stream: str) -> DataFrame:
        """Change log of a source table."""
        return self.read(STREAMS[stream].table)

    def landing(self, stream: Stream) -> str:
        """Quoted name of the raw table that holds the stream's landing."""
        catalog, schema, _ = self.settings.landing_parts
        names = [ident(catalog, schema, name) for name in raw_table_names(self.settings.namespace, stream.name)]
        for name in names:
            if self.spark.catalog.tableExists(name):
                return name
        raise LandingError(
            f"stream {stream.name}: no landing table in {catalog}.{schema}; looked for {', '.join(names)}. "
            "Let Airbyte sync the stream, or set the parameter `landing` to the schema it writes to"
        )

    def create(self, table: Table) -> None:
        """Create the table from its contract unless it exists."""
        columns = ", ".join(
            f"{ident(c.name)} {c.type}{' NOT NULL' if c.required else ''} COMMENT {literal(c.comment)}"
            for c in table.fields
        )
        self.spark.sql(
            f"CREATE TABLE IF NOT EXISTS {self.name(table.layer, table.name)} ({columns}) "
            f"USING DELTA COMMENT {literal(table.grain)}"
        )

    def create_view(self, view: View) -> None:
        columns = ", ".join(f"{ident(source)} AS {ident(name)}" for name, source in view.columns.items())
        self.spark.sql(
            f"CREATE OR REPLACE VIEW {self.name(view.layer, view.name)} COMMENT {literal(view.comment)} "
            f"AS SELECT {columns} FROM {self.name(view.source.layer, view.source.name)}"
        )

    def version(self, name: str) -> int:
        """Newest Delta version of a table, by its quoted name."""
        return int(self.spark.sql(f"DESCRIBE HISTORY {name} LIMIT 1").select("version").collect()[0][0])

    def state(self, name: str) -> str:
        """Version and commit time: a table that was dropped and made again never looks unchanged."""
        last = self.spark.sql(f"DESCRIBE HISTORY {name} LIMIT 1").select("version", "timestamp").collect()[0]
        return f"{last['version']}@{last['timestamp'].isoformat()}"

    def last_landing_version(self, table: Table) -> str | None:
        """What the last step that succeeded saw of the landing of a bronze table."""
        self.create(STEP)
        steps = self.read(STEP).filter((F.col("table_name") == table.full_name) & (F.col("status") != "failed"))
        return steps.agg(F.max_by("landing_version", "started_at")).collect()[0][0]

    def stage_name(self, table: Table) -> str:
        """Quoted name of the run's own staging table, so that two runs never share one."""
        run = self.settings.run_id.replace("-", "_")
        return self.name("ops", f"stage_{table.layer}_{table.name}_{run}")

    def write_stage(self, name: str, rows: DataFrame) -> DataFrame:
        """Materialise rows, and give them back as they lie on disk: what is audited is what is published."""
        self.drop_stage(name)
        # Made empty first: Spark reports observed metrics of an append, not of a write that creates the table.
        self.spark.catalog.createTable(name, source="delta", schema=rows.schema)
        rows.write.format("delta").mode("append").saveAsTable(name)
        return self.spark.table(name)

    def drop_stage(self, name: str) -> None:
        self.spark.sql(f"DROP TABLE IF EXISTS {name}")

    def append(self, table: Table, rows: DataFrame) -> None:
        """One commit. Columns are matched by name; the contract's types are enforced by Delta."""
        writer = rows.select(*table.column_names).write.format("delta").mode("append")
        writer.option("userMetadata", self.settings.run_id).saveAsTable(self.name(table.layer, table.name))

    def append_row(self, table: Table, row: Mapping[str, Any]) -> None:
        schema = ", ".join(f"{column.name} {column.type}" for column in table.fields)
        values = [tuple(row[column] for column in table.column_names)]
        self.create(table)
        self.append(table, self.spark.createDataFrame(values, schema))

    def merge(self, table: Table, source: str, insert_only: bool = False) -> None:
        """One commit from a staged table (quoted name) whose `_op` says insert, update or delete per row."""
        on = " AND ".join(f"t.{ident(c)} = s.{ident(c)}" for c in table.key)
        updates = ", ".join(f"{ident(c)} = s.{ident(c)}" for c in table.column_names)
        columns = ", ".join(ident(c) for c in table.column_names)
        values = ", ".join(f"s.{ident(c)}" for c in table.column_names)
        matched = (
            ""
            if insert_only
            else f"WHEN MATCHED AND s._op = 'delete' THEN DELETE WHEN MATCHED THEN UPDATE SET {updates} "
        )
        self.spark.sql(
            f"MERGE INTO {self.name(table.layer, table.name)} t USING {source} s ON {on} {matched}"
            f"WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})"
        )
