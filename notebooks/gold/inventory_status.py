# Databricks notebook source
# MAGIC %md
# MAGIC # gold.inventory_status
# MAGIC One row per live copy: on the shelf, out, overdue or lost.
# MAGIC
# MAGIC As of the newest event in the data.
# MAGIC
# MAGIC Reads `silver.dim_inventory`, `silver.dim_film`, `silver.dim_store`, `gold.rental_obt`, `silver.fact_payments`.
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
from dvdrental.gold import inventory_status, rental_obt
from dvdrental.lake import Lake
from dvdrental.ops import to_json
from dvdrental.publish import publish
from dvdrental.silver import dim_film, dim_inventory, dim_store, fact_payments

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = inventory_status.build(
    copies=lake.read(dim_inventory.TABLE),
    films=lake.read(dim_film.TABLE),
    stores=lake.read(dim_store.TABLE),
    rental_obt=lake.read(rental_obt.TABLE),
    payments=lake.read(fact_payments.TABLE),
)

# COMMAND ----------
step = publish(lake, inventory_status.TABLE, rows)
display(lake.sample(inventory_status.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
