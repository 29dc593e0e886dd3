"""The whole job on the embedded sample: a first run, the same landing again, and a week with ten changes."""

import copy
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame

from dvdrental.errors import ReconciliationError
from dvdrental.lake import Lake
from dvdrental.local.folder import land, parameters
from dvdrental.local.landing import Database, Row
from dvdrental.local.notebook import run_notebook
from dvdrental.quality.reconcile import measures, reconcile
from dvdrental.table import Table
from tests import contracts
from tests.conftest import ROOT
from tests.cost import counts_jobs
from tests.landing import MORNING
from tests.local_lake import LocalLake
from tests.sizes import size

CHANGED = "2026-01-10 12:00:00"
CHANGED_AT = datetime(2026, 1, 10, 12)


def row(database: Database, table: str, **where: object) -> Row:
    return next(r for r in database[table] if all(r[column] == str(value) for column, value in where.items()))


@pytest.fixture(scope="module")
def source(sample: Database) -> Database:
    return copy.deepcopy(sample)


@pytest.fixture(scope="module")
def first(one_run: LocalLake) -> LocalLake:
    return one_run


@dataclass(frozen=True)
class Cost:
    jobs: int
    commits: dict[str, int]
    """Of tables that got any, ledger apart."""


def cost(house: LocalLake, work: Callable[[], object]) -> Cost:
    before = house.commits()
    work()
    added = {name: number - before.get(name, 0) for name, number in house.commits().items()}
    return Cost(house.jobs, {n: number for n, number in added.items() if number and not n.startswith("landing.")})


@pytest.fixture(scope="module")
def again(first: LocalLake, source: Database) -> Cost:
    """Of a run on the same landing."""
    land(source, first.folder, "v2", MORNING)
    return cost(first, lambda: first.work("again"))


@pytest.fixture(scope="module")
def of_ten_changes(again: object, first: LocalLake, source: Database) -> Cost:
    for change in TEN_CHANGES:
        change(source)
    land(source, first.folder, "v2", MORNING + timedelta(days=7))
    return cost(first, lambda: first.work("changed"))


@pytest.fixture(scope="module")
def changed(of_ten_changes: object, first: LocalLake) -> LocalLake:
    return first


def test_first_run_fills_every_table(first: LocalLake, sample: Database) -> None:
    assert {name for name, content in first.tables.items() if not content} == set()
    assert len(first.tables["gold.rental_obt"]) == len(sample["rental"])


def test_promise_06_same_landing_again_commits_to_nothing_but_the_ledger(again: Cost) -> None:
    assert again.commits.keys() == {"ops.step", "ops.run_event"}


@counts_jobs
def test_unchanged_run_starts_few_jobs(again: Cost) -> None:
    assert 0 < again.jobs <= 165


@counts_jobs
def test_run_with_changes_costs_one_commit_a_table(of_ten_changes: Cost) -> None:
    tables = {name: number for name, number in of_ten_changes.commits.items() if not name.startswith("ops.")}
    assert set(tables.values()) == {1}
    assert 0 < of_ten_changes.jobs <= 980


# ---------------------------------------------------------------- ten changes


def returned_rental(source: Database) -> None:
    rental = next(r for r in source["rental"] if r["return_date"] is None)
    rental |= {"return_date": "2026-01-09 10:00:00", "last_update": CHANGED}


def moved_and_deactivated_customer(source: Database) -> None:
    customer, other = source["customer"][0], source["customer"][1]
    customer |= {"address_id": other["address_id"], "active": "0", "last_update": CHANGED}


def new_rental_with_payment(source: Database) -> None:
    """By the customer who moved, of a film in the renamed category, after all the other changes."""
    film = next(r["film_id"] for r in source["film_category"] if r["category_id"] == "1" and _copies(source, r))
    copy_ = next(r for r in source["inventory"] if r["film_id"] == film)
    source["rental"].append(
        source["rental"][0]
        | {"rental_id": "99999", "rental_date": "2026-01-11 10:30:00", "inventory_id": copy_["inventory_id"]}
        | {"customer_id": source["customer"][0]["customer_id"], "return_date": None, "last_update": CHANGED}
    )
    source["payment"].append(
        source["payment"][0]
        | {"payment_id": "99999", "rental_id": "99999", "amount": "7.50", "payment_date": "2026-01-11 10:31:00"}
    )


def _copies(source: Database, film_category: Row) -> bool:
    return any(r["film_id"] == film_category["film_id"] for r in source["inventory"])


def renamed_city(source: Database) -> None:
    address = row(source, "address", address_id=source["customer"][2]["address_id"])
    row(source, "city", city_id=address["city_id"]).update(city="Newname", last_update=CHANGED)


def renamed_category(source: Database) -> None:
    row(source, "category", category_id=1).update(name="Renamed", last_update=CHANGED)


