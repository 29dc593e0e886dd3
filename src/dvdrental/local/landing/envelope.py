"""Lands what one Airbyte sync delivers, in the envelope of any destination version that is still in use."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

from dvdrental.local.landing import files
from dvdrental.local.landing.cdc import Change
from dvdrental.local.landing.database import Database
from dvdrental.local.landing.direct import direct
from dvdrental.local.landing.files import JsonFiles
from dvdrental.local.landing.records import Record, Sync, records
from dvdrental.local.landing.spelling import Spelling
from dvdrental.local.landing.tables import DeltaRows, v1, v2

Envelope = Literal[
    "v1", "v2_bare", "v2_2x", "v2", "direct", "jsonl", "jsonl_gzip", "jsonl_text", "jsonl_flat", "jsonl_old"
]
"""What the destination makes of the records.

- `v1`: raw table of destination-databricks 1.x.
- `v2_bare`, `v2_2x`, `v2`: raw table of 2.x and 3.x: without meta and generation, with meta only, with both.
- `direct`: typed table of 4.x, named like its stream.
- `jsonl`, `jsonl_gzip`: files `<namespace>/<stream>/<date>_<epoch ms>_<part>.jsonl[.gz]` in an object store.
- `jsonl_text`: its two integers in quotes. `jsonl_flat`: the fields at the root of the line.
- `jsonl_old`: as before destination-s3 1.0.
"""


def write_landing(
    database: Database,
    folder: Path,
    *,
    envelope: Envelope = "v2",
    spelling: Spelling = "jdbc",
    extracted_at: datetime,
    namespace: str = "public",
    generation: int = 1,
    lsn: int | None = None,
    interrupted: bool = False,
    before_writing: Callable[[], None] = lambda: None,
) -> None:
    """Replaces what lies in `folder` of every stream: a full refresh, or with an lsn the snapshot of a CDC sync.

    An interrupted sync leaves the older generation in place and its own beside it. Nothing is written before all rows
    of all streams are spelled out: a source with a value that cannot be spelled leaves everything as it was.
    """
    at = None if lsn is None else extracted_at
    changes = {stream: [Change(stream, row, lsn, at) for row in rows] for stream, rows in database.items()}
    sync = Sync(namespace, extracted_at, generation, number=generation)
    spelled = _landed(sync, changes, envelope, spelling)
    before_writing()
    for landed in spelled:
        landed.replace(folder, interrupted=interrupted)


def append_landing(
    changes: Iterable[Change],
    folder: Path,
    *,
    envelope: Envelope = "v2",
    spelling: Spelling = "wal",
    extracted_at: datetime,
    namespace: str = "public",
    generation: int = 1,
    sync: int = 1,
) -> None:
    """Adds to what lies in `folder`, in the order given. Rows of a cursor sync are spelled `jdbc` or `v38`."""
    streams = defaultdict(list)
    for change in changes:
        streams[change.stream].append(change)
    for landed in _landed(Sync(namespace, extracted_at, generation, sync), streams, envelope, spelling):
        landed.append(folder)


def _landed(
    sync: Sync, streams: Mapping[str, Sequence[Change]], envelope: Envelope, spelling: Spelling
) -> list[DeltaRows | JsonFiles]:
    form = _FORMS[envelope]
    return [form(sync, stream, records(sync, stream, changes, spelling)) for stream, changes in streams.items()]


_FORMS: dict[Envelope, Callable[[Sync, str, list[Record]], DeltaRows | JsonFiles]] = {
    "v1": v1,
    "v2_bare": partial(v2, without=("_airbyte_meta", "_airbyte_generation_id")),
    "v2_2x": partial(v2, without=("_airbyte_generation_id",)),
    "v2": v2,
    "direct": direct,
    "jsonl": partial(files.plain, line=files.data_as_object),
    "jsonl_gzip": partial(files.gzipped, line=files.data_as_object),
    "jsonl_text": partial(files.plain, line=files.integers_as_text),
    "jsonl_flat": partial(files.plain, line=files.data_at_root),
    "jsonl_old": partial(files.plain, line=files.before_1_0),
}
