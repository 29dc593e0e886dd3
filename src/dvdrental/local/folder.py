"""A lakehouse in a folder: `<lake>/<schema>/<table>`, landing included, one lake per source."""

import errno
import fcntl
import hashlib
import json
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pyspark.sql import SparkSession

from dvdrental.errors import DvdRentalError
from dvdrental.lake import Lake
from dvdrental.local.landing import Database, Envelope, write_landing
from dvdrental.local.session import CATALOG, register
from dvdrental.ops import STEP
from dvdrental.settings import Settings
from dvdrental.tables import VIEWS

LAKES = Path("lake")
LANDING = "landing"
STAGING = "staging"
REPORTS = "reports"
LOCK = ".lock"
STATE = ".source.json"
"""What was landed last; a folder without it is no lake."""


class LakeInUseError(DvdRentalError):
    """Another process runs on the lake."""


class NoLakeError(DvdRentalError):
    """There is no lake in the folder, or can be none."""


def default_folder(source: str) -> Path:
    """Each source has its own lake: another source would look like a mass delete."""
    if source == "sample":
        return LAKES / "sample"
    url = urlsplit(source)
    name = f"{url.hostname or 'localhost'}_{url.path.strip('/')}" if url.scheme else Path(source).stem
    return LAKES / re.sub(r"[^\w.-]", "_", name)


def find_lake(folder: Path | None) -> Path:
    """The folder, or the lake that was written last. Raises NoLakeError with the lakes that there are."""
    if folder is None:
        if not (lakes := all_lakes()):
            raise NoLakeError(f"there is no lake in {LAKES}/ yet: run `make run` first, or name one with --lake")
        return lakes[-1]
    if not (folder / STATE).is_file():
        there = ", ".join(map(str, all_lakes()))
        raise NoLakeError(f"{folder} is no lake: {f'name one of {there}' if there else 'run `make run` first'}")
    return folder


def lake_with_ledger(folder: Path | None) -> Path:
    """As find_lake, among lakes on which a run has begun: only those have a ledger."""
    folder = folder or next(filter(_has_a_ledger, reversed(all_lakes())), None)
    folder = find_lake(folder)
    if not _has_a_ledger(folder):
        rebuild = f".venv/bin/dvdrental rebuild --lake {shlex.quote(str(folder))}"
        raise NoLakeError(f"nothing has run on {folder} yet: `{rebuild}`")
    return folder


def _has_a_ledger(folder: Path) -> bool:
    return (folder / STEP.layer / STEP.name).is_dir()


def all_lakes() -> list[Path]:
    """Those in the usual place, the one written last at the end."""
    states = sorted(LAKES.glob(f"*/{STATE}"), key=lambda file: file.stat().st_mtime)
    return [file.parent for file in states]


def is_out_of_space(error: BaseException | None) -> bool:
    """Whether a full disk caused an error: Python, Java and Rust all quote the system's words for it."""
    while error is not None:
        if os.strerror(errno.ENOSPC) in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One run at a time per lake. The lock ends with the process, however that ends."""
    if folder.exists() and not folder.is_dir():
        raise NoLakeError(f"{folder} is a file: name a folder with --lake")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LakeInUseError(f"another run is working on {folder}: wait for it, or name another --lake") from None
        except OSError as error:
            raise NoLakeError(
                f"{folder}: this file system cannot lock ({error.strerror}): put the lake on a local disk (--lake)"
            ) from None
        yield


def in_use(folder: Path) -> bool:
    """Whether a run is working on the lake. Where nothing can be locked, none can run."""
    try:
        with locked(folder):
            return False
    except LakeInUseError:
        return True
    except NoLakeError:
        return False


def land(database: Database, folder: Path, envelope: Envelope, now: datetime | None = None) -> bool:
    """Write the landing as one Airbyte sync; False, and nothing written, when the source is as at the last one."""
    state_file = folder / STATE
    state: dict[str, Any] = _state(folder) if state_file.exists() else {"generation": 0, "fingerprint": ""}
    text = json.dumps([envelope, database], ensure_ascii=False)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    if fingerprint == state["fingerprint"]:
        state_file.touch()
        return False
    generation = int(state["generation"]) + 1
    moment = now or datetime.now(UTC)
    write_landing(database, folder / LANDING, envelope=envelope, extracted_at=moment, generation=generation)
    new = state_file.with_suffix(".new")
    new.write_text(json.dumps({"generation": generation, "fingerprint": fingerprint, "envelope": envelope}))
    new.replace(state_file)  # atomic: an interruption leaves the old file
    return True


def _state(folder: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((folder / STATE).read_text())
    except ValueError:
        raise NoLakeError(
            f"{folder / STATE} is damaged: begin a new --lake. Or, in the mode overwrite, delete it: the next "
            "`.venv/bin/dvdrental run` lands its source anew, and finds unchanged what has not changed"
        ) from None
    return state


def landed_envelope(folder: Path) -> Envelope:
    """Form of the landing that was written last."""
    envelope: Envelope = _state(folder)["envelope"]
    return envelope


def parameters(folder: Path, run_id: str, envelope: Envelope = "v2") -> dict[str, str]:
    """Job parameters that differ on this machine."""
    landing = str(folder.resolve() / LANDING) if envelope.startswith("jsonl") else LANDING
    own = {name: str(folder.resolve() / name) for name in (STAGING, REPORTS)}
    return {"catalog": CATALOG, "landing": landing, "run_id": run_id, "repair": "0"} | own


def open_lake(spark: SparkSession, folder: Path, run_id: str = "manual") -> Lake:
    settings = Settings(**parameters(folder, run_id))
    for schema in ("bronze", "silver", "gold", "ops", LANDING):
        (folder / schema).mkdir(parents=True, exist_ok=True)
    register(spark, folder)
    lake = Lake(spark, settings)
    for view in VIEWS.values():
        if (folder / view.source.layer / view.source.name).exists():
            lake.create_view(view)
    return lake
