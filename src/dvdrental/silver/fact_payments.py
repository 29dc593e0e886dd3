"""silver.fact_payments: one row per live payment; payer and staff as of the payment, film and copy as of the rental."""

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.columns import UNKNOWN, date_key, surrogate_key
from dvdrental.feed import Lookup, differing, distinct_keys, touched_by_dimensions
from dvdrental.history import PERIOD, as_of, current
from dvdrental.silver import (
    dim_category,
    dim_customer,
    dim_date,
    dim_film,
    dim_staff,
    dim_store,
    fact_rentals,
)
from dvdrental.table import Table

TABLE = Table(
    layer="silver",
    name="fact_payments",
    grain="one row per live payment",
    key=("payment_key",),
    columns="""
        payment_key BIGINT NOT NULL COMMENT 'Surrogate key: hash of payment_id',
        payment_id INT NOT NULL COMMENT 'Source key',
        rental_key BIGINT NOT NULL COMMENT 'Rental that was paid for; -1 when the source no longer has it',
        customer_key BIGINT NOT NULL COMMENT 'Who paid, as of payment_date; not always who rented',
        film_key BIGINT NOT NULL COMMENT 'Film, as of the rental',
        category_key BIGINT NOT NULL COMMENT 'Category of the film, as of the rental',
        store_key BIGINT NOT NULL COMMENT 'Store of the member of staff who took the money, as of payment_date',
        inventory_store_key BIGINT NOT NULL COMMENT 'Store that owned the copy, as of the rental',
        staff_key BIGINT NOT NULL COMMENT 'Who took the money, as of payment_date',
        payment_date_key INT NOT NULL COMMENT 'Day of payment_date as yyyymmdd',
        rental_id INT COMMENT 'Rental that was paid for',
        customer_id INT COMMENT 'Who paid, whatever the version',
        staff_id INT COMMENT 'Who took the money, whatever the version',
        store_id INT COMMENT 'Store of that member of staff, whatever the version',
        payment_date TIMESTAMP_NTZ NOT NULL COMMENT 'When it was paid; long after the rental in this data',
        amount DECIMAL(5,2) NOT NULL COMMENT 'US dollars; may be 0',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
    references={
        "customer_key": dim_customer.TABLE,
        "film_key": dim_film.TABLE,
        "category_key": dim_category.TABLE,
        "store_key": dim_store.TABLE,
        "inventory_store_key": dim_store.TABLE,
        "staff_key": dim_staff.TABLE,
        "payment_date_key": dim_date.TABLE,
    },
)

OF_RENTAL = ["film_key", "category_key", "inventory_store_key"]

LOOKUPS = (
    Lookup(dim_customer.TABLE, "customer_id"),
    Lookup(dim_staff.TABLE, "staff_id", ["store_id"]),
    Lookup(dim_store.TABLE, "store_id"),
)


def build(
    payment: DataFrame,
    rentals: DataFrame,
    customers: DataFrame,
    stores: DataFrame,
    staff: DataFrame,
    scope: DataFrame | None = None,
) -> DataFrame:
    """All payments, or those whose payment_id is in the scope."""
    if scope is not None:
        payment = payment.join(scope, "payment_id", "left_semi")
    facts = current(payment, ["payment_id"])
    facts = facts.join(rentals.select("rental_id", "rental_key", *OF_RENTAL), on="rental_id", how="left")
    facts = facts.withColumns({c: F.coalesce(c, F.lit(UNKNOWN)) for c in ["rental_key", *OF_RENTAL]})
    for versions, on, key in (  # staff before stores: a member of staff gives the store
        (customers.select("customer_id", "customer_key", *PERIOD), "customer_id", "customer_key"),
        (staff.select("staff_id", "staff_key", "store_id", *PERIOD), "staff_id", "staff_key"),
        (stores.select("store_id", "store_key", *PERIOD), "store_id", "store_key"),
    ):
        facts = as_of(facts, versions, on=on, at="payment_date", key=key)
    keys = {"payment_key": surrogate_key("payment_id"), "payment_date_key": date_key("payment_date")}
    return facts.withColumns(keys).select(*TABLE.built_columns)


def touched(published: DataFrame, inputs: Mapping[str, DataFrame], changed: Mapping[str, DataFrame]) -> DataFrame:
    """payment_id of each payment whose row may differ: its own events, what is taken from its rental, or the version of
    a dimension that is valid at its time."""
    found = touched_by_dimensions(published, LOOKUPS, changed, key="payment_id", at="payment_date")
    if "bronze.payment" in changed:
        found.append(changed["bronze.payment"].select("payment_id"))
    if fact_rentals.TABLE.full_name in changed:
        differ = differing(changed[fact_rentals.TABLE.full_name], "rental_key", ["rental_id", *OF_RENTAL])
        rentals = differ.select(F.coalesce("after.rental_id", "before.rental_id").alias("rental_id"))
        found.append(published.join(rentals, "rental_id", "left_semi").select("payment_id"))
    return distinct_keys(published, found, "payment_id")
