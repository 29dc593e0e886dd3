"""Numbers that must agree across tables, after everything is published."""

from collections.abc import Callable
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dvdrental.errors import ReconciliationError
from dvdrental.gold import monthly_film_rentals, monthly_store_sales, rental_obt
from dvdrental.history import current
from dvdrental.lake import Lake
from dvdrental.ops import Check, Pair, Step, recorded
from dvdrental.provenance import is_up_to_date, last_success, note_inputs
from dvdrental.silver import (
    dim_category,
    dim_customer,
    dim_film,
    dim_staff,
    dim_store,
    fact_payments,
    fact_rentals,
)
from dvdrental.table import Table


def reconcile(lake: Lake) -> Step:
    """Raises ReconciliationError with both numbers of each pair that differs."""
    with recorded(lake, "ops.reconciliation") as step:
        rows = reduce(DataFrame.unionByName, pairs(lake))
        note_inputs(lake, step)
        if is_up_to_date(step, last_success(lake, step)):
            return step
        results = rows.collect()
        step.pairs = [Pair(**row.asDict()) for row in results]
        step.checks = [Check(p.rule, "critical", "pass" if p.expected == p.actual else "fail") for p in step.pairs]
        apart = [f"{p.rule}: {p.expected} against {p.actual}" for p in step.pairs if p.expected != p.actual]
        if apart:
            raise ReconciliationError(f"the layers do not agree: {'; '.join(apart)}")
        step.status = "published"
    return step


def pairs(lake: Lake) -> list[DataFrame]:
    """Frames of one row: rule, expected, actual. Every table is read once, as it is then."""
    frames: dict[str, DataFrame] = {}

    def read(table: Table) -> DataFrame:
        if table.full_name not in frames:
            frames[table.full_name] = lake.read(table)
        return frames[table.full_name]

    rentals, payments = (current(lake.changes(name), [f"{name}_id"]) for name in ("rental", "payment"))
    facts, paid, obt = (read(m.TABLE) for m in (fact_rentals, fact_payments, rental_obt))
    by_film, by_store = read(monthly_film_rentals.TABLE), read(monthly_store_sales.TABLE)
    count, amount = F.count("*"), F.sum("amount")
    return [
        _pair("rentals in bronze and fact_rentals", (rentals, count), (facts, count)),
        _pair("rentals in fact_rentals and rental_obt", (facts, count), (obt, count)),
        _pair("rentals in rental_obt and monthly_film_rentals", (obt, count), (by_film, F.sum("rental_count"))),
        _pair("payments in bronze and fact_payments", (payments, count), (paid, count)),
        _pair("revenue in bronze and fact_payments", (payments, amount), (paid, amount)),
        _pair(
            "revenue in fact_payments and rental_obt",
            (paid.filter("rental_key <> -1"), amount),
            (obt, amount),
        ),
        _pair("revenue in fact_payments and monthly_store_sales", (paid, amount), (by_store, F.sum("revenue"))),
        *(_pair(f"keys in {t.full_name} that lead nowhere", *_none_of(_dangling(read, t))) for t in FACTS),
        *(
            _pair(
                f"live keys of {name} and current members of {dimension.TABLE.full_name}",
                (current(lake.changes(name), [f"{name}_id"]), count),
                (read(dimension.TABLE).filter("is_current and not is_inferred"), count),
            )
            for name, dimension in (
                ("category", dim_category),
                ("customer", dim_customer),
                ("film", dim_film),
                ("store", dim_store),
                ("staff", dim_staff),
            )
        ),
    ]


FACTS = (fact_rentals.TABLE, fact_payments.TABLE, rental_obt.TABLE)


def _dangling(read: Callable[[Table], DataFrame], table: Table) -> DataFrame:
    """One row per row of the table, with the number of its keys that the table they refer to does not have."""
    rows, missing = read(table).select(*table.references), F.lit(0)
    for number, (column, target) in enumerate(table.references.items()):
        keys = read(target).select(F.col(target.key[0]).alias(f"_{number}"))
        rows = rows.join(keys, F.col(column) == F.col(f"_{number}"), "left")
        missing = missing + (F.col(column).isNotNull() & F.col(f"_{number}").isNull()).cast("int")
    return rows.select(missing.alias("missing"))


def _none_of(rows: DataFrame) -> tuple[tuple[DataFrame, Column], tuple[DataFrame, Column]]:
    return (rows.limit(0), F.count("*")), (rows, F.sum("missing"))


def _pair(rule: str, expected: tuple[DataFrame, Column], actual: tuple[DataFrame, Column]) -> DataFrame:
    def number(side: tuple[DataFrame, Column], name: str) -> DataFrame:
        return side[0].agg(F.coalesce(side[1].cast("decimal(30,2)"), F.lit(0).cast("decimal(30,2)")).alias(name))

    both = number(expected, "expected").crossJoin(number(actual, "actual"))
    return both.select(F.lit(rule).alias("rule"), "expected", "actual")
