"""Broken rows among good ones, in all streams at once: each is set aside, stored or recognised as repeated, and silver
and gold are as if the broken ones had never been sent."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from tests.house import House
from tests.landing import MORNING
from tests.sizes import size

SEED = 11
A_SYNC = size(20, 50)
"""Broken rows that one run of the job meets."""

SYNCS = size(1, 4)

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
    odd = row | {MAY_BE_EMPTY[stream]: chance.choice(["soon", "2005-02-30T25:00:00", "1,5"])}
    return Sent(stream, json.dumps(odd), json.dumps(row | {MAY_BE_EMPTY[stream]: None}))


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


def corruptions(landed: dict[str, list[Row]], number: int) -> list[Sent]:
    """Of every stream one row, of some more: each would change much if it got in, but for those that are repeated."""
    chance = Random(SEED + number)
    streams = [*STREAMS, *chance.choices(list(STREAMS), k=A_SYNC - len(STREAMS))]
    return [damaged(chance, stream, landed[stream], number) for stream in streams]


def damaged(chance: Random, stream: str, rows: list[Row], number: int) -> Sent:
    damage = chance.choice(damages(stream))
    row, other = chance.sample(rows, 2)
    if damage is sent_twice:
        return damage(chance, stream, row)
    own = {column: row[column] for column in STREAMS[stream].key}
    if "last_update" in row:
        own["last_update"] = f"2026-02-{number + 1:02}T{chance.randrange(24):02}:00:00"
    return damage(chance, stream, other | own)


def land(folder: Path, payloads: list[tuple[str, str, str | None]], at: datetime) -> None:
    """Raw id, stream and payload of each row."""
    for stream in {stream for _, stream, _ in payloads}:
        own = [(raw_id, payload) for raw_id, of, payload in payloads if of == stream]
        columns = {
            "_airbyte_raw_id": pa.array([raw_id for raw_id, _ in own], pa.string()),
            "_airbyte_extracted_at": pa.array([at] * len(own), pa.timestamp("us", "UTC")),
            "_airbyte_data": pa.array([payload for _, payload in own], pa.string()),
            "_airbyte_generation_id": pa.array([1] * len(own), pa.int64()),
        }
        table = folder / LANDING / v2_table_name("public", stream)
        write_deltalake(table, pa.table(columns), mode="append", schema_mode="merge")


@contextmanager
def opened(spark: SparkSession, made_lake: Path, folder: Path) -> Iterator[House]:
    house = House(spark, Path(shutil.copytree(made_lake, folder / "lake")))
    house.look()
    yield house
    house.close()


def rows_of(folder: Path) -> dict[str, list[Row]]:
    tables = {stream: DeltaTable(folder / LANDING / v2_table_name("public", stream)) for stream in STREAMS}
    return {
        stream: [json.loads(text) for text in table.to_pyarrow_table(["_airbyte_data"])["_airbyte_data"].to_pylist()]
        for stream, table in tables.items()
    }


Tables = dict[str, list[Any]]


def published(house: House) -> Tables:
    return {name: sorted(map(str, rows)) for name, rows in house.tables.items() if not name.startswith("bronze")}


@pytest.fixture(scope="module")
def syncs(made_lake: Path) -> list[list[Sent]]:
    landed = rows_of(made_lake)
    return [corruptions(landed, number) for number in range(SYNCS)]


def week(number: int) -> datetime:
    return MORNING + timedelta(days=7 * (number + 1))


@pytest.fixture(scope="module")
def wanted(
    spark: SparkSession, made_lake: Path, syncs: list[list[Sent]], tmp_path_factory: pytest.TempPathFactory
) -> list[Tables]:
    """What a source without faults leads to, after each sync."""
    found = []
    with opened(spark, made_lake, tmp_path_factory.mktemp("right")) as house:
        for number, sent in enumerate(syncs):
            right = [(f"right-{number}-{n}", s.stream, s.right) for n, s in enumerate(sent) if s.right]
            land(house.folder, right, week(number))
            house.work(f"right-{number}", sync_mode="append")
            found.append(published(house))
    return found


def test_promise_12_broken_rows_are_set_aside_and_change_nothing(
    spark: SparkSession, made_lake: Path, syncs: list[list[Sent]], wanted: list[Tables], tmp_path: Path
) -> None:
    with opened(spark, made_lake, tmp_path) as house:
        before = published(house)
        for number, sent in enumerate(syncs):
            land(house.folder, [(f"sent-{number}-{n}", s.stream, s.payload) for n, s in enumerate(sent)], week(number))
            house.work(f"sent-{number}", sync_mode="append")
            assert_each_is_accounted_for(house, number, sent)
            now = published(house)
            assert [name for name in now if now[name] != wanted[number][name]] == [], f"start value {SEED + number}"
        assert wanted[-1]["gold.rental_obt"] != before["gold.rental_obt"], "no sync changed anything"


def assert_each_is_accounted_for(house: House, number: int, sent: list[Sent]) -> None:
    """By what was sent, not by what the ledger says of itself."""
    aside = house.lake.table(ops.QUARANTINE).filter(f"run_id = 'sent-{number}'").select("raw_id", "rule", "reason")
    found = {row.raw_id: row for row in aside.collect()}
    unusable = {f"sent-{number}-{n}": s for n, s in enumerate(sent) if s.right is None and not s.repeats}
    assert found.keys() == unusable.keys(), {key: unusable[key] for key in unusable.keys() - found.keys()}
    assert all(row.rule and row.reason for row in found.values())
    stored, total = Counter(s.stream for s in sent if s.right), Counter(s.stream for s in sent)
    steps = house.lake.table(ops.STEP).filter(f"run_id = 'sent-{number}' and table_name like 'bronze.%'").collect()
    for step in steps:
        stream = step.table_name.removeprefix("bronze.")
        landed = DeltaTable(house.folder / LANDING / v2_table_name("public", stream)).to_pyarrow_dataset().count_rows()
        assert step.rows_landed == (landed if number == 0 else total[stream]), stream
        assert step.rows_landed == step.rows_inserted + step.rows_duplicate + step.rows_quarantined, stream
        assert step.rows_inserted == stored[stream], stream
    assert len(steps) == len(STREAMS)
