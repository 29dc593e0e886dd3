# Databricks notebook source
# MAGIC %md
# MAGIC # silver.dim_inventory
# MAGIC One row per live copy of a film.
# MAGIC
# MAGIC The copy's film and the store that owns it, as of today.
# MAGIC
# MAGIC Reads `bronze.inventory`.
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
from dvdrental.silver import dim_inventory

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = dim_inventory.build(inventory=lake.changes("inventory"))

# COMMAND ----------
step = publish(lake, dim_inventory.TABLE, rows)
display(lake.sample(dim_inventory.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
