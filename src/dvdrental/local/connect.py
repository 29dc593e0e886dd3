"""One table through a real workspace, from this machine: made, published, published again, read back, dropped.

`python -m dvdrental.local.connect --catalog dvd_dev`, as requirements-connect.txt says.
"""

import argparse
import os
import sys
import uuid
from collections.abc import Sequence

from pyspark.sql import SparkSession

from dvdrental.bronze.streams import STREAMS
from dvdrental.errors import DvdRentalError
from dvdrental.lake import Lake
from dvdrental.names import ident, schema_ident
from dvdrental.ops import utc_now
from dvdrental.publish import publish
from dvdrental.settings import Settings
from dvdrental.silver import dim_actor

ACTORS = {1: "ANN HALL", 2: "BO LEE"}


class ConnectError(DvdRentalError):
    """No workspace can be reached, or it gave back something other than what was written."""


class _LakeAfar(Lake):
    def drop_stage(self, path: str) -> None:
        """Volumes are not mounted here; this one goes away with its schema."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dvdrental.local.connect", description=__doc__)
    parser.add_argument("--catalog", default="dvd_dev", help="catalog in which a schema may be made and dropped")
    catalog = parser.parse_args(arguments).catalog
    try:
        where = connect_and_smoke(catalog)
    except DvdRentalError as error:
        print(f"dvdrental: {error}", file=sys.stderr)  # noqa: T201
        return 2
    print(f"{dim_actor.TABLE.full_name} was published and read back in {where}, which is dropped again")  # noqa: T201
    return 0


def connect_and_smoke(catalog: str) -> str:
    name = f"smoke_{uuid.uuid4().hex[:12]}"
    schemas = {f"{layer}_schema": name for layer in ("bronze", "silver", "gold", "ops")}
    lake = _LakeAfar(_session(), Settings(catalog=catalog, staging=f"/Volumes/{catalog}/{name}/staging", **schemas))
    schema, volume = schema_ident(catalog, name), ident(catalog, name, "staging")
    lake.spark.sql(f"CREATE SCHEMA {schema}")
    try:
        lake.spark.sql(f"CREATE VOLUME {volume}")
        smoke(lake)
    finally:
        lake.spark.sql(f"DROP SCHEMA {schema} CASCADE")
    return schema


def smoke(lake: Lake) -> None:
    """A change log is stored; the dimension on it is published once, and found unchanged the second time. First rows
    that come again from the same state are not let in."""
    now = utc_now()
    technical = {"_extracted_at": now, "_at": now, "_ingested_at": now, "_batch": 1, "_is_delete": False}
    names = {key: dict(zip(("first_name", "last_name"), name.split(), strict=True)) for key, name in ACTORS.items()}
    events = [{"actor_id": key, "_raw_id": str(key), **technical, **name} for key, name in names.items()]
    table, dimension = STREAMS["actor"].table, dim_actor.TABLE
    lake.append_rows(table, [dict.fromkeys(table.column_names) | event for event in events])
    none = lake.empty(STREAMS["film_actor"].table)
    states = [
        publish(lake, dimension, dim_actor.build(actor=lake.changes("actor"), film_actor=none)).status for _ in range(2)
    ]
    as_made = lake.states(lake.name(dimension.layer, dimension.name))[-1]
    lake.fill(dimension, lake.table(dimension), as_made)
    found = sorted((row["actor_id"], row["full_name"]) for row in lake.table(dimension).collect())
    if (states, found) != (["published", "unchanged"], sorted(ACTORS.items())):
        raise ConnectError(f"{len(ACTORS)} rows went in, {len(found)} came out; the two publications were {states}")


def _session() -> SparkSession:
    try:
        from databricks.connect import DatabricksSession
    except ImportError:
        raise ConnectError(
            "databricks-connect is not installed here. It excludes pyspark, so it has an environment of its own: see "
            "requirements-connect.txt"
        ) from None
    if not {"DATABRICKS_HOST", "DATABRICKS_CONFIG_PROFILE"} & os.environ.keys():
        raise ConnectError("no workspace: set DATABRICKS_HOST (and sign in), or DATABRICKS_CONFIG_PROFILE")
    if "DATABRICKS_CLUSTER_ID" not in os.environ:
        os.environ.setdefault("DATABRICKS_SERVERLESS_COMPUTE_ID", "auto")
    session: SparkSession = DatabricksSession.builder.getOrCreate()
    return session


if __name__ == "__main__":
    sys.exit(main())
