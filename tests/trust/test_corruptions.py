"""Broken rows among good ones, in all streams at once: each is set aside, stored or recognised as repeated, and every
table is as if the broken ones had never been sent."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession

from dvdrental import ops
from dvdrental.bronze.envelope import v2_table_name
from dvdrental.bronze.streams import STREAMS
from dvdrental.local.folder import LANDING
from tests.landing import MORNING
from tests.local_lake import LocalLake
from tests.sizes import size

SEED = 11
BROKEN = size(20, 200)
"""Rows that one run of the job meets."""

TASKS = size(["bronze_ingest"], None)
IGNORED = size(shutil.ignore_patterns("silver", "gold"), None)
"""The long run lets silver and gold follow."""

REQUIRED = {
    "address": ["city_id"],
    "category": ["name"],
    "city": ["country_id"],
    "customer": ["store_id", "address_id"],
    "film": ["title", "language_id", "rental_duration"],
    "inventory": ["film_id", "store_id"],
    "language": ["name"],
    "payment": ["rental_id", "amount", "payment_date"],
    "rental": ["rental_date", "inventory_id", "customer_id", "staff_id"],
    "staff": ["store_id"],
    "store": ["address_id"],
}
"""What the source promises and the model cannot do without."""

MAY_BE_EMPTY = {"rental": "return_date", "film": "length"}
NO_NUMBERS = [None, "x", "", {}, [], True, "1e400", 1e300, 3_000_000_000, 0.5]


@dataclass(frozen=True)
class Sent:
    """A landed payload, and what a source without faults would have sent in its place, if anything."""

    stream: str
    payload: str | None
    right: str | None
    repeats: bool = False


Row = dict[str, Any]
Damage = Callable[[Random, str, Row], Sent]


def cut_off(chance: Random, stream: str, row: Row) -> Sent:
    text = json.dumps(row)
    return Sent(stream, text[: chance.randrange(1, len(text))], None)


def no_object(chance: Random, stream: str, row: Row) -> Sent:
    return Sent(stream, chance.choice([None, "", "null", "[]", "42", "{}", json.dumps(json.dumps(row))]), None)


def no_key(chance: Random, stream: str, row: Row) -> Sent:
    key = chance.choice(STREAMS[stream].key)
    odd = row | {key: chance.choice(NO_NUMBERS)}
    return Sent(stream, json.dumps(odd if chance.random() < 0.7 else without(row, key)), None)


def nothing_where_something_must_be(chance: Random, stream: str, row: Row) -> Sent:
    column = chance.choice(REQUIRED[stream])
    return Sent(stream, json.dumps(row | {column: None} if chance.random() < 0.5 else without(row, column)), None)


def wrong_type(chance: Random, stream: str, row: Row) -> Sent:
    column = MAY_BE_EMPTY[stream]
    odd = row | {column: chance.choice(["soon", "2005-02-30T25:00:00", "1,5"])}
    right = json.dumps(row | {column: None}) if column not in STREAMS[stream].meaningful_nulls else None
    return Sent(stream, json.dumps(odd), right)


def unknown_field(chance: Random, stream: str, row: Row) -> Sent:
    name = chance.choice(["mood", "Ünïcode", "a.b", "`;--", "x" * 300])
    return Sent(stream, json.dumps({name: chance.choice(["x", 1, [1], {"a": None}])} | row), json.dumps(row))


def sent_twice(chance: Random, stream: str, row: Row) -> Sent:
    return Sent(stream, json.dumps(row), None, repeats=True)


ANYWHERE: list[Damage] = [cut_off, no_object, no_key, unknown_field, sent_twice]


def damages(stream: str) -> list[Damage]:
    return [
        *ANYWHERE,
        *([nothing_where_something_must_be] if stream in REQUIRED else []),
        *([wrong_type] if stream in MAY_BE_EMPTY else []),
    ]


def without(row: Row, column: str) -> Row:
    return {name: value for name, value in row.items() if name != column}


def corruptions(landed: dict[str, list[Row]]) -> list[Sent]:
    """Of every stream one row, of some more: each would change much if it got in, but for those that are repeated."""
    chance = Random(SEED)
    streams = [*STREAMS, *chance.choices(list(STREAMS), k=BROKEN - len(STREAMS))]
    rows = {stream: cycle(chance.sample(rows, len(rows))) for stream, rows in landed.items()}
    return [damaged(chance, stream, next(rows[stream]), chance.choice(landed[stream])) for stream in streams]


def damaged(chance: Random, stream: str, row: Row, other: Row) -> Sent:
    damage = chance.choice(damages(stream))
    if damage is sent_twice:
        return damage(chance, stream, row)
    own = {column: row[column] for column in STREAMS[stream].key}
    if "last_update" in row:
        own["last_update"] = f"2026-01-10T{chance.randrange(24):02}:00:00"
    return damage(chance, stream, other | own)


def land(folder: Path, payloads: dict[str, tuple[str, str | None]]) -> None:
    """Stream and payload by raw id, as the sync of the week after the first."""
    for stream in {stream for stream, _ in payloads.values()}:
        own = {raw_id: payload for raw_id, (of, payload) in payloads.items() if of == stream}
        columns = {
            "_airbyte_raw_id": pa.array(own, pa.string()),
            "_airbyte_extracted_at": pa.array([MORNING + timedelta(weeks=1)] * len(own), pa.timestamp("us", "UTC")),
            "_airbyte_data": pa.array(own.values(), pa.string()),
            "_airbyte_generation_id": pa.array([1] * len(own), pa.int64()),
        }
        write_deltalake(landing_of(folder, stream), pa.table(columns), mode="append", schema_mode="merge")


def landing_of(folder: Path, stream: str) -> Path:
    return folder / LANDING / v2_table_name("public", stream)


@contextmanager
def opened(spark: SparkSession, made_lake: Path, folder: Path) -> Iterator[LocalLake]:
    house = LocalLake(spark, Path(shutil.copytree(made_lake, folder / "lake", ignore=IGNORED)))
    house.look()
    yield house
    house.close()


def rows_of(folder: Path) -> dict[str, list[Row]]:
    def rows(stream: str) -> list[Row]:
        landed = DeltaTable(landing_of(folder, stream)).to_pyarrow_table(columns=["_airbyte_data"])
        return [json.loads(text) for text in landed["_airbyte_data"].to_pylist()]

    return {stream: rows(stream) for stream in STREAMS}


Tables = dict[str, list[str]]


def content(house: LocalLake) -> Tables:
    """What is in the tables; of bronze the source's columns."""
    lake = house.lake
    bronze = {s.table.full_name: lake.table(s.table).select(*s.business_columns) for s in STREAMS.values()}
    events = {name: sorted(str(row) for row in rows.collect()) for name, rows in bronze.items()}
    return events | {name: sorted(str(row) for row in rows) for name, rows in house.tables.items()}


