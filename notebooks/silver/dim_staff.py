# Databricks notebook source
# MAGIC %md
# MAGIC # silver.dim_staff
# MAGIC One row per member of staff and version. Holds personal data.
# MAGIC
# MAGIC Password and picture never get past landing.
# MAGIC
# MAGIC Reads `bronze.staff`, `bronze.store`, `bronze.rental`, `bronze.payment`.
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
from dvdrental.silver import dim_staff

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = dim_staff.build(
    staff=lake.changes("staff"),
    store=lake.changes("store"),
    rental=lake.changes("rental"),
    payment=lake.changes("payment"),
)

# COMMAND ----------
step = publish(lake, dim_staff.TABLE, rows, dim_staff.NEWS)
display(lake.sample(dim_staff.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