def film_with_another_rating(source: Database) -> None:
    film = source["film"][-1]
    film |= {"rating": "R" if film["rating"] != "R" else "G", "last_update": CHANGED}


def deleted_payment(source: Database) -> None:
    source["payment"].remove(source["payment"][10])


def corrected_amount(source: Database) -> None:
    source["payment"][20]["amount"] = "99.99"


def new_film_with_copy(source: Database) -> None:
    source["film"].append(source["film"][0] | {"film_id": "9999", "title": "Brand New", "last_update": CHANGED})
    source["film_category"].append({"film_id": "9999", "category_id": "2", "last_update": CHANGED})
    source["inventory"].append({"inventory_id": "9999", "film_id": "9999", "store_id": "1", "last_update": CHANGED})


def store_with_another_manager(source: Database) -> None:
    one, two = source["store"]
    one["manager_staff_id"], two["manager_staff_id"] = two["manager_staff_id"], one["manager_staff_id"]
    one["last_update"] = two["last_update"] = CHANGED


TEN_CHANGES: list[Callable[[Database], None]] = [
    returned_rental,
    moved_and_deactivated_customer,
    new_rental_with_payment,
    renamed_city,
    renamed_category,
    film_with_another_rating,
    deleted_payment,
    corrected_amount,
    new_film_with_copy,
    store_with_another_manager,
]


def versions(house: LocalLake, table: str, key: str, value: object) -> list[Any]:
    found = [r for r in house.tables[table] if r[key] == value]
    return sorted(found, key=lambda r: r.valid_from)


def residents(database: Database, city_id: str | None) -> set[int]:
    here = {r["address_id"] for r in database["address"] if r["city_id"] == city_id}
    return {int(r["customer_id"]) for r in database["customer"] if r["address_id"] in here}


def test_renamed_city_and_move_open_versions_of_exactly_those_customers(
    changed: LocalLake, sample: Database, source: Database
) -> None:
    city = row(sample, "address", address_id=sample["customer"][2]["address_id"])["city_id"]
    mover = int(sample["customer"][0]["customer_id"])
    two = Counter(r.customer_id for r in changed.tables["silver.dim_customer"])
    # whoever lives there before or after, for the mover may come from there or go there
    assert {key for key, count in two.items() if count == 2} == residents(source, city) | {mover}
    assert set(two.values()) == {1, 2}
    assert {r.valid_from for r in changed.new("silver.dim_customer") if r.is_current} == {CHANGED_AT}


def test_move_closes_the_old_version_and_opens_a_new_one(changed: LocalLake, sample: Database) -> None:
    old, new = versions(changed, "silver.dim_customer", "customer_id", int(sample["customer"][0]["customer_id"]))
    assert (old.is_active_customer, old.valid_to, old.is_current) == (True, CHANGED_AT, False)
    assert (new.is_active_customer, new.valid_from, new.valid_to) == (False, CHANGED_AT, None)
    assert (old.address_id, new.address_id) == tuple(int(r["address_id"] or 0) for r in sample["customer"][:2])


def test_renamed_category_opens_versions_of_itself_and_of_its_films(changed: LocalLake, sample: Database) -> None:
    names = [r.name for r in versions(changed, "silver.dim_category", "category_id", 1)]
    assert names == [row(sample, "category", category_id=1)["name"], "Renamed"]
    films = {int(r["film_id"]) for r in sample["film_category"] if r["category_id"] == "1"}
    renamed = {r.film_id for r in changed.new("silver.dim_film") if r.category == "Renamed"}
    assert renamed == films


def test_film_with_another_rating_has_two_versions(changed: LocalLake, sample: Database) -> None:
    film = sample["film"][-1]
    ratings = [r.rating for r in versions(changed, "silver.dim_film", "film_id", int(film["film_id"] or 0))]
    assert ratings[0] == film["rating"]
    assert ratings[-1] == ("R" if film["rating"] != "R" else "G")


def test_store_with_another_manager_has_two_versions(changed: LocalLake) -> None:
    for store in (1, 2):
        old, new = versions(changed, "silver.dim_store", "store_id", store)
        assert old.manager_staff_id != new.manager_staff_id
        assert old.manager_name != new.manager_name


def test_only_the_touched_rentals_change(changed: LocalLake, sample: Database) -> None:
    touched = {
        int(next(r for r in sample["rental"] if r["return_date"] is None)["rental_id"] or 0),
        99999,
        int(sample["payment"][10]["rental_id"] or 0),
        int(sample["payment"][21]["rental_id"] or 0),  # the 20th after the 10th was deleted
    }
    assert {r.rental_id for r in changed.new("silver.fact_rentals")} == touched
    assert {r.rental_id for r in changed.gone("silver.fact_rentals")} == touched - {99999}


