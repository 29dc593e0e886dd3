"""Packs rows into an archive as pg_dump does, with an encoder written from PostgreSQL's documentation."""

import io
import tarfile
from pathlib import Path

_ESCAPES = {
    "\\": r"\\",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
}


def copy_line(values):
    fields = (r"\N" if value is None else "".join(_ESCAPES.get(c, c) for c in value) for value in values)
    return "\t".join(fields) + "\n"


def dump_members(database):
    """Name -> content of the files of a dump of `database`, in pg_dump's order: restore.sql comes last."""
    members = {"toc.dat": b"PGDMP"}
    script = "SET client_encoding = 'UTF8';\n"
    for number, (table, rows) in enumerate(database.items(), start=3001):
        columns = ", ".join(rows[0])
        script += f"COPY public.{table} ({columns}) FROM stdin;\n\\.\n"
        script += f"COPY public.{table} ({columns}) FROM '$$PATH$$/{number}.dat';\n\n"
        members[f"{number}.dat"] = ("".join(copy_line(row.values()) for row in rows) + "\\.\n\n\n").encode()
    return members | {"restore.sql": script.encode()}


def pack(members, path: Path, mode="w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path
