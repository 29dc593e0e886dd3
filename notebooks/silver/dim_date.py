# Databricks notebook source
# MAGIC %md
# MAGIC # silver.dim_date
# MAGIC One row per calendar day.
# MAGIC
# MAGIC Whole years around all rentals, returns and payments; fiscal year from July to June.
# MAGIC
# MAGIC Reads `bronze.rental`, `bronze.payment`.
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
from dvdrental.silver import dim_date

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = dim_date.build(
    rental=lake.changes("rental"),
    payment=lake.changes("payment"),
)

# COMMAND ----------
step = publish(lake, dim_date.TABLE, rows, dim_date.NEWS)
display(lake.sample(dim_date.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
