"""silver.fact_rentals: one row per live rental; dimension keys are those valid when it was handed out."""

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.columns import date_key, surrogate_key
from dvdrental.feed import Lookup, distinct_keys, touched_by_dimensions
from dvdrental.history import PERIOD, as_of, chain, current
from dvdrental.silver import dim_category, dim_customer, dim_date, dim_film, dim_staff, dim_store
from dvdrental.table import Table

TABLE = Table(
    layer="silver",
    name="fact_rentals",
    grain="one row per live rental",
    key=("rental_key",),
    columns="""
        rental_key BIGINT NOT NULL COMMENT 'Surrogate key: hash of rental_id',
        rental_id INT NOT NULL COMMENT 'Source key',
        customer_key BIGINT NOT NULL COMMENT 'Customer, as of rental_date',
        film_key BIGINT NOT NULL COMMENT 'Film of the copy, as of rental_date',
        category_key BIGINT NOT NULL COMMENT 'Category of the film, as of rental_date',
        store_key BIGINT NOT NULL COMMENT 'Store of the member of staff who rented it out, as of rental_date',
        inventory_store_key BIGINT NOT NULL COMMENT 'Store that owned the copy, as of rental_date',
        staff_key BIGINT NOT NULL COMMENT 'Who rented it out, as of rental_date',
        inventory_key BIGINT NOT NULL COMMENT 'Copy: hash of its id, -1 if unknown; dim_inventory has live ones only',
        rental_date_key INT NOT NULL COMMENT 'Day of rental_date as yyyymmdd',
        return_date_key INT COMMENT 'Day of return_date as yyyymmdd; NULL while the copy is out',
        customer_id INT COMMENT 'Customer, whatever the version',
        inventory_id INT COMMENT 'Copy, whatever the version',
        staff_id INT COMMENT 'Member of staff, whatever the version',
        film_id INT COMMENT 'Film of the copy, whatever the version',
        category_id INT COMMENT 'Category of the film, whatever the version',
        store_id INT COMMENT 'Store of the member of staff, whatever the version',
        inventory_store_id INT COMMENT 'Store that owned the copy, whatever the version',
        rental_date TIMESTAMP_NTZ NOT NULL COMMENT 'When the copy was handed out',
        return_date TIMESTAMP_NTZ COMMENT 'When it came back; NULL while it is out',
        due_date TIMESTAMP_NTZ COMMENT 'When it has to be back: rental_date plus the allowed days of the film',
        rental_amount DECIMAL(10,2) NOT NULL COMMENT 'Sum of all payments for the rental, US dollars; 0 when unpaid',
        number_of_payments INT NOT NULL COMMENT 'Payments for the rental; 0 when unpaid',
        rental_duration_days INT COMMENT 'Calendar days between rental and return; NULL while the copy is out',
        is_returned BOOLEAN NOT NULL COMMENT 'False while the copy is out',
        is_late BOOLEAN COMMENT 'Returned after due_date, to the second; NULL while the copy is out',
        is_late_calendar BOOLEAN COMMENT 'Returned more calendar days later than allowed; NULL while the copy is out',
        last_update TIMESTAMP_NTZ COMMENT 'When the source last changed the rental row',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
    references={
        "customer_key": dim_customer.TABLE,
        "film_key": dim_film.TABLE,
        "category_key": dim_category.TABLE,
        "store_key": dim_store.TABLE,
        "inventory_store_key": dim_store.TABLE,
        "staff_key": dim_staff.TABLE,
        "rental_date_key": dim_date.TABLE,
        "return_date_key": dim_date.TABLE,
    },
)

LOOKUPS = (
    Lookup(dim_customer.TABLE, "customer_id"),
    Lookup(dim_film.TABLE, "film_id", ["category_id", "rental_duration"]),
    Lookup(dim_staff.TABLE, "staff_id", ["store_id"]),
    Lookup(dim_category.TABLE, "category_id"),
    Lookup(dim_store.TABLE, "store_id"),
    Lookup(dim_store.TABLE, "inventory_store_id"),
)


def build(
    rental: DataFrame,
    payment: DataFrame,
    inventory: DataFrame,
    customers: DataFrame,
    films: DataFrame,
    categories: DataFrame,
    stores: DataFrame,
    staff: DataFrame,
    scope: DataFrame | None = None,
) -> DataFrame:
    """All rentals, or those whose rental_id is in the scope."""
    if scope is not None:
        rental, payment = rental.join(scope, "rental_id", "left_semi"), _payments_of(scope, payment)
        inventory = inventory.join(rental.select("inventory_id"), "inventory_id", "left_semi")
    copies = chain(inventory, ["inventory_id"], tracked=["film_id", "store_id"]).filter("not is_deleted")
    copies = copies.withColumnRenamed("store_id", "inventory_store_id").drop("is_deleted")
    copies = copies.withColumn("inventory_key", surrogate_key("inventory_id"))
    owners = stores.select(
        F.col("store_id").alias("inventory_store_id"), F.col("store_key").alias("inventory_store_key"), *PERIOD
    )
    facts = current(rental, ["rental_id"]).join(paid(payment), on="rental_id", how="left")
    # The order matters: a copy gives its film and the store that owns it, a film its category, staff their store.
    for versions, on, key in (
        (copies, "inventory_id", "inventory_key"),
        (films.select("film_id", "film_key", "category_id", "rental_duration", *PERIOD), "film_id", "film_key"),
        (staff.select("staff_id", "staff_key", "store_id", *PERIOD), "staff_id", "staff_key"),
        (customers.select("customer_id", "customer_key", *PERIOD), "customer_id", "customer_key"),
        (categories.select("category_id", "category_key", *PERIOD), "category_id", "category_key"),
        (stores.select("store_id", "store_key", *PERIOD), "store_id", "store_key"),
        (owners, "inventory_store_id", "inventory_store_key"),
    ):
        facts = as_of(facts, versions, on=on, at="rental_date", key=key)
    return measured(facts).select(*TABLE.built_columns)


def touched(published: DataFrame, inputs: Mapping[str, DataFrame], changed: Mapping[str, DataFrame]) -> DataFrame:
    """rental_id of each rental whose row may differ: its own events, its payments, its copy, or the version of a
    dimension that is valid at its time."""
    found = touched_by_dimensions(published, LOOKUPS, changed, key="rental_id", at="rental_date")
    if "bronze.rental" in changed:
        found.append(changed["bronze.rental"].select("rental_id"))
    if "bronze.payment" in changed:
        moved = changed["bronze.payment"].select("payment_id")
        found.append(inputs["payment"].join(moved, "payment_id", "left_semi").select("rental_id"))
    if "bronze.inventory" in changed:
        copies = changed["bronze.inventory"].select("inventory_id")
        found.append(published.join(copies, "inventory_id", "left_semi").select("rental_id"))
    return distinct_keys(published, found, "rental_id").filter("rental_id is not null")  # some payments are for none


def _payments_of(scope: DataFrame, payment: DataFrame) -> DataFrame:
    """All events of each payment that ever was for a rental of the scope."""
    ids = payment.join(scope, "rental_id", "left_semi").select("payment_id")
    return payment.join(ids, "payment_id", "left_semi")


def paid(payment: DataFrame) -> DataFrame:
    """One row per rental with a payment: a rental may have several, by several customers (rental 4591)."""
    return (
        current(payment, ["payment_id"])
        .groupBy("rental_id")
        .agg(F.sum("amount").cast("decimal(10,2)").alias("paid"), F.count("*").cast("int").alias("payments"))
    )


def measured(facts: DataFrame) -> DataFrame:
    days = F.datediff("return_date", "rental_date")
    due = F.col("rental_date") + F.make_dt_interval(F.col("rental_duration"))
    return facts.withColumns(
        {
            "rental_key": surrogate_key("rental_id"),
            "rental_date_key": date_key("rental_date"),
            "return_date_key": date_key("return_date"),
            "due_date": due,
            "rental_amount": F.coalesce("paid", F.lit(0).cast("decimal(10,2)")),
            "number_of_payments": F.coalesce("payments", F.lit(0)),
            "rental_duration_days": days,
            "is_returned": F.col("return_date").isNotNull(),
            "is_late": F.col("return_date") > due,
            "is_late_calendar": days > F.col("rental_duration"),
        }
    )
