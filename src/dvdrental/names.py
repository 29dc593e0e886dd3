"""SQL identifiers: the only place that turns text into a name inside SQL."""

import re

from dvdrental.errors import SettingsError

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}\Z")
_CATALOG = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}\Z")


def is_plain(name: str) -> bool:
    return bool(_PLAIN.match(name))


def ident(*parts: str) -> str:
    """Back-tick quoted name of one to three plain parts; a catalog (first of three) may hold `-`."""
    first = _CATALOG if len(parts) == 3 else _PLAIN
    return ".".join(_checked(part, _PLAIN if position else first) for position, part in enumerate(parts))


def schema_ident(catalog: str, schema: str) -> str:
    """The same of a schema, with its catalog."""
    return f"{_checked(catalog, _CATALOG)}.{_checked(schema, _PLAIN)}"


def quoted(name: str) -> str:
    """Back-tick quoted name that may hold any character: a landed field, a column of somebody's query."""
    return f"`{name.replace('`', '``')}`"


def _checked(part: str, form: re.Pattern[str]) -> str:
    if not form.match(part):
        raise SettingsError(f"{part[:40]!r} is not a plain name: use letters, digits and underscores only")
    return quoted(part)


def literal(text: str) -> str:
    """SQL string literal for the places of DDL where Spark takes no parameter (comments). In any text of a statement
    Spark replaces ${...} by a setting."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\u0024{")
    return f"'{escaped}'"
