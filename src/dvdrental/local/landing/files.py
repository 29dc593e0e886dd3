"""JSON lines as destination-s3 writes them to an object store."""

import gzip
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

from dvdrental.local.landing.records import Record, Sync

ROWS_A_PART = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Line = Callable[[Sync, Record], str]


@dataclass(frozen=True)
class JsonFiles:
    stream: PurePath
    upload: str
    suffix: str
    parts: Sequence[bytes]

    def replace(self, folder: Path, *, interrupted: bool) -> None:
        """New files come first; the older ones go only after that, and stay when the sync is interrupted."""
        older = list((folder / self.stream).glob("*.jsonl*"))
        self.append(folder)
        if not interrupted:
            for file in older:
                file.unlink()

    def append(self, folder: Path) -> None:
        target = folder / self.stream
        target.mkdir(parents=True, exist_ok=True)
        for number, part in enumerate(self.parts, start=self._free_number(target)):
            (target / f"{self.upload}_{number}{self.suffix}").write_bytes(part)

    def _free_number(self, target: Path) -> int:
        """A second upload in the same millisecond must not write over the first."""
        names = (re.match(rf"{self.upload}_(\d+)", file.name) for file in target.iterdir())
        return max((int(name[1]) + 1 for name in names if name), default=0)


def plain(sync: Sync, stream: str, records: Sequence[Record], line: Line) -> JsonFiles:
    return _files(sync, stream, ".jsonl", _parts(sync, records, line))


def gzipped(sync: Sync, stream: str, records: Sequence[Record], line: Line) -> JsonFiles:
    parts = [gzip.compress(part, mtime=0) for part in _parts(sync, records, line)]
    return _files(sync, stream, ".jsonl.gz", parts)


def data_as_object(sync: Sync, record: Record, quote: str = "") -> str:
    return f'{{{_head(sync, record, quote)},"_airbyte_data":{record.data}}}'


def integers_as_text(sync: Sync, record: Record) -> str:
    return data_as_object(sync, record, quote='"')


def data_at_root(sync: Sync, record: Record) -> str:
    return f"{{{_head(sync, record)},{record.data[1:]}"


def before_1_0(sync: Sync, record: Record) -> str:
    emitted_at = sync.milliseconds
    return f'{{"_airbyte_ab_id":"{record.raw_id}","_airbyte_emitted_at":{emitted_at},"_airbyte_data":{record.data}}}'


def _head(sync: Sync, record: Record, quote: str = "") -> str:
    return (
        f'"_airbyte_raw_id":"{record.raw_id}","_airbyte_extracted_at":{quote}{sync.milliseconds}{quote},'
        f'"_airbyte_meta":{sync.meta(record.nulled)},"_airbyte_generation_id":{quote}{sync.generation}{quote}'
    )


def _parts(sync: Sync, records: Sequence[Record], line: Line) -> list[bytes]:
    starts = range(0, len(records), ROWS_A_PART)
    chunks = (records[start : start + ROWS_A_PART] for start in starts)
    return ["".join(f"{line(sync, record)}\n" for record in chunk).encode() for chunk in chunks]


def _files(sync: Sync, stream: str, suffix: str, parts: Sequence[bytes]) -> JsonFiles:
    day = _EPOCH + timedelta(milliseconds=sync.milliseconds)
    return JsonFiles(PurePath(sync.namespace, stream), f"{day:%Y_%m_%d}_{sync.milliseconds}", suffix, parts)
