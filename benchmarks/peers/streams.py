"""What the peers know of the landing: its tables, and the columns of each stream with their types."""

from pathlib import Path

from dvdrental.bronze.streams import STREAMS

COLUMNS = {
    name: {column.name: column.type.replace("_NTZ", "") for column in stream.business_fields}
    for name, stream in STREAMS.items()
}


def landed(landing: Path, stream: str) -> str:
    """Folder of the raw Delta table."""
    return str(landing.resolve() / f"public_raw__stream_{stream}")
