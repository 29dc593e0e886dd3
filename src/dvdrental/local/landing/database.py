"""A source database in memory: plain rows that anybody may edit between two landings."""

import re
from collections.abc import Collection, Mapping

from dvdrental.errors import DvdRentalError
from dvdrental.local.landing.schema import TABLES

Row = dict[str, str | None]
"""Column -> value as PostgreSQL spells it in text; None is NULL."""

Database = dict[str, list[Row]]


class SourceError(DvdRentalError):
    """The source cannot be read as a DVD Rental database. The message is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def require_tables(found: Mapping[str, Collection[str]], where: str) -> None:
    """Raises unless `found` (table -> its columns) has all tables and columns of the DVD Rental schema."""
    missing = [f"table {table}" for table in TABLES if table not in found]
    missing += [
        f"column {table}.{column}"
        for table in TABLES
        if table in found
        for column in TABLES[table].columns
        if column not in found[table]
    ]
    if missing:
        raise SourceError(
            f"{where} is not the DVD Rental database: it has no {', '.join(missing)}; "
            "give the PostgreSQL tutorial's dvdrental (Pagila and Sakila ports have other tables)"
        )


def redacted(source: str) -> str:
    """The source without anything that may be a password."""
    text = re.sub(r"(?s)(?<=:)(//)?.*@", r"\1***@", source)
    return re.sub(r"(?is)(pass\w*|pwd)\s*=.*", r"\1=***", text)
