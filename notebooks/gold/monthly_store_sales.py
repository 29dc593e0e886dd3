# Databricks notebook source
# MAGIC %md
# MAGIC # gold.monthly_store_sales
# MAGIC One row per store and month, empty months included.
# MAGIC
# MAGIC Revenue is by month of payment and by the store of whoever took the money.
# MAGIC
# MAGIC Reads `silver.fact_rentals`, `silver.fact_payments`, `silver.dim_store`.
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
from dvdrental.gold import monthly_store_sales
from dvdrental.lake import Lake
from dvdrental.ops import to_json
from dvdrental.publish import publish
from dvdrental.silver import dim_store, fact_payments, fact_rentals

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = monthly_store_sales.build(
    rentals=lake.read(fact_rentals.TABLE),
    payments=lake.read(fact_payments.TABLE),
    stores=lake.read(dim_store.TABLE),
)

# COMMAND ----------
step = publish(lake, monthly_store_sales.TABLE, rows)
display(lake.sample(monthly_store_sales.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
