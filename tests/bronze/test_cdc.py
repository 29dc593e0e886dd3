"""A database under CDC: after each batch bronze holds what the source holds: in the long run in all 15 tables, else in
those that differ in types, keys or nulls."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dvdrental.bronze.ingest import ingest
from dvdrental.bronze.streams import STREAMS
from dvdrental.history import current
from dvdrental.lake import Lake
from dvdrental.local.landing import Change, Database, Row, Unchanged, read_source
from dvdrental.local.landing.schema import TABLES
from tests.landing import MORNING, append, land, syncing
from tests.sizes import size

Key = tuple[int, ...]

FOLLOWED = size(["customer", "film", "film_category", "language", "payment", "rental", "staff"], list(STREAMS))

NULLABLE = {"address2", "postal_code", "email", "description", "release_year", "length", "rating", "special_features"}
NULLABLE |= {"return_date", "fulltext", "picture"}
FIXED = {"rental_date"}
"""Not updated here: a rental never ends before it begins."""

NAMES = ["Æon", "", "O'Hara", 'say "hi"', "a\\b", "line\nbreak\ttab", "名前", "👩‍🚀", "NULL", "{}", "4.99", "  leading"]
FEATURES = ["{}", '{Trailers,"Deleted Scenes"}', '{NULL,"a\\"b","c,d"}', "{Commentaries}"]


class Source:
    """A database that numbers its changes as the log does."""

    def __init__(self, database: Database, seed: int) -> None:
        self.tables = {name: {self.key(name, row): row for row in rows} for name, rows in database.items()}
        self.gone: dict[str, list[Key]] = {name: [] for name in database}
        self.late: dict[str, list[Change]] = {name: [] for name in database}
        self.chance = Random(seed)
        self._lsn = count(1001)

    @staticmethod
    def key(table: str, row: Row) -> Key:
        return tuple(int(row[column] or "") for column in TABLES[table].key)

    def changes_of(self, table: str) -> list[Change]:
        """What one sync reads: an insert, updates, a delete, a key that returns, a change of a key and, late, an update
        that others have overtaken."""
        overtaken, self.late[table] = self.late[table], []
        returned = [self.insert(table, self.gone[table].pop())] if self.gone[table] else []
        inserted = self.insert(table, self.free_key(table))
        updates = [self.update(table, self.any_key(table)) for _ in range(3)]
        key = self.any_key(table)
        self.late[table].append(self.update(table, key))
        overtaking = self.update(table, key)
        moved = self.move(table, self.any_key(table), self.free_key(table))
        deleted = self.delete(table, self.any_key(table))
        unsent = [self.update_without_large_values(self.any_key(table))] if table == "film" else []
        return [*returned, inserted, *updates, overtaking, *moved, deleted, *unsent, *overtaken]

    def any_key(self, table: str) -> Key:
        return self.chance.choice(list(self.tables[table]))

    def free_key(self, table: str) -> Key:
        while (key := tuple(self.chance.randint(1, 30_000) for _ in TABLES[table].key)) in self.tables[table]:
            pass
        return key

    def insert(self, table: str, key: Key) -> Change:
        values = {c: self.value(t) for c, t in TABLES[table].columns.items()}
        return self._put(table, values | dict(zip(TABLES[table].key, map(str, key), strict=True)))

    def update(self, table: str, key: Key) -> Change:
        columns = [c for c in TABLES[table].columns if c not in TABLES[table].key and c not in FIXED]
        column = self.chance.choice(columns)
        is_null = column in NULLABLE and self.chance.random() < 0.25
        value = None if is_null else self.value(TABLES[table].columns[column])
        return self._put(table, self.tables[table][key] | {column: value})

    def update_without_large_values(self, key: Key) -> Change:
        """The log leaves out what is large and did not change."""
        change = self._put("film", self.tables["film"][key] | {"length": self.value("smallint")})
        unsent = {"description": Unchanged.OBJECT, "fulltext": Unchanged.TEXT, "special_features": Unchanged.ARRAY}
        logged = change.row | {column: text for column, text in unsent.items() if change.row[column] is not None}
        return Change("film", logged, change.lsn, change.at)

    def move(self, table: str, old: Key, new: Key) -> list[Change]:
        row = self.tables[table][old] | dict(zip(TABLES[table].key, map(str, new), strict=True))
        return [self.delete(table, old), self._put(table, row)]

    def delete(self, table: str, key: Key) -> Change:
        self.gone[table].append(key)
        lsn = next(self._lsn)
        return Change(table, self.tables[table].pop(key), lsn, self._moment(lsn), deleted=True)

    def _put(self, table: str, row: Row) -> Change:
        self.tables[table][self.key(table, row)] = row
        lsn = next(self._lsn)
        return Change(table, row, lsn, self._moment(lsn))

    @staticmethod
    def _moment(lsn: int) -> datetime:
        return MORNING + timedelta(seconds=lsn)

    def value(self, pg_type: str) -> str:
        chance, (base, _, size) = self.chance, pg_type.rstrip(")").partition("(")
        match base:
            case "smallint" | "integer":
                return str(chance.randint(0, 32_767))
            case "year":
                return str(chance.randint(1901, 2155))
            case "numeric":
                return f"{chance.randint(0, 99)}.{chance.randint(0, 99):02}"
            case "boolean":
                return chance.choice("tf")
            case "date":
                return str(date(2000, 2, 29) + timedelta(days=chance.randint(0, 9999)))
            case "timestamp without time zone":
                return self._timestamp()
            case "mpaa_rating":
                return chance.choice(["G", "PG-13", "NC-17"])
            case "text[]":
                return chance.choice(FEATURES)
            case "bytea":
                return "\\x00ff"
            case _:
                return chance.choice(NAMES)[: int(size or 100)]

    def _timestamp(self) -> str:
        """Later than all before, with no, three or six digits, and at times without seconds."""
        moment = datetime(2026, 1, 6) + timedelta(minutes=next(self._lsn))
        fraction = self.chance.choice(["", "", ".5", ".123", ".000001", ".999999"])
        return f"{moment:%Y-%m-%d %H:%M:%S}{fraction}"


def test_bronze_follows_the_source_batch_by_batch(lake: Lake, sample: Database) -> None:
    follow(lake, sample, size([6], [1, 2, 3, 4, 5, 6]))


@pytest.mark.skipif(not size(False, True), reason="takes ten minutes: DVDRENTAL_LONG=1 asks for it")
def test_bronze_follows_the_real_dump_batch_by_batch(lake: Lake, dump_path: Path) -> None:
    follow(lake, read_source(str(dump_path)), [1, 2, 3, 4, 5, 6])


def follow(lake: Lake, database: Database, batches: Sequence[int]) -> None:
    lake, source = syncing(lake, "cdc"), Source(database, seed=5)
    land(lake, {name: list(rows.values()) for name, rows in source.tables.items()}, lsn=1000)
    ingest(lake, FOLLOWED)
    assert_same(lake, source)
    before: list[Change] = []
    for number in batches:
        changes = [change for table in FOLLOWED for change in source.changes_of(table)]
        source.chance.shuffle(changes)
        deliver(lake, [*changes, *before[::3]], number)
        assert sum(step.rows_inserted or 0 for step in ingest(lake, FOLLOWED)) == len(changes)
        assert_same(lake, source)
        before = changes


def deliver(lake: Lake, changes: Sequence[Change], number: int) -> None:
    """By either version of the source; the last batch says that it was read before the others."""
    at = MORNING + timedelta(days=number if number < 6 else 1, hours=1)
    append(lake, changes, at, spelling="wal" if number % 2 else "v38", sync=number + 1)


def assert_same(lake: Lake, source: Source) -> None:
    for name, stream in ((name, STREAMS[name]) for name in FOLLOWED):
        rows = current(lake.changes(name), stream.key).select(*stream.business_columns).toArrow().to_pylist()
        found = {tuple(row[column] for column in stream.key): row for row in rows}
        types = {column: TABLES[name].columns[column] for column in stream.business_columns}
        wanted = {key: typed(row, types) for key, row in source.tables[name].items()}
        wrong = sorted(key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))
        example = [(found.get(key), wanted.get(key)) for key in wrong[:2]]
        assert not wrong, f"{name}: {len(wrong)} keys differ, such as (found, wanted) {example}"
        assert len(rows) == len(found), f"{name}: a key is live twice"


def typed(row: Row, types: Mapping[str, str]) -> dict[str, Any]:
    return {
        column: None if row[column] is None else value_of(row[column] or "", kind) for column, kind in types.items()
    }


def value_of(text: str, pg_type: str) -> Any:
    """What a text of PostgreSQL means."""
    match pg_type.partition("(")[0]:
        case "smallint" | "integer" | "year":
            return int(text)
        case "numeric":
            return Decimal(text)
        case "boolean":
            return text == "t"
        case "date":
            return date.fromisoformat(text)
        case "timestamp without time zone":
            whole, _, fraction = text.partition(".")
            return datetime.fromisoformat(whole) + timedelta(microseconds=int(fraction.ljust(6, "0")))
        case "text[]":
            return elements(text)
        case "character":
            return text.rstrip(" ")
        case _:
            return text


def elements(literal: str) -> list[str | None]:
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|([^",{}]+)', literal)
    return [None if bare == "NULL" else bare or re.sub(r"\\(.)", r"\1", quoted) for quoted, bare in found]
