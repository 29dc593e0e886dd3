"""A lakehouse in a folder: `<lake>/<schema>/<table>`, landing included, one lake per source."""

import errno
import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from deltalake import DeltaTable
from pyspark.sql import SparkSession

from dvdrental.errors import DvdRentalError
from dvdrental.lake import Lake
from dvdrental.local.landing import Database, Envelope, SourceError, write_landing
from dvdrental.local.session import CATALOG, delta_tables, has_commit, register
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
UNFINISHED = ""
"""Fingerprint of a landing until all of it is written: it is that of no source."""


class LakeInUseError(DvdRentalError):
    """Another process runs on the lake."""


class NoLakeError(DvdRentalError):
    """There is no lake in the folder, or can be none."""


def default_folder(source: str) -> Path:
    """Each source has its own lake: another source would look like a mass delete. Raises SourceError if the address of
    a database is none."""
    if source == "sample":
        return LAKES / "sample"
    name = _name_of_database(source) if "://" in source else Path(source).stem
    name = f"{name}_dump" if name in ("sample", "demo") else name
    return LAKES / re.sub(r"[^\w.-]", "_", name)


def _name_of_database(source: str) -> str:
    try:
        url = urlsplit(re.sub(r"//[^/]*@", "//", source))  # a password may hold anything
    except ValueError:
        raise SourceError("the address of the source cannot be understood: check its host and port") from None
    return f"{url.netloc.lower().removesuffix(':5432') or 'localhost'}_{url.path.strip('/')}"


def find_lake(folder: Path | None) -> Path:
    """The folder, or the lake that was written last. Raises NoLakeError with the lakes that there are."""
    if folder is None:
        if not (lakes := all_lakes()):
            raise NoLakeError(f"there is no lake in {LAKES}/ yet: run `make run` first, or name one with --lake")
        return lakes[-1]
    _require_plain(folder)
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
    return has_commit(folder / STEP.layer / STEP.name)


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
    _require_plain(folder)
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
        _remove_empty_logs(folder)
        yield


def _remove_empty_logs(folder: Path) -> None:
    """A crash may leave the folder of a table without a commit, and in such a one Spark makes no table."""
    for log in folder.glob("*/*/_delta_log"):
        if not has_commit(log.parent) and list(log.parent.iterdir()) == [log]:
            shutil.rmtree(log.parent)


def _require_plain(folder: Path) -> None:
    """Spark takes some signs in a path for a pattern, and Delta's library some for a code, or none at all."""
    if re.search(r"[][{}*?\\]|%[0-9A-Fa-f]{2}", str(folder.resolve())):
        raise NoLakeError(
            f"{folder.resolve()}: no lake can lie in a path with one of [ ] {{ }} * ? \\ or % before two hex digits: "
            "name another folder with --lake"
        )


def in_use(folder: Path) -> bool:
    """Whether a run is working on the lake, asked without writing. Where nothing can be locked, none can run."""
    try:
        with (folder / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def land(database: Database, folder: Path, envelope: Envelope, now: datetime | None = None) -> bool:
    """Write the landing as one Airbyte sync; False, and nothing written, when the source is as at the last one."""
    state_file = folder / STATE
    none: dict[str, Any] = {"generation": 0, "fingerprint": None, "envelope": envelope}
    state = _state(folder) if state_file.exists() else none
    text = json.dumps([envelope, database], ensure_ascii=False)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    if fingerprint == state["fingerprint"]:
        state_file.touch()
        return False
    new = {"generation": int(state["generation"]) + 1, "envelope": envelope}
    was_other = state["envelope"] != envelope or state["fingerprint"] == UNFINISHED

    def begin() -> None:
        _write_state(folder, new | {"fingerprint": UNFINISHED})
        if was_other and (folder / LANDING).exists():
            shutil.rmtree(folder / LANDING)  # its tables would be read instead

    write_landing(
        database,
        folder / LANDING,
        envelope=envelope,
        extracted_at=now or datetime.now(UTC),
        generation=int(new["generation"]),
        before_writing=begin,
    )
    _forget_older_files(folder / LANDING)
    _write_state(folder, new | {"fingerprint": fingerprint})
    return True


def _forget_older_files(landing: Path) -> None:
    """Who was erased in the source is not to stay in files that a newer landing has replaced. (A VACUUM would be two
    commits, which each run would have to look behind.)"""
    for table in delta_tables(landing):
        used = {unquote(uri.rpartition("/")[2]) for uri in DeltaTable(table).file_uris()}
        for file in table.glob("*.parquet"):
            if file.name not in used:
                file.unlink()


def _write_state(folder: Path, state: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    new = (folder / STATE).with_suffix(".new")
    new.write_text(json.dumps(state))
    new.replace(folder / STATE)  # atomic: an interruption leaves the old file


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
    """Form of the landing that was written last. Raises NoLakeError if that was interrupted: it is of two sources."""
    state = _state(folder)
    if state["fingerprint"] == UNFINISHED:
        raise NoLakeError(f"the last landing in {folder} was interrupted: run its source again")
    envelope: Envelope = state["envelope"]
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
        if has_commit(folder / view.source.layer / view.source.name):
            lake.create_view(view)
    return lake
