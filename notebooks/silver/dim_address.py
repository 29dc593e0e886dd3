# Databricks notebook source
# MAGIC %md
# MAGIC # silver.dim_address
# MAGIC One row per live address. Holds personal data.
# MAGIC
# MAGIC City and country spelled out; who uses the address.
# MAGIC
# MAGIC Reads `bronze.address`, `bronze.city`, `bronze.country`, `bronze.staff`, `bronze.store`,
# MAGIC `bronze.customer`.
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
from dvdrental.silver import dim_address

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = dim_address.build(
    address=lake.changes("address"),
    city=lake.changes("city"),
    country=lake.changes("country"),
    staff=lake.changes("staff"),
    store=lake.changes("store"),
    customer=lake.changes("customer"),
)

# COMMAND ----------
step = publish(lake, dim_address.TABLE, rows)
display(lake.sample(dim_address.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
