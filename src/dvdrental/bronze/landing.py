"""Where a stream's landing lies and what in it is new."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.bronze import envelope
from dvdrental.bronze.envelope import Envelope, raw_table_names
from dvdrental.bronze.streams import Stream
from dvdrental.columns import moment, utc
from dvdrental.errors import LandingError
from dvdrental.lake import Lake
from dvdrental.names import ident
from dvdrental.ops import Seen
from dvdrental.quality.rules import row_rules


class Landing(Protocol):
    @property
    def version(self) -> str:
        """Changes whenever the landing does."""

    @property
    def units_are_rows(self) -> bool:
        """Whether a unit is a row."""

    def units(self) -> DataFrame:
        """`position TIMESTAMP_NTZ` (when it was read or written) and `unit BIGINT` (its hash)."""

    def envelope(self, after: datetime | None = None) -> Envelope:
        """Rows of the units beyond a position; all without one."""


@dataclass(frozen=True)
class TableLanding:
    """A Delta table, read at one version."""

    version: str
    table: DataFrame
    units_are_rows = True

    def units(self) -> DataFrame:
        return self.envelope().rows.select(F.col("extracted_at").alias("position"), F.xxhash64("raw_id").alias("unit"))

    def envelope(self, after: datetime | None = None) -> Envelope:
        return envelope.of_table(self.table, after)


@dataclass(frozen=True)
class FileLanding:
    """JSON lines in a folder, plain or compressed."""

    version: str
    files: DataFrame
    lines: DataFrame
    units_are_rows = False

    def units(self) -> DataFrame:
        return units_of_files(self.files)

    def envelope(self, after: datetime | None = None) -> Envelope:
        lines = self.lines
        if after is not None:
            lines = lines.filter(utc(F.col("_metadata.file_modification_time")) > moment(after))
        return envelope.of_files(lines)


def open_landing(lake: Lake, stream: Stream) -> Landing:
    """Raises LandingError when there is none."""
    folder = lake.settings.landing_folder
    if folder is not None:
        return _landed_files(lake, stream, f"{folder}/{lake.settings.namespace}/{stream.name}")
    catalog, schema = lake.settings.landing_schema
    names = [ident(catalog, schema, name) for name in raw_table_names(lake.settings.namespace, stream.name)]
    for name in names:
        if lake.spark.catalog.tableExists(name):
            state, version = lake.state_of(name)
            return TableLanding(f"{state} {_reading(lake, stream)}", lake.version_of(name, version))
    raise LandingError(
        f"stream {stream.name}: no landing table in {catalog}.{schema}; looked for {', '.join(names)}. "
        "Let Airbyte sync the stream, or set the parameter `landing` to the schema it writes to"
    )


def _landed_files(lake: Lake, stream: Stream, folder: str) -> FileLanding:
    """Listed once, and read as listed: files may come and go meanwhile."""
    listing = lake.spark.read.format("binaryFile").option("recursiveFileLookup", "true")
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
    rows = lake.spark.createDataFrame(files, "path STRING, modificationTime TIMESTAMP, length BIGINT")
    lines = lake.spark.read.text([file.path for file in files])
    return FileLanding(f"{version} {_reading(lake, stream)}", rows, lines)


def _reading(lake: Lake, stream: Stream) -> str:
    """Hash of how a landing is read: the same landing read otherwise is another one."""
    rules = [(rule.name, rule.predicate) for rule in row_rules(stream.table)]
    how = repr((lake.settings.mode(stream.name), stream, rules))
    return hashlib.sha256(how.encode()).hexdigest()[:8]


def units_of_files(files: DataFrame) -> DataFrame:
    """From the listing that Spark's `binaryFile` source gives."""
    unit = F.xxhash64("path", "modificationTime", "length")
    return files.select(utc(F.col("modificationTime")).alias("position"), unit.alias("unit"))


def survey(landing: Landing, last: Seen | None) -> tuple[Seen, bool]:
    """What is there now, and whether all that lies below the last watermark was there at the last run."""
    watermark = last.watermark if last else None
    old = F.coalesce(F.col("position") <= moment(watermark), F.lit(True)) if watermark else F.lit(False)
    row = landing.units().agg(
        F.max("position").alias("watermark"),
        F.count("*").alias("units"),
        F.bit_xor("unit").alias("digest"),
        F.count_if(old).alias("old_units"),
        F.bit_xor(F.when(old, F.col("unit"))).alias("old_digest"),
    )
    now = row.collect()[0]
    complete = watermark is not None and (now.old_units, now.old_digest) == (last and last.units, last and last.digest)
    return Seen(landing.version, now.watermark, now.units, now.digest), complete
