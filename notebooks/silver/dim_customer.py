# Databricks notebook source
# MAGIC %md
# MAGIC # silver.dim_customer
# MAGIC One row per customer and version. Holds personal data.
# MAGIC
# MAGIC A move, a renamed city or a change of the active flag opens a new version; an e-mail address is
# MAGIC updated in place.
# MAGIC
# MAGIC Reads `bronze.customer`, `bronze.address`, `bronze.city`, `bronze.country`, `bronze.rental`,
# MAGIC `bronze.payment`.
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
from dvdrental.silver import dim_customer

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = dim_customer.build(
    customer=lake.changes("customer"),
    address=lake.changes("address"),
    city=lake.changes("city"),
    country=lake.changes("country"),
    rental=lake.changes("rental"),
    payment=lake.changes("payment"),
)

# COMMAND ----------
step = publish(lake, dim_customer.TABLE, rows, dim_customer.NEWS)
display(lake.sample(dim_customer.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
