"""A lakehouse in a folder: `<lake>/<schema>/<table>`, landing included, one lake per source."""

import fcntl
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from pyspark.sql import SparkSession

from dvdrental import ledger_views
from dvdrental.errors import DvdRentalError
from dvdrental.gold import preset_rental_obt
from dvdrental.lake import Lake
from dvdrental.local.landing import Database, Envelope, write_landing
from dvdrental.local.session import CATALOG, register
from dvdrental.settings import Settings

LAKES = Path("lake")
LANDING = "landing"
STAGING = "staging"
REPORTS = "reports"
STATE = ".source.json"
"""What was landed last; a folder without it is no lake."""


class LakeInUseError(DvdRentalError):
    """Another process runs on the lake."""


class NoLakeError(DvdRentalError):
    """There is no lake in the folder."""


def default_folder(source: str) -> Path:
    """Each source has its own lake: another source would look like a mass delete."""
    if source == "sample":
        return LAKES / "sample"
    url = urlsplit(source)
    name = f"{url.hostname or 'localhost'}_{url.path.strip('/')}" if url.scheme else Path(source).stem
    return LAKES / re.sub(r"[^\w.-]", "_", name)


def newest_folder() -> Path:
    """The lake that was written last."""
    lakes = sorted(LAKES.glob(f"*/{STATE}"), key=lambda file: file.stat().st_mtime)
    if not lakes:
        raise NoLakeError(f"there is no lake in {LAKES}/ yet: run `make run` first, or name one with --lake")
    return lakes[-1].parent


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One run at a time per lake. The lock goes with the process, however that ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LakeInUseError(f"another run is working on {folder}: wait for it, or name another --lake") from None
        yield


def land(database: Database, folder: Path, envelope: Envelope, now: datetime | None = None) -> bool:
    """Write the landing as one Airbyte sync; False, and nothing written, when the source is as at the last one."""
    state_file = folder / STATE
    state = json.loads(state_file.read_text() if state_file.exists() else '{"generation": 0, "fingerprint": ""}')
    text = json.dumps([envelope, database], ensure_ascii=False)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    if fingerprint == state["fingerprint"]:
        state_file.touch()
        return False
    generation = int(state["generation"]) + 1
    moment = now or datetime.now(UTC)
    write_landing(database, folder / LANDING, envelope=envelope, extracted_at=moment, generation=generation)
    state_file.write_text(json.dumps({"generation": generation, "fingerprint": fingerprint, "envelope": envelope}))
    return True


def landed_envelope(folder: Path) -> Envelope:
    """Form of the landing that was written last."""
    envelope: Envelope = json.loads((folder / STATE).read_text())["envelope"]
    return envelope


def parameters(folder: Path, run_id: str, envelope: Envelope = "v2") -> dict[str, str]:
    """Job parameters that differ on this machine."""
    landing = str(folder.resolve() / LANDING) if envelope.startswith("jsonl") else LANDING
    own = {name: str(folder.resolve() / name) for name in (STAGING, REPORTS)}
    return {"catalog": CATALOG, "landing": landing, "run_id": run_id} | own


def open_lake(spark: SparkSession, folder: Path, run_id: str = "manual") -> Lake:
    settings = Settings(**parameters(folder, run_id))
    for schema in ("bronze", "silver", "gold", "ops", LANDING):
        (folder / schema).mkdir(parents=True, exist_ok=True)
    register(spark, folder)
    lake = Lake(spark, settings)
    for view in (*ledger_views.VIEWS, preset_rental_obt.VIEW):
        if (folder / view.source.layer / view.source.name).exists():
            lake.create_view(view)
    return lake
