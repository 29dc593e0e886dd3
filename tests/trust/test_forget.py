"""A customer is forgotten: no file of the lake holds the name any more, and no total has changed."""

import copy
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from pyspark.sql import Row

from dvdrental.bronze.ingest import ingest
from dvdrental.bronze.streams import STREAMS
from dvdrental.errors import SettingsError
from dvdrental.forget import forget
from dvdrental.lake import Lake
from dvdrental.local.cli import main
from dvdrental.local.commands import common
from dvdrental.local.commands import forget as command
from dvdrental.local.folder import LANDING, REPORTS, STAGING
from dvdrental.local.landing import Change, Database, write_landing
from dvdrental.maintain import purge
from dvdrental.ops import Step
from dvdrental.provenance import reusable_success
from dvdrental.recording import recorded
from dvdrental.settings import Settings
from dvdrental.silver import dim_customer
from tests.landing import MORNING, append, land, syncing
from tests.local_lake import SCHEMAS, LocalLake
from tests.sizes import size

NAMES = ("Quiddity", "Haecceity")
"""Of the customer before and after a marriage: two versions."""

long = pytest.mark.skipif(not size(False, True), reason="takes minutes: DVDRENTAL_LONG=1 asks for it")

PEOPLE = ["silver_dim_customer", "silver_dim_address"]
FOLLOWING = [*PEOPLE, "silver_fact_rentals", "gold_rental_obt"]
"""Tasks of tables that follow from the customers."""


@pytest.fixture(scope="module")
def house(one_run: LocalLake, sample: Database) -> LocalLake:
    """Two weeks with the customer, and a third in which the source has erased the person."""
    source = {name: copy.deepcopy(sample[name]) for name in ("customer", "address")}
    customer = source["customer"][0]
    home = next(row for row in source["address"] if row["address_id"] == customer["address_id"])
    for week, name in enumerate((*NAMES, "erased"), 1):
        at = MORNING + timedelta(days=7 * week)
        change = {"last_update": f"2026-01-{7 * week:02} 12:00:00"}
        customer |= change | {"last_name": name, "email": f"{name}@example.org"}
        home |= change | {"address": name, "address2": name, "phone": name}
        write_landing(source, one_run.folder / LANDING, extracted_at=at, generation=week + 1)
        one_run.work(f"week-{week}", ["bronze_ingest", *(FOLLOWING if name == "erased" else PEOPLE)])
    refuse(one_run.lake)
    return one_run


def refuse(lake: Lake) -> None:
    """What a publication leaves that was refused."""
    lake.write_stage(lake.stage_path(dim_customer.TABLE), lake.table(dim_customer.TABLE))


def holding(folder: Path, text: str) -> list[Path]:
    """Files with a text: Parquet by its values, others by their bytes. (Landing is Airbyte's.)"""
    query = "SELECT count(*) FROM read_parquet(?) AS r WHERE contains(r::VARCHAR, ?)"
    files = [file for part in (*SCHEMAS, STAGING, REPORTS) for file in (folder / part).rglob("*")]
    return [
        file
        for file in files
        if file.is_file()
        and (
            duckdb.execute(query, [str(file), text]).fetchone() != (0,)
            if file.suffix == ".parquet"
            else text.encode() in file.read_bytes()
        )
    ]


@long
def test_promise_22_person_can_be_forgotten(house: LocalLake) -> None:
    """Not even the log of a table remembers the name as the first or last of its file."""
    (customer_id,) = {row.customer_id for row in house.tables["silver.dim_customer"] if row.last_name in NAMES}
    before = {row.customer_key: row for row in house.tables["silver.dim_customer"]}
    assert {file.relative_to(house.folder).parts[0] for file in holding(house.folder, NAMES[1])} == {
        *("bronze", "silver", "staging")
    }
    forget(house.lake, str(customer_id))
    house.work("after", FOLLOWING)
    purge(house.lake)
    assert [holding(house.folder, name) for name in NAMES] == [[], []]
    after = {row.customer_key: row for row in house.tables["silver.dim_customer"]}
    assert after.keys() == before.keys()
    assert {row.customer_id for key, row in after.items() if row != before[key]} == {customer_id}
    assert {name: house.tables[name] for name in house.tables if name.startswith(("gold", "silver.fact"))} == {
        name: house.before[name] for name in house.before if name.startswith(("gold", "silver.fact"))
    }


