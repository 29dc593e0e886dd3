"""Reads a pg_dump tar archive directly: restore.sql names the tables, the .dat members hold their rows."""

import re
import tarfile
import zlib
from pathlib import Path
from typing import BinaryIO

from dvdrental.local.landing import copytext
from dvdrental.local.landing.database import Database, Row, SourceError, require_tables
from dvdrental.local.landing.schema import TABLES

_COPY = re.compile(r"^COPY (?:public\.)?(\w+) \(([^)]+)\) FROM '\$\$PATH\$\$/(\w+\.dat)';", re.MULTILINE)
_ENCODING = re.compile(r"^SET client_encoding = '(.+?)';", re.MULTILINE)
_DUMP_AGAIN = "name another file, or dump again with `pg_dump --format=tar`"
_OTHER_FORMATS = {
    b"PGDMP": f"a pg_dump archive of the custom format: {_DUMP_AGAIN}",
    b"PK\x03\x04": "a zip file: unzip it and give the dvdrental.tar inside",
}
_BROKEN = (tarfile.TarError, EOFError, zlib.error)


def read_archive(path: Path) -> Database:
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except FileNotFoundError:
        raise
    except IsADirectoryError:
        raise SourceError(
            f"{path} is a folder: give the tar archive itself, or pack the extracted one with "
            f"`tar -cf dvdrental.tar -C {path} .`"
        ) from None
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read ({error.strerror or error}): check the path and its permissions"
        ) from None


def _read(file: BinaryIO, path: Path) -> Database:
    try:
        archive = tarfile.open(fileobj=file)  # noqa: SIM115
    except _BROKEN:
        raise SourceError(f"{path} is {_kind(file)}") from None
    with archive:
        try:
            members = {member.name.removeprefix("./"): member for member in archive.getmembers()}
            contents = _Contents(archive, members, path)
            return contents.database()
        except _BROKEN:
            raise _cut_off(path) from None


def _kind(file: BinaryIO) -> str:
    file.seek(0)
    start = file.read(8)
    known = [text for magic, text in _OTHER_FORMATS.items() if start.startswith(magic)]
    return known[0] if known else f"not a tar archive: {_DUMP_AGAIN}"


def _cut_off(path: Path, part: str = "") -> SourceError:
    return SourceError(f"{part}{path} is cut off or damaged: download it again, or {_DUMP_AGAIN}")


class _Contents:
    def __init__(self, archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo], path: Path) -> None:
        self._archive = archive
        self._members = members
        self._path = path

    def database(self) -> Database:
        script = self._script()
        copies = {table: (columns.split(", "), member) for table, columns, member in _COPY.findall(script)}
        if "\nCOPY " not in script:
            raise SourceError(
                f"{self._path} holds no COPY data: dump again with `pg_dump --format=tar`, "
                "without --inserts, --column-inserts, --rows-per-insert and --schema-only"
            )
        require_tables({table: columns for table, (columns, _) in copies.items()}, str(self._path))
        return {table: self._rows(table, *copies[table]) for table in TABLES}

    def _script(self) -> str:
        if "restore.sql" not in self._members:
            raise self._without_script()
        script = self._bytes("restore.sql").decode(errors="replace")
        encoding = _ENCODING.search(script)
        if encoding and encoding[1] != "UTF8":
            raise SourceError(f"{self._path} is in {encoding[1]}: dump again with --encoding=UTF8")
        return script.replace("\r\n", "\n")

    def _without_script(self) -> SourceError:
        for name in self._members:
            folder, _, file = name.rpartition("/")
            if folder and file in ("toc.dat", "restore.sql"):
                return SourceError(
                    f"{self._path} holds the folder {folder} instead of the dump's files: run "
                    f"`tar -xf {self._path}`, then `tar -cf fixed.tar -C {folder} .`, and give fixed.tar"
                )
            if file.endswith(".tar") and not file.startswith("._"):
                return SourceError(
                    f"{self._path} only wraps the archive {name}: run `tar -xf {self._path}` and give {name}"
                )
        if "toc.dat" in self._members:
            return _cut_off(self._path)
        return SourceError(f"{self._path} is a tar without restore.sql, so no dump: {_DUMP_AGAIN}")

    def _rows(self, table: str, columns: list[str], member: str) -> list[Row]:
        wanted = TABLES[table]
        if member not in self._members:
            raise _cut_off(self._path)
        data = self._bytes(member)
        try:
            if not data.rstrip(b"\n").endswith(copytext.END):
                raise ValueError
            rows = copytext.parse_rows(data, columns, wanted.columns)
            return sorted(rows, key=lambda row: [int(row[column] or "") for column in wanted.key])
        except ValueError:
            raise _cut_off(self._path, f"{table} ({member}) in ") from None

    def _bytes(self, member: str) -> bytes:
        file = self._archive.extractfile(self._members[member])
        if file is None:
            raise _cut_off(self._path)
        return file.read()
