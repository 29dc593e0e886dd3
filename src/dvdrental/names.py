"""SQL identifiers: the only place that turns text into a name inside SQL."""

import re

from dvdrental.errors import SettingsError

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}\Z")
_CATALOG = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}\Z")


def ident(*parts: str) -> str:
    """Back-tick quoted name of one to three plain parts; a catalog (first of three) may hold `-`."""
    for position, part in enumerate(parts):
        pattern = _CATALOG if len(parts) == 3 and position == 0 else _PLAIN
        if not pattern.match(part):
            raise SettingsError(f"{part[:40]!r} is not a plain name: use letters, digits and underscores only")
    return ".".join(f"`{part}`" for part in parts)


def literal(text: str) -> str:
    """SQL string literal for the places of DDL where Spark takes no parameter (comments). In any text of a statement
    Spark replaces ${...} by a setting."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\u0024{")
    return f"'{escaped}'"
