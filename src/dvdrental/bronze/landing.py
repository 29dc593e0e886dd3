"""Where a stream's landing lies and what in it is new."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.bronze import envelope
from dvdrental.bronze.envelope import Envelope
from dvdrental.columns import moment, utc
from dvdrental.ops import Seen


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
