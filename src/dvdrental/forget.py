"""Forget a customer: personal data goes from every version that is kept; facts and their totals stay."""

import re

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.bronze.streams import STREAMS, Stream
from dvdrental.errors import SettingsError
from dvdrental.lake import Lake
from dvdrental.names import ident
from dvdrental.ops import Step
from dvdrental.recording import recorded

_NUMBER = re.compile(r"[0-9]{1,10}\Z")

NOBODY = "concat('forgotten ', left(sha2(concat(forgotten_salt, {value}), 256), 8))"
"""Two names stay two names, so that the versions of the customer, their keys and the facts on them stay as they are.
The salt is a variable of the session: in the text of a statement it would stay in the platform's history of queries."""

BLANKED = {"_rescued": "NULL", "_payload": "NULL"}
"""Nobody knows what is in unknown fields; a hash of all fields would tell who had the right guess."""


def forget(lake: Lake, customer_id: str) -> Step:
    """Overwrite the personal columns of a customer in bronze, and of addresses that are nobody else's.

    Silver follows with the next run of the job or a rebuild, the files with the next VACUUM (see maintain.py). Erase
    the person in the source first: what Airbyte lands again is taken in again. Raises SettingsError if bronze has no
    such customer.
    """
    if not _NUMBER.match(customer_id):
        raise SettingsError("customer_id: use a whole number")
    customers, addresses = (STREAMS[name] for name in ("customer", "address"))
    own = lake.table(customers.table).filter(F.col("customer_id") == int(customer_id))
    if own.isEmpty():
        raise SettingsError(f"customer_id: bronze.customer has no customer {customer_id}")
    with recorded(lake, "ops.forget") as step:
        homes = [row.address_id for row in own.select("address_id").distinct().collect() if row.address_id is not None]
        shared = [row.address_id for row in _others(lake, int(customer_id)).collect()]
        lake.spark.sql("DECLARE OR REPLACE VARIABLE forgotten_salt STRING DEFAULT uuid()")
        step.rows_updated = _blank(lake, customers, [int(customer_id)])
        step.rows_updated += _blank(lake, addresses, sorted(set(homes) - set(shared)))
        lake.spark.sql("DROP TEMPORARY VARIABLE forgotten_salt")
        step.status = "published"
    return step


def _others(lake: Lake, customer_id: int) -> DataFrame:
    """Addresses of other customers, of staff and stores."""
    customers, staff, stores = (lake.table(STREAMS[name].table) for name in ("customer", "staff", "store"))
    others = customers.filter(F.col("customer_id") != customer_id)
    return others.select("address_id").union(staff.select("address_id")).union(stores.select("address_id")).distinct()


def _blank(lake: Lake, stream: Stream, keys: list[int]) -> int:
    if not keys:
        return 0
    personal = [column.name for column in stream.business_fields if column.personal]
    values = {column: NOBODY.format(value=ident(column)) for column in personal} | BLANKED
    chosen = f"{stream.key[0]} IN ({', '.join(str(int(key)) for key in keys)})"
    return lake.update(stream.table, values, chosen)
