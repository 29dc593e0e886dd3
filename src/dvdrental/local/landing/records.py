"""Record messages: what the source hands to the destination, before that gives them its form."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dvdrental.local.landing.cdc import Change, cdc_fields
from dvdrental.local.landing.database import Row
from dvdrental.local.landing.spelling import Spelling, encoder, unserialisable
from dvdrental.local.landing.tokens import quoted

_RAW_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "landing.dvdrental.example.org")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sync:
    namespace: str
    extracted_at: datetime
    generation: int
    number: int

    def __post_init__(self) -> None:
        if self.extracted_at.tzinfo is None:
            raise ValueError("extracted_at needs a time zone")

    @property
    def milliseconds(self) -> int:
        """The connector counts the time of extraction in milliseconds: finer digits are cut off."""
        return (self.extracted_at - _EPOCH) // timedelta(milliseconds=1)

    def meta(self, nulled: dict[str, str]) -> str:
        changes = (
            f'{{"field":{quoted(field)},"change":"NULLED","reason":"{reason}"}}' for field, reason in nulled.items()
        )
        return f'{{"sync_id":{self.number},"changes":[{",".join(changes)}]}}'


@dataclass(frozen=True)
class Record:
    raw_id: str
    data: str
    nulled: dict[str, str]
    """Field that became null on the way -> reason."""


def records(sync: Sync, stream: str, changes: Iterable[Change], spelling: Spelling) -> list[Record]:
    """The same content gets other raw ids in another sync, and when it comes twice in one."""
    encode = encoder(stream, spelling)
    seen: Counter[str] = Counter()
    delivery = f"{sync.namespace}.{stream}/{sync.generation}/{sync.number}/{sync.milliseconds}"
    delivered = []
    for change in changes:
        row = change.image()
        data = _payload(change, row, encode, spelling)
        seen[data] += 1
        raw_id = str(uuid.uuid5(_RAW_IDS, f"{delivery}/{seen[data]}/{data}"))
        nulled = dict.fromkeys(unserialisable(stream, row, spelling), "SOURCE_SERIALIZATION_ERROR")
        delivered.append(Record(raw_id, data, nulled))
    return delivered


def _payload(change: Change, row: Row, encode: Callable[[Row], str], spelling: Spelling) -> str:
    data = encode(row)
    if change.lsn is None or change.at is None:
        return data
    return f"{data[:-1]},{cdc_fields(change.lsn, change.at, change.deleted, spelling)}}}"
