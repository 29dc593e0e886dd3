"""The 15 source tables as data: all are treated alike, so each is one entry.

Columns, types and keys are those of the PostgreSQL DVD Rental schema. A timestamp without time zone stays one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count

from dvdrental.errors import SettingsError
from dvdrental.table import Column, Table

CHANGES = "ARRAY<STRUCT<field: STRING, change: STRING, reason: STRING>>"


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One source table.

    - `updated`: column with the source's own change time, where it has one
    - `secrets`: fields that never get past the landing
    - `names`: column -> field of the landing, where the two differ
    - `padded`: columns of type char(n), whose padding is cut
    - `meaningful_nulls`: in these columns NULL has a meaning (return_date: still out), so a row with an unreadable
      value there is quarantined instead of getting NULL
    """

    name: str
    key: tuple[str, ...]
    columns: str
    updated: str | None = "last_update"
    secrets: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    padded: tuple[str, ...] = ()
    meaningful_nulls: tuple[str, ...] = ()

    @cached_property
    def table(self) -> Table:
        return Table(
            layer="bronze",
            name=self.name,
            grain=f"one row per change of a source row of {self.name}",
            key=("_raw_id",),
            columns=f"{self.columns.strip()},\n{TECHNICAL_COLUMNS.strip()}",
        )

    @cached_property
    def business_fields(self) -> tuple[Column, ...]:
        return self.table.fields[: -len(self.technical_fields)]

    @property
    def technical_fields(self) -> tuple[Column, ...]:
        """Columns that every stream has."""
        return self.table.fields[-len(TECHNICAL_COLUMNS.strip().splitlines()) :]

    @property
    def business_columns(self) -> list[str]:
        return [column.name for column in self.business_fields]

    @cached_property
    def types(self) -> dict[str, str]:
        return {column.name: column.type for column in self.business_fields}

    @property
    def large_columns(self) -> list[str]:
        """Columns whose values may be so large that PostgreSQL logs them only when they change."""
        kinds = ("STRING", "ARRAY", "BINARY")
        return [c.name for c in self.business_fields if c.type.startswith(kinds) and c.name not in self.key]

    @property
    def source_names(self) -> list[str]:
        return [self.source_name(column) for column in self.business_columns]

    @property
    def known_fields(self) -> list[str]:
        """Fields of the landing that are expected, secrets included. All others but Airbyte's own are unknown."""
        return [*self.source_names, *self.secrets]

    def source_name(self, column: str) -> str:
        return self.names.get(column, column)


def chosen(names: str) -> list[str]:
    """Streams named in a comma-separated text; `all` means all of them."""
    streams = list(STREAMS) if names.strip() == "all" else [name.strip() for name in names.split(",")]
    if unknown := set(streams) - set(STREAMS):
        named = ", ".join(repr(name[:40]) for name in sorted(unknown)[:5])
        raise SettingsError(f"streams: there is no {named}; there are {', '.join(STREAMS)}")
    return streams


def column_names(fields: Sequence[str]) -> dict[str, str]:
    """Column name for each field of a landing: anything but letters, digits and underscores becomes an underscore, and
    a number is added where two names would be equal (case does not count)."""
    columns: dict[str, str] = {}
    taken: set[str] = set()
    for name in fields:
        plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
        column = next(c for c in chain([plain], (f"{plain}_{n}" for n in count(1))) if c.lower() not in taken)
        taken.add(column.lower())
        columns[name] = column
    return columns


TECHNICAL_COLUMNS = f"""
    _raw_id STRING COMMENT 'Airbyte id of the landed row; NULL for a delete that a snapshot implies',
    _extracted_at TIMESTAMP_NTZ NOT NULL COMMENT 'When Airbyte read the row, UTC',
    _generation_id BIGINT COMMENT 'Airbyte generation of the row; NULL where the landing has none',
    _changes {CHANGES} COMMENT 'Values nulled on the way',
    _rescued STRING COMMENT 'Fields that the stream does not know, with their values, as JSON',
    _payload BIGINT COMMENT 'Hash of the landed content: what has the same is not parsed again',
    _lsn BIGINT COMMENT 'Position in the log of the source (CDC only)',
    _is_delete BOOLEAN NOT NULL COMMENT 'True when the event ends the row; then only the key is filled',
    _at TIMESTAMP_NTZ NOT NULL COMMENT 'When the change happened in the source: its change time, else the extraction',
    _batch BIGINT NOT NULL COMMENT 'Number of the ingest that stored the event, growing per stream',
    _ingested_at TIMESTAMP_NTZ NOT NULL COMMENT 'When the event was stored, UTC'
"""

LAST_UPDATE = "last_update TIMESTAMP_NTZ COMMENT 'When the source last changed the row'"

