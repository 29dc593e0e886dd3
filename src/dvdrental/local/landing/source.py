"""Where a source text leads: the embedded sample, a PostgreSQL server or a dump archive."""

from pathlib import Path

from dvdrental.local.landing.archive import read_archive
from dvdrental.local.landing.database import Database, SourceError, redacted
from dvdrental.local.landing.postgres import is_postgres, read_postgres
from dvdrental.local.landing.sample import read_sample

_CHOICES = "give `sample`, the path of a pg_dump tar archive, or postgresql://user@host/database"


def read_source(source: str) -> Database:
    if source == "sample":
        return read_sample()
    if is_postgres(source):
        return read_postgres(source)
    if not source.strip() or "://" in source:
        raise SourceError(f"no such kind of source: {redacted(source)!r}; {_CHOICES}")
    try:
        path = Path(source).expanduser()
        return read_archive(path)
    except RuntimeError:
        raise SourceError(f"{redacted(source)}: there is no such home; {_CHOICES}") from None
    except FileNotFoundError:
        raise SourceError(f"{redacted(source)}: no such file; {_CHOICES}") from None
