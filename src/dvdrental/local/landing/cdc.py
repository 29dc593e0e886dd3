"""Changes as a CDC sync sees them: their `_ab_cdc_*` fields, deletes, values that were not sent."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from dvdrental.local.landing.database import Row
from dvdrental.local.landing.schema import TABLES
from dvdrental.local.landing.spelling import Spelling
from dvdrental.local.landing.tokens import java_double

LSN = "_ab_cdc_lsn"
UPDATED_AT = "_ab_cdc_updated_at"
DELETED_AT = "_ab_cdc_deleted_at"


class Unchanged(StrEnum):
    """Stands in a row for a large value that an update left as it was: PostgreSQL does not log it again.

    Written the way PostgreSQL would write it, so it is spelled like any other value of its column. text, varchar and
    tsvector occur with either of the first two.
    """

    TEXT = "__debezium_unavailable_value"
    OBJECT = "java.lang.Object@2c5e36a7"
    BYTEA = "\\x" + TEXT.encode().hex()
    ARRAY = "{" + TEXT + "}"


@dataclass(frozen=True)
class Change:
    """A row that an incremental sync delivers.

    CDC knows the position in the log (`lsn`) and the time of the commit (`at`), a cursor sync neither. The row of a
    delete needs its key only.
    """

    stream: str
    row: Row
    lsn: int | None = None
    at: datetime | None = None
    deleted: bool = False

    def __post_init__(self) -> None:
        if (self.lsn is None) != (self.at is None):
            raise ValueError("lsn and at belong together: CDC has both, a cursor sync neither")
        if self.deleted and self.lsn is None:
            raise ValueError("only CDC sees deletes: give lsn and at")
        if self.at is not None and self.at.tzinfo is None:
            raise ValueError("at needs a time zone")

    def image(self) -> Row:
        return _tombstone(self.stream, self.row) if self.deleted else self.row


def _tombstone(stream: str, row: Row) -> Row:
    """With REPLICA IDENTITY DEFAULT the log holds the key of a deleted row; Debezium makes up the rest."""
    source = TABLES[stream]
    return {
        column: row[column] if column in source.key else _MADE_UP.get(pg_type.partition("(")[0])
        for column, pg_type in source.columns.items()
    }


def cdc_fields(lsn: int, at: datetime, deleted: bool, spelling: Spelling) -> str:
    moment = f'"{_instant(at, spelling)}"'
    position = java_double(float(lsn)) if spelling == "v38" else str(lsn)
    return f'"{LSN}":{position},"{UPDATED_AT}":{moment},"{DELETED_AT}":{moment if deleted else "null"}'


def _instant(at: datetime, spelling: Spelling) -> str:
    """As Java's Instant.toString(), with 0, 3 or 6 digits; source 3.8 always writes 6."""
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return (text if spelling == "v38" else text.removesuffix(".000000").removesuffix("000")) + "Z"


_MADE_UP = {
    "smallint": "0",
    "integer": "0",
    "numeric": "0",
    "boolean": "f",
    "character": "",
    "character varying": "",
    "text": "",
    "tsvector": "",
}
