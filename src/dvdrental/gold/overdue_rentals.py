"""gold.overdue_rentals: one row per rental that is out beyond its due date, as of the newest event in the data."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.gold.overdue import LATE_FEE_PER_DAY, newest_event, status, whole_days
from dvdrental.table import Table

TABLE = Table(
    layer="gold",
    name="overdue_rentals",
    grain="one row per open rental beyond its due date",
    key=("rental_id",),
    columns="""
        rental_id INT NOT NULL COMMENT 'Rental',
        rental_key BIGINT NOT NULL COMMENT 'Key in fact_rentals and rental_obt',
        customer_key BIGINT NOT NULL COMMENT 'Customer at rental_date; names are in silver.dim_customer',
        customer_id INT COMMENT 'Customer',
        store_city STRING COMMENT 'Staff rule: city of the store that handed the copy out',
        inventory_store_city STRING COMMENT 'Copy rule: city of the store that owns the copy',
        title STRING COMMENT 'Title of the film',
        rental_date TIMESTAMP_NTZ NOT NULL COMMENT 'When the copy was handed out',
        due_date TIMESTAMP_NTZ NOT NULL COMMENT 'When it had to be back',
        as_of TIMESTAMP_NTZ NOT NULL COMMENT 'Newest rental, return or payment in the data: the clock of this table',
        days_overdue INT NOT NULL COMMENT 'Whole days from due_date to as_of',
        late_fee DECIMAL(20,2) NOT NULL COMMENT 'One dollar per day overdue, US dollars',
        replacement_cost DECIMAL(5,2) COMMENT 'Price of the copy, US dollars',
        status STRING NOT NULL COMMENT 'overdue, or lost when days_overdue is more than twice the allowed days',
        _loaded_at TIMESTAMP_NTZ NOT NULL COMMENT 'When this row was published, UTC'
    """,
    may_be_empty=True,
)


def build(rental_obt: DataFrame, payments: DataFrame) -> DataFrame:
    days = whole_days(F.col("due_date"), F.col("as_of"))
    return (
        rental_obt.crossJoin(newest_event(rental_obt, payments))
        .filter("is_open and due_date < as_of")
        .withColumns(
            {
                "days_overdue": days,
                "late_fee": (days * F.lit(LATE_FEE_PER_DAY).cast("decimal(5,2)")).cast("decimal(20,2)"),
                "status": status(days),
            }
        )
        .select(*TABLE.built_columns)
    )
