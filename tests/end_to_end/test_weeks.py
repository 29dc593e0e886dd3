"""Weeks of a living source: what the job computes of changes alone equals a rebuild, and what an independent query
finds in the journal of the source."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from dvdrental.local.folder import LANDING
from dvdrental.local.landing import Change, append_landing, read_source, write_landing
from dvdrental.local.session import register
from tests.conftest import copied
from tests.landing import MORNING
from tests.local_lake import LocalLake
from tests.sizes import size
from tests.weeks import EPOCH, LOOKED_UP, Weeks, key_of

TASKS = [
    *("ops_begin", "ops_airbyte_sync", "bronze_ingest"),
    *(f"silver_dim_{name}" for name in ("date", "category", "customer", "film", "staff", "store", "inventory")),
    *("silver_fact_rentals", "silver_fact_payments", "gold_rental_obt"),
]
FOUND = [
    *("customer_city", "customer_country", "store_id", "inventory_store_id"),
    *("title", "rental_duration", "category_id", "category"),
]
AS_OF_RENTAL = """
    SELECT rental_id::INT, city, country, staff.store_id::INT, inventory.store_id::INT, title, rental_duration::INT,
        lowest.category_id::INT, category.name
    FROM rental
    ASOF LEFT JOIN customer ON rental.customer_id = customer.customer_id AND rental_date >= customer.since
    ASOF LEFT JOIN address ON customer.address_id = address.address_id AND rental_date >= address.since
    ASOF LEFT JOIN city ON address.city_id = city.city_id AND rental_date >= city.since
    ASOF LEFT JOIN country ON city.country_id = country.country_id AND rental_date >= country.since
    ASOF LEFT JOIN staff ON rental.staff_id = staff.staff_id AND rental_date >= staff.since
    ASOF LEFT JOIN inventory ON rental.inventory_id = inventory.inventory_id AND rental_date >= inventory.since
    ASOF LEFT JOIN film ON inventory.film_id = film.film_id AND rental_date >= film.since
    LEFT JOIN LATERAL (
        SELECT min(category_id::INT)::VARCHAR AS category_id FROM film_category
        WHERE film_id = inventory.film_id AND rental_date >= since AND (until IS NULL OR rental_date < until)
    ) AS lowest ON true
    ASOF LEFT JOIN category ON lowest.category_id = category.category_id AND rental_date >= category.since
