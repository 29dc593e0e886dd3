"""Functions that return Columns, used by more than one table."""

from datetime import datetime, timedelta

from pyspark.sql import Column
from pyspark.sql import functions as F

UNKNOWN = -1
"""Surrogate and natural key of the unknown member."""

EPOCH = "1970-01-01 00:00:00"
"""Start of the first version of every key: what the first landing holds is assumed to have held before."""


def epoch() -> Column:
    return moment(EPOCH)


def moment(instant: datetime | str | None) -> Column:
    """Literal TIMESTAMP_NTZ. (F.lit of a datetime would be a TIMESTAMP in the zone of this process.)"""
    return F.lit(None if instant is None else str(instant)).cast("timestamp_ntz")


def surrogate_key(*columns: str) -> Column:
    """64-bit hash. xxhash64 skips NULLs, so each part is first made a text that says whether it is NULL."""
    return F.xxhash64(*(F.coalesce(F.concat(F.lit("="), F.col(c).cast("string")), F.lit("-")) for c in columns))


def date_key(moment: str) -> Column:
    """Day of a timestamp as INT yyyymmdd; NULL for NULL."""
    return F.date_format(moment, "yyyyMMdd").cast("int")


def money(total: str) -> Column:
    """A sum of amounts, 0 where there is nothing to add up. (`na.fill` skips decimals.)"""
    return F.coalesce(total, F.lit(0)).cast("decimal(20,2)")


def utc(instant: Column) -> Column:
    """TIMESTAMP -> TIMESTAMP_NTZ in UTC, whatever the session's time zone (a cast would use that)."""
    return epoch() + F.unix_micros(instant) * F.lit(timedelta(microseconds=1))