def customers(**of: str) -> Database:
    row = {
        "store_id": "1",
        "email": None,
        "address_id": "5",
        "create_date": "2006-02-14",
        "activebool": "t",
        "active": "1",
    }
    names = {"first_name": "Ann", "last_update": "2006-02-15 09:46:27"}
    return {"customer": [row | names | {"customer_id": key[1:], "last_name": name} for key, name in of.items()]}


def test_promise_22_bronze_keeps_nothing_that_a_guess_could_be_compared_with(lake: Lake) -> None:
    """Two versions stay two; the others are as they were; what was landed is not taken for what bronze holds."""
    ensure_empty(lake, "address", "staff", "store")
    for week, name in enumerate(NAMES):
        land(lake, customers(k1=name, k2="Smith"), MORNING + timedelta(days=7 * week))
        ingest(lake, ["customer"])
    forget(lake, "1")
    rows = lake.table(STREAMS["customer"].table).orderBy("customer_id", "_batch").collect()
    assert [(row.customer_id, row._payload is None) for row in rows] == [(1, True), (1, True), (2, False)]
    one, two, other = (row.last_name for row in rows)
    assert one != two
    assert not {one, two} & set(NAMES)
    assert all(name.startswith("forgotten ") for name in (one, two))
    assert (other, rows[0].first_name) == ("Smith", rows[1].first_name)
    land(lake, customers(k1=NAMES[1], k2="Smith"), MORNING + timedelta(days=21))
    assert ingest(lake, ["customer"])[0].rows_inserted == 1


def test_promise_22_forgotten_row_stays_so_when_the_whole_landing_is_read_again(lake: Lake) -> None:
    ensure_empty(lake, "address", "staff", "store")
    lake = syncing(lake, "append")
    land(lake, customers(k1=NAMES[0], k2="Smith"), MORNING)
    ingest(lake, ["customer"])
    forget(lake, "1")
    (late,) = customers(k3="Late")["customer"]
    append(lake, [Change("customer", late)], MORNING - timedelta(days=1))
    assert ingest(lake, ["customer"])[0].rows_inserted == 1
    names = {row.last_name for row in lake.table(STREAMS["customer"].table).collect()}
    assert {"Smith", "Late"} < names
    assert NAMES[0] not in names


def ensure_empty(lake: Lake, *streams: str) -> None:
    for name in streams:
        lake.create(STREAMS[name].table)


def test_silver_and_gold_follow_in_the_mode_that_they_were_built_in(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recorded(lake, "silver.dim_customer") as step:
        step.built_from = {"sync_mode": "overwrite, rental=cdc"}
    given = []
    monkeypatch.setattr(command, "lake_with_ledger", lambda folder: tmp_path)
    monkeypatch.setattr(command.lakes, "landed_envelope", lambda folder: "v2")
    monkeypatch.setattr(common, "open_session", lambda folder: lake)
    monkeypatch.setattr(command, "forget", lambda *_: None)
    monkeypatch.setattr(command, "rebuild", lambda _, own: given.append(own) or {"status": "failed"})
    assert main(["forget", "1"]) == 1
    assert given == [{"sync_mode": "overwrite, rental=cdc"}]


def test_rebuild_in_another_mode_names_the_parameter() -> None:
    last = Row(built_from={"sync_mode": "overwrite, rental=cdc"})
    lake = SimpleNamespace(inputs={"bronze.rental": "1@x"}, last_success=lambda _: last, settings=Settings())
    with pytest.raises(SettingsError, match="-p 'sync_mode=overwrite, rental=cdc'"):
        reusable_success(lake, Step("r1", "silver.fact_rentals", MORNING))


def test_unknown_customer_is_named(lake: Lake) -> None:
    lake.create(STREAMS["customer"].table)
    with pytest.raises(SettingsError, match=r"bronze\.customer has no customer 987654"):
        forget(lake, "987654")
