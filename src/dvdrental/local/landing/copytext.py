"""PostgreSQL's COPY text format: one row a line, fields split by tabs, backslash escapes, `\\N` for NULL."""

import re
from collections.abc import Iterable, Iterator

from dvdrental.local.landing.database import Row

END = b"\\."
_FIELD = re.compile(rb"(?:[^\\\t]|\\.?)*", re.DOTALL)
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_CONTROL = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def parse_rows(data: bytes, columns: list[str], wanted: Iterable[str]) -> list[Row]:
    """Rows of the wanted columns; ValueError when a line does not have exactly `columns`."""
    order = list(wanted)
    rows = (dict(zip(columns, fields, strict=True)) for fields in parse(data))
    return [{column: row[column] for column in order} for row in rows]


def parse(data: bytes) -> Iterator[list[str | None]]:
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    for line in lines:
        if line == END:
            return
        if b"\\" in line:
            yield [_value(field) for field in _fields(line)]
        else:
            yield [*line.decode().split("\t")]


def _fields(line: bytes) -> Iterator[bytes]:
    position = 0
    while match := _FIELD.match(line, position):
        yield match[0]
        if match.end() == len(line):
            return
        position = match.end() + 1


def _value(field: bytes) -> str | None:
    return None if field == b"\\N" else _ESCAPE.sub(_unescaped, field).decode()


def _unescaped(match: re.Match[bytes]) -> bytes:
    # Octal and hex escapes name bytes, not characters: the text is decoded only after all of them are gone.
    code: bytes = match[1]
    if len(code) > 1 and code[:1] == b"x":
        return bytes([int(code[1:], 16)])
    if code[:1] in b"01234567":
        return bytes([int(code, 8) & 0xFF])
    return _CONTROL.get(code, code)