def test_facts_before_a_change_keep_the_old_versions(changed: LocalLake) -> None:
    keys = ("customer_key", "film_key", "category_key", "store_key", "inventory_store_key", "staff_key")
    old = {r.rental_id: tuple(r[k] for k in keys) for r in changed.before["silver.fact_rentals"]}
    now = {r.rental_id: tuple(r[k] for k in keys) for r in changed.tables["silver.fact_rentals"]}
    assert {rental: now[rental] for rental in old} == old


def test_new_rental_sees_the_new_versions(changed: LocalLake, sample: Database) -> None:
    rental = next(r for r in changed.tables["gold.rental_obt"] if r.rental_id == 99999)
    city = row(sample, "address", address_id=sample["customer"][1]["address_id"])["city_id"]
    assert (rental.category, rental.customer_city_id, rental.amount) == ("Renamed", int(city or 0), Decimal("7.50"))
    current = {r.customer_id: r.customer_key for r in changed.tables["silver.dim_customer"] if r.is_current}
    assert rental.customer_key == current[rental.customer_id]
    assert (rental.is_open, rental.rental_hour, rental.rental_weekday) == (True, 10, "7 Sun")


def test_returned_rental_is_closed_everywhere(changed: LocalLake, sample: Database) -> None:
    rental = int(next(r for r in sample["rental"] if r["return_date"] is None)["rental_id"] or 0)
    fact = next(r for r in changed.tables["silver.fact_rentals"] if r.rental_id == rental)
    assert (fact.is_returned, fact.is_late, fact.return_date_key) == (True, True, 20260109)
    assert rental not in {r.rental_id for r in changed.tables["gold.overdue_rentals"]}


def test_payments_are_deleted_corrected_and_added(changed: LocalLake, sample: Database) -> None:
    gone, corrected = (int(sample["payment"][n]["payment_id"] or 0) for n in (10, 21))
    new = {r.payment_id: r.amount for r in changed.new("silver.fact_payments")}
    assert new == {corrected: Decimal("99.99"), 99999: Decimal("7.50")}
    assert {r.payment_id for r in changed.gone("silver.fact_payments")} == {gone, corrected}


def test_total_revenue_follows_the_source_to_the_cent(changed: LocalLake, source: Database) -> None:
    total = sum(Decimal(r["amount"] or 0) for r in source["payment"])
    assert sum(r.amount for r in changed.tables["gold.rental_obt"]) == total
    assert sum(r.revenue for r in changed.tables["gold.monthly_store_sales"]) == total


def test_new_film_and_copy_are_in_stock(changed: LocalLake) -> None:
    copy_ = next(r for r in changed.tables["gold.inventory_status"] if r.inventory_id == 9999)
    assert (copy_.title, copy_.status, copy_.rental_count) == ("Brand New", "available", 0)


@pytest.mark.parametrize(
    "table",
    size(["silver.dim_customer", "gold.customer_value"], [*contracts.TABLES]),
)
def test_notebook_runs_by_itself_and_finds_all_as_it_has_to_be(changed: LocalLake, table: str) -> None:
    """Opened by hand it computes every row anew, also of what the job computed of changes alone."""
    notebook = ROOT / "notebooks" / f"{table.replace('.', '/')}.py"
    (step,) = json.loads(run_notebook(notebook, changed.spark, parameters(changed.folder, "manual")) or "[]")
    assert (step["table_name"], step["status"]) == (table, "unchanged")


def test_new_versions_of_slowly_changing_dimensions_leave_no_gap_or_overlap(changed: LocalLake) -> None:
    for table in ("category", "customer", "film", "store", "staff"):
        by_key: dict[int, list[Any]] = {}
        for r in changed.tables[f"silver.dim_{table}"]:
            by_key.setdefault(r[f"{table}_id"], []).append((r.valid_from, r.valid_to))
        for spans in map(sorted, by_key.values()):
            assert [a[1] for a in spans[:-1]] == [b[0] for b in spans[1:]]
            assert spans[-1][1] is None


def test_reconciliation_reads_every_table_once(changed: LocalLake, monkeypatch: pytest.MonkeyPatch) -> None:
    read: Counter[str] = Counter()
    read_table = Lake.read

    def counted(lake: Lake, table: Table) -> DataFrame:
        read[table.full_name] += 1
        return read_table(lake, table)

    monkeypatch.setattr(Lake, "read", counted)
    measures(changed.lake)
    assert set(read.values()) == {1}


def test_fact_whose_dimension_row_is_gone_fails_the_reconciliation(changed: LocalLake) -> None:
    """The last test here: it breaks the lake."""
    lake = changed.lake
    key = changed.tables["silver.fact_rentals"][0].film_key
    lake.spark.sql(f"DELETE FROM {lake.name('silver', 'dim_film')} WHERE film_key = {key}")
    with pytest.raises(ReconciliationError, match=r"keys in silver\.fact_rentals that lead nowhere: 0\.00 against"):
        reconcile(lake)