@pytest.fixture(scope="module")
def sent(made_lake: Path) -> dict[str, Sent]:
    """By raw id."""
    return {f"id-{number:03}": one for number, one in enumerate(corruptions(rows_of(made_lake)))}


@pytest.fixture(scope="module")
def wanted(
    spark: SparkSession, made_lake: Path, sent: dict[str, Sent], tmp_path_factory: pytest.TempPathFactory
) -> Tables:
    """What a source without faults leads to."""
    with opened(spark, made_lake, tmp_path_factory.mktemp("right")) as house:
        land(house.folder, {raw_id: (one.stream, one.right) for raw_id, one in sent.items() if one.right})
        house.work("right", TASKS, sync_mode="append")
        return content(house)


def test_promise_12_broken_rows_are_set_aside_and_change_nothing(
    spark: SparkSession, made_lake: Path, sent: dict[str, Sent], wanted: Tables, tmp_path: Path
) -> None:
    with opened(spark, made_lake, tmp_path) as house:
        before = content(house)
        land(house.folder, {raw_id: (one.stream, one.payload) for raw_id, one in sent.items()})
        house.work("sent", TASKS, sync_mode="append")
        assert_each_is_accounted_for(house, sent)
        now = content(house)
        assert [name for name in now if now[name] != wanted[name]] == []
        assert now != before, "nothing of what was sent could have done harm"


def assert_each_is_accounted_for(house: LocalLake, sent: dict[str, Sent]) -> None:
    """By what was sent, not by what the ledger says of itself."""
    aside = house.lake.table(ops.QUARANTINE).select("raw_id", "rule", "reason").collect()
    unusable = {raw_id: one for raw_id, one in sent.items() if one.right is None and not one.repeats}
    not_as_wanted = {row.raw_id for row in aside} ^ unusable.keys()
    assert {raw_id: sent[raw_id] for raw_id in not_as_wanted} == {}
    assert len(aside) == len(unusable)
    assert all(row.rule and row.reason for row in aside)
    stored = Counter(one.stream for one in sent.values() if one.right)
    steps = house.lake.table(ops.STEP).filter("run_id = 'sent' and table_name like 'bronze.%'").collect()
    for step in steps:
        stream = step.table_name.removeprefix("bronze.")
        assert step.rows_landed == DeltaTable(landing_of(house.folder, stream)).to_pyarrow_dataset().count_rows()
        assert step.rows_landed == step.rows_inserted + step.rows_duplicate + step.rows_quarantined, stream
        assert step.rows_inserted == stored[stream], stream
    assert len(steps) == len(STREAMS)
