"""Numbers that must agree across tables, after everything is published."""

from collections.abc import Callable
from decimal import Decimal
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dvdrental.errors import ReconciliationError
from dvdrental.gold import category_country_share, monthly_film_rentals, monthly_store_sales, rental_obt
from dvdrental.history import current
from dvdrental.lake import Lake
from dvdrental.ops import Check, Pair, Step
from dvdrental.provenance import is_up_to_date, keep_as_it_is, note_inputs, reusable_success
from dvdrental.recording import recorded
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

FACTS = (fact_rentals.TABLE, fact_payments.TABLE, rental_obt.TABLE)
MEMBERS = {
    "category": dim_category.TABLE,
    "customer": dim_customer.TABLE,
    "film": dim_film.TABLE,
    "store": dim_store.TABLE,
    "staff": dim_staff.TABLE,
}
"""Dimensions with one current member per live key of a stream."""

NOTHING = "nothing"
COMPARISONS = {
    "rentals in bronze and fact_rentals": ("bronze.rental: rows", "silver.fact_rentals: rows"),
    "rentals in fact_rentals and rental_obt": ("silver.fact_rentals: rows", "gold.rental_obt: rows"),
    "rentals in rental_obt and monthly_film_rentals": ("gold.rental_obt: rows", "gold.monthly_film_rentals: rentals"),
    "rentals in rental_obt and category_country_share": (
        "gold.rental_obt: rows",
        "gold.category_country_share: rentals",
    ),
    "rentals in fact_rentals and monthly_store_sales": (
        "silver.fact_rentals: rows",
        "gold.monthly_store_sales: rentals",
    ),
    "payments in bronze and fact_payments": ("bronze.payment: rows", "silver.fact_payments: rows"),
    "revenue in bronze and fact_payments": ("bronze.payment: amount", "silver.fact_payments: amount"),
    "revenue in fact_payments and rental_obt": ("silver.fact_payments: amount for rentals", "gold.rental_obt: amount"),
    "revenue in rental_obt and monthly_film_rentals": ("gold.rental_obt: amount", "gold.monthly_film_rentals: revenue"),
    "revenue in rental_obt and category_country_share": (
        "gold.rental_obt: amount",
        "gold.category_country_share: revenue",
    ),
    "revenue in fact_payments and monthly_store_sales": (
        "silver.fact_payments: amount",
        "gold.monthly_store_sales: revenue",
    ),
    **{f"keys in {fact.full_name} that lead nowhere": (NOTHING, f"{fact.full_name}: missing") for fact in FACTS},
    **{
        f"live keys of {stream} and current members of {dimension.full_name}": (
            f"bronze.{stream}: rows",
            f"{dimension.full_name}: members",
        )
        for stream, dimension in MEMBERS.items()
    },
}
"""Rule: the number that is expected, and the one that must equal it."""

Measured = tuple[DataFrame, dict[str, Column]]
"""Rows, and what to add up of them, by name."""


def reconcile(lake: Lake) -> Step:
    """Raises ReconciliationError with both numbers of each pair that differs."""
    with recorded(lake, "ops.reconciliation") as step:
        numbers = added_up(measures(lake))
        note_inputs(lake, step)
        last = reusable_success(lake, step)
        if last is not None and is_up_to_date(step, last):
            keep_as_it_is(step, last)
            return step
        found = {NOTHING: Decimal("0.00")} | {row.name: row.number for row in numbers.collect()}
        step.pairs = [Pair(rule, found[expected], found[actual]) for rule, (expected, actual) in COMPARISONS.items()]
        step.checks = [Check(p.rule, "critical", "pass" if p.expected == p.actual else "fail") for p in step.pairs]
        apart = [f"{p.rule}: {p.expected} against {p.actual}" for p in step.pairs if p.expected != p.actual]
        if apart:
            raise ReconciliationError(f"the layers do not agree: {'; '.join(apart)}")
        step.status = "published"
    return step


def measures(lake: Lake) -> list[Measured]:
    """Every table is read once, as it is then."""
    frames: dict[str, DataFrame] = {}

    def read(table: Table) -> DataFrame:
        if table.full_name not in frames:
            frames[table.full_name] = lake.read(table)
        return frames[table.full_name]

    rows, amount, revenue = F.count("*"), F.sum("amount"), F.sum("revenue")
    amount_for_rentals = F.sum(F.when(F.col("rental_key") != -1, F.col("amount")))
    members = F.count_if(F.col("is_current") & ~F.col("is_inferred"))
    sums = [
        (fact_rentals.TABLE, {"rows": rows}),
        (fact_payments.TABLE, {"rows": rows, "amount": amount, "amount for rentals": amount_for_rentals}),
        (rental_obt.TABLE, {"rows": rows, "amount": amount}),
        (monthly_film_rentals.TABLE, {"rentals": F.sum("rental_count"), "revenue": revenue}),
        (category_country_share.TABLE, {"rentals": F.sum("rental_count"), "revenue": revenue}),
        (monthly_store_sales.TABLE, {"rentals": F.sum("number_of_rentals"), "revenue": revenue}),
        *((dimension, {"members": members}) for dimension in MEMBERS.values()),
    ]
    return [
        _live(lake, "rental", {"rows": rows}),
        _live(lake, "payment", {"rows": rows, "amount": amount}),
        *(_live(lake, stream, {"rows": rows}) for stream in MEMBERS),
        *(_of(table, read(table), numbers) for table, numbers in sums),
        *(_of(fact, _dangling(read, fact), {"missing": F.sum("missing")}) for fact in FACTS),
    ]


def _live(lake: Lake, stream: str, numbers: dict[str, Column]) -> Measured:
    rows = current(lake.changes(stream), [f"{stream}_id"])
    return rows, {f"bronze.{stream}: {name}": number for name, number in numbers.items()}


def _of(table: Table, rows: DataFrame, numbers: dict[str, Column]) -> Measured:
    return rows, {f"{table.full_name}: {name}": number for name, number in numbers.items()}


def _dangling(read: Callable[[Table], DataFrame], table: Table) -> DataFrame:
    """One row per row of the table: how many of its references point nowhere."""
    rows, missing = read(table).select(*table.references), F.lit(0)
    for number, (column, target) in enumerate(table.references.items()):
        keys = read(target).select(F.col(target.key[0]).alias(f"_{number}"))
        rows = rows.join(keys, F.col(column) == F.col(f"_{number}"), "left")
        missing = missing + (F.col(column).isNotNull() & F.col(f"_{number}").isNull()).cast("int")
    return rows.select(missing.alias("missing"))


def added_up(measured: list[Measured]) -> DataFrame:
    """`name, number` of everything measured, in one pass over each frame; of no rows the sum is 0."""

    def numbers(rows: DataFrame, by_name: dict[str, Column]) -> DataFrame:
        zero = F.lit(0).cast("decimal(30,2)")
        named = [
            F.struct(F.lit(name).alias("name"), F.coalesce(number.cast("decimal(30,2)"), zero).alias("number"))
            for name, number in by_name.items()
        ]
        return rows.agg(F.array(*named).alias("named")).select(F.inline("named"))

    return reduce(DataFrame.unionByName, (numbers(*each) for each in measured))