"""


@pytest.fixture
def house(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLake]:
    made = LocalLake(spark, tmp_path_factory.mktemp("weeks"))
    yield made
    made.close()


def begin(house: LocalLake, weeks: Weeks, mode: str) -> None:
    land_all(house, weeks, mode)
    house.work("week-0", TASKS, sync_mode=mode)


def follow(house: LocalLake, weeks: Weeks, mode: str, number: int, *, always_rebuild: bool) -> None:
    assert found(house) == wanted(weeks)
    for week in range(1, number + 1):
        weeks.live()
        land_changes(house, weeks, mode)
        if week == number - 1:  # this run ends between dimensions and facts
            house.work(f"week-{week}", TASKS[:-3], sync_mode=mode)
            continue
        house.work(f"week-{week}", TASKS, sync_mode=mode)
        assert found(house) == wanted(weeks)
        if always_rebuild or week == number:
            steps = house.work(f"rebuild-{week}", TASKS[3:], sync_mode=mode, rebuild="yes")
            assert {s["table_name"]: s["rows_after"] for s in steps if s["status"] != "unchanged"} == {}
            assert house.new("gold.rental_obt") == house.gone("gold.rental_obt") == []


def land_all(house: LocalLake, weeks: Weeks, mode: str) -> None:
    lsn = 1000 if mode == "cdc" else None
    write_landing(weeks.database, house.folder / LANDING, extracted_at=MORNING, lsn=lsn)
    register(house.spark, house.folder)


def land_changes(house: LocalLake, weeks: Weeks, mode: str) -> None:
    changes, folder = weeks.changes, house.folder / LANDING
    at = weeks.now.replace(tzinfo=MORNING.tzinfo)
    if mode == "overwrite":
        write_landing(weeks.database, folder, extracted_at=at, generation=weeks.number + 1)
    elif mode == "cdc":
        append_landing(changes, folder, extracted_at=at, sync=weeks.number + 1)
    else:
        rows = [Change(change.stream, change.row) for change in last_of_each(changes)]
        append_landing(rows, folder, extracted_at=at, spelling="jdbc", sync=weeks.number + 1)


def last_of_each(changes: list[Change]) -> list[Change]:
    """A cursor sees a row once, as it is in the end."""
    return list({(change.stream, key_of(change.stream, change.row)): change for change in changes}.values())


def found(house: LocalLake) -> dict[int, tuple[Any, ...]]:
    rows = house.tables["gold.rental_obt"]
    by_id = {row.rental_id: tuple(row[column] for column in FOUND) for row in rows}
    assert len(by_id) == len(rows), "a rental is there twice"
    return by_id


def wanted(weeks: Weeks) -> dict[int, tuple[Any, ...]]:
    with duckdb.connect() as db:
        rental = pa.Table.from_pylist(list(weeks.tables["rental"].values()))
        db.register("landed", rental)
        db.execute("CREATE TABLE rental AS SELECT * REPLACE (rental_date::TIMESTAMP AS rental_date) FROM landed")
        for name in LOOKED_UP:
            rows = [
                row | {"since": since, "until": weeks.ended.get(key_of(name, row)) if name == "film_category" else None}
                for since, row in journal(weeks, name)
            ]
            db.register("landed", pa.Table.from_pylist(rows))
            db.execute(f"CREATE TABLE {name} AS SELECT * REPLACE (until::TIMESTAMP AS until) FROM landed")
        return {row[0]: row[1:] for row in db.execute(AS_OF_RENTAL).fetchall()}


def journal(weeks: Weeks, name: str) -> list[tuple[Any, Any]]:
    """The first category of a film reaches back, whatever its date."""
    entries = weeks.journal[name]
    if name != "film_category":
        return entries
    first = {row["film_id"]: since for since, row in reversed(entries)}
    return [(EPOCH if since == first[row["film_id"]] else since, row) for since, row in entries]


def test_promise_05_two_weeks_of_changes_equal_a_rebuild_and_the_journal(
    spark: SparkSession, made_lake: Path, tmp_path: Path
) -> None:
    with copied(spark, made_lake, tmp_path) as house:
        follow(house, Weeks(read_source("sample"), seed=1, deletes=True), "overwrite", 2, always_rebuild=False)


@pytest.mark.skipif(not size(False, True), reason="takes an hour: DVDRENTAL_LONG=1 asks for it")
@pytest.mark.parametrize("mode", ["overwrite", "append", "cdc"])
def test_promise_05_weeks_of_changes_equal_a_rebuild_and_the_journal(house: LocalLake, mode: str) -> None:
    weeks = Weeks(read_source("sample"), seed=1, deletes=mode != "append")
    begin(house, weeks, mode)
    follow(house, weeks, mode, 12, always_rebuild=True)
    one_percent(house, weeks, mode)


@pytest.mark.skipif(not size(False, True), reason="takes an hour: DVDRENTAL_LONG=1 asks for it")
@pytest.mark.parametrize("mode", ["overwrite", "append", "cdc"])
def test_weeks_of_changes_to_the_real_dump(house: LocalLake, dump_path: Path, mode: str) -> None:
    weeks = Weeks(read_source(str(dump_path)), seed=2, deletes=mode != "append")
    begin(house, weeks, mode)
    follow(house, weeks, mode, 12, always_rebuild=False)
    one_percent(house, weeks, mode)


def one_percent(house: LocalLake, weeks: Weeks, mode: str) -> None:
    """A week in which one of a hundred rentals comes back: so many rows are computed and published."""
    rentals = weeks.come_back(len(weeks.tables["rental"]) // 100)
    land_changes(house, weeks, mode)
    steps = {step["table_name"]: step for step in house.work("one-percent", TASKS, sync_mode=mode)}
    for table in ("silver.fact_rentals", "gold.rental_obt"):
        step = steps[table]
        assert (step["rows_computed"], step["rows_updated"], step["rows_inserted"]) == (len(rentals), len(rentals), 0)
        assert step["rows_after"] == len(weeks.tables["rental"])
    assert {row.rental_id for row in house.new("gold.rental_obt")} == rentals
