"""Forget a customer: what tells who a person is goes from every version that is kept; facts and their totals stay."""

import re
import uuid

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.bronze.streams import STREAMS, Stream
from dvdrental.errors import SettingsError
from dvdrental.lake import Lake
from dvdrental.names import ident, literal
from dvdrental.ops import Step, recorded

_NUMBER = re.compile(r"[0-9]{1,10}\Z")

NOBODY = "concat('forgotten ', left(sha2(concat({salt}, {value}), 256), 8))"
"""Two names stay two names, so that the versions of the customer, their keys and the facts on them stay as they are.
The salt is kept nowhere."""


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
        step.rows_updated = _blank(lake, customers, [int(customer_id)])
        step.rows_updated += _blank(lake, addresses, sorted(set(homes) - set(shared)))
        step.status = "published"
    return step


def _others(lake: Lake, customer_id: int) -> DataFrame:
    """Addresses of other customers, of staff and stores."""
    customers, staff, stores = (lake.table(STREAMS[name].table) for name in ("customer", "staff", "store"))
    others = customers.filter(F.col("customer_id") != customer_id)
    return others.select("address_id").union(staff.select("address_id")).union(stores.select("address_id")).distinct()


def _blank(lake: Lake, stream: Stream, keys: list[int]) -> int:
    """Unknown fields go as a whole: nobody knows what is in them."""
    if not keys:
        return 0
    personal = [column.name for column in stream.business_fields if column.personal]
    salt = literal(uuid.uuid4().hex)
    values = {column: NOBODY.format(salt=salt, value=ident(column)) for column in personal} | {"_rescued": "NULL"}
    chosen = f"{stream.key[0]} IN ({', '.join(str(int(key)) for key in keys)})"
    return lake.update(stream.table, values, chosen)