STREAMS = {
    stream.name: stream
    for stream in (
        Stream(
            name="actor",
            key=("actor_id",),
            columns=f"""
                actor_id INT COMMENT 'Key',
                first_name STRING COMMENT 'First name',
                last_name STRING COMMENT 'Last name',
                {LAST_UPDATE}
            """,
        ),
        Stream(
            name="address",
            key=("address_id",),
            columns=f"""
                address_id INT COMMENT 'Key',
                address STRING COMMENT 'Street and number (personal)',
                address2 STRING COMMENT 'Second line (personal); empty and NULL both occur',
                district STRING COMMENT 'District, state or province',
                city_id INT COMMENT 'City',
                postal_code STRING COMMENT 'Postal code; may be empty',
                phone STRING COMMENT 'Phone number (personal); may be empty',
                {LAST_UPDATE}
            """,
        ),
        Stream(
            name="category",
            key=("category_id",),
            columns=f"""
                category_id INT COMMENT 'Key',
                name STRING COMMENT 'Name of the category',
                {LAST_UPDATE}
            """,
        ),
        Stream(
            name="city",
            key=("city_id",),
            columns=f"""
                city_id INT COMMENT 'Key',
                city STRING COMMENT 'Name; not unique (London exists twice)',
                country_id INT COMMENT 'Country',
                {LAST_UPDATE}
            """,
        ),
        Stream(
            name="country",
            key=("country_id",),
            columns=f"""
                country_id INT COMMENT 'Key',
                country STRING COMMENT 'Name',
                {LAST_UPDATE}
            """,
        ),
        Stream(
            name="customer",
            key=("customer_id",),
            columns=f"""
                customer_id INT COMMENT 'Key',
                store_id INT COMMENT 'Home store',
                first_name STRING COMMENT 'First name (personal)',
                last_name STRING COMMENT 'Last name (personal)',
                email STRING COMMENT 'E-mail address (personal)',
                address_id INT COMMENT 'Address',
                activebool BOOLEAN COMMENT 'True for everybody in this source: not the active flag',
                create_date DATE COMMENT 'When the customer was registered',
                {LAST_UPDATE},
                active INT COMMENT '1 = active customer: the real flag'
            """,
        ),
        Stream(
            name="film",
            key=("film_id",),
            columns=f"""
                film_id INT COMMENT 'Key',
                title STRING COMMENT 'Title',
                description STRING COMMENT 'Plot in one sentence',
                release_year INT COMMENT 'Year of release',
                language_id INT COMMENT 'Language',
                rental_duration INT COMMENT 'Allowed days per rental',
                rental_rate DECIMAL(4,2) COMMENT 'Price of one rental, US dollars',
                length INT COMMENT 'Length, minutes',
                replacement_cost DECIMAL(5,2) COMMENT 'Price of a lost copy, US dollars',
                rating STRING COMMENT 'MPAA rating: G, PG, PG-13, R, NC-17',
                {LAST_UPDATE},
                special_features ARRAY<STRING> COMMENT 'Extras on the disc',
                fulltext STRING COMMENT 'Search vector of the source, as text'
            """,
        ),
        Stream(
            name="film_actor",
            key=("actor_id", "film_id"),
            columns=f"""
                actor_id INT COMMENT 'Actor',
                film_id INT COMMENT 'Film',
                {LAST_UPDATE}
            """,
        ),
        Stream(
            name="film_category",
            key=("film_id", "category_id"),
            columns=f"""
                film_id INT COMMENT 'Film',
                category_id INT COMMENT 'Category',
                {LAST_UPDATE}
            """,
        ),
        Stream(
            name="inventory",
            key=("inventory_id",),
            columns=f"""
                inventory_id INT COMMENT 'Key: one copy of a film',
                film_id INT COMMENT 'Film',
                store_id INT COMMENT 'Store that owns the copy',
                {LAST_UPDATE}
            """,
        ),
        Stream(
            name="language",
            key=("language_id",),
            columns=f"""
                language_id INT COMMENT 'Key',
                name STRING COMMENT 'Name; the blanks that pad char(20) in the source are cut',
                {LAST_UPDATE}
            """,
            padded=("name",),
        ),
        Stream(
            name="payment",
            key=("payment_id",),
            updated=None,
            columns="""
                payment_id INT COMMENT 'Key',
                customer_id INT COMMENT 'Who paid: not always who rented',
                staff_id INT COMMENT 'Who took the money',
                rental_id INT COMMENT 'What was paid for; a rental may have several payments or none',
                amount DECIMAL(5,2) COMMENT 'US dollars',
                payment_date TIMESTAMP_NTZ COMMENT 'When it was paid'
            """,
        ),
        Stream(
            name="rental",
            key=("rental_id",),
            meaningful_nulls=("return_date",),
            columns=f"""
                rental_id INT COMMENT 'Key',
                rental_date TIMESTAMP_NTZ COMMENT 'When the copy was handed out',
                inventory_id INT COMMENT 'Copy',
                customer_id INT COMMENT 'Who rented',
                return_date TIMESTAMP_NTZ COMMENT 'When it came back; NULL while it is out',
                staff_id INT COMMENT 'Who handed it out',
                {LAST_UPDATE}
            """,
        ),
        Stream(
            name="staff",
            key=("staff_id",),
            secrets=("password", "picture"),
            columns=f"""
                staff_id INT COMMENT 'Key',
                first_name STRING COMMENT 'First name (personal)',
                last_name STRING COMMENT 'Last name (personal)',
                address_id INT COMMENT 'Address',
                email STRING COMMENT 'E-mail address (personal)',
                store_id INT COMMENT 'Store where they work',
                active BOOLEAN COMMENT 'True while employed',
                username STRING COMMENT 'Login name (personal)',
                {LAST_UPDATE}
            """,
        ),
        Stream(
            name="store",
            key=("store_id",),
            columns=f"""
                store_id INT COMMENT 'Key',
                manager_staff_id INT COMMENT 'Manager',
                address_id INT COMMENT 'Address',
                {LAST_UPDATE}
            """,
        ),
    )
}
