# Databricks notebook source
# MAGIC %md
# MAGIC # silver.dim_store
# MAGIC One row per store and version.
# MAGIC
# MAGIC A new address or manager opens a new version.
# MAGIC
# MAGIC Reads `bronze.store`, `bronze.address`, `bronze.city`, `bronze.country`, `bronze.staff`,
# MAGIC `bronze.inventory`, `bronze.customer`.
# MAGIC
# MAGIC Rerunning is safe: only differences are published, and only after the checks.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from dvdrental.lake import Lake
from dvdrental.ops import to_json
from dvdrental.publish import publish
from dvdrental.silver import dim_store

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = dim_store.build(
    store=lake.changes("store"),
    address=lake.changes("address"),
    city=lake.changes("city"),
    country=lake.changes("country"),
    staff=lake.changes("staff"),
    inventory=lake.changes("inventory"),
    customer=lake.changes("customer"),
)

# COMMAND ----------
step = publish(lake, dim_store.TABLE, rows)
display(lake.sample(dim_store.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
