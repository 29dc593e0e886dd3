# Databricks notebook source
# MAGIC %md
# MAGIC # gold.customer_value
# MAGIC One row per customer of today.
# MAGIC
# MAGIC No names, no addresses: `customer_key` leads to them for those who may see them.
# MAGIC
# MAGIC Reads `silver.dim_customer`, `silver.fact_rentals`, `silver.fact_payments`.
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
from dvdrental.gold import customer_value
from dvdrental.lake import Lake
from dvdrental.ops import to_json
from dvdrental.publish import publish
from dvdrental.silver import dim_customer, fact_payments, fact_rentals

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = customer_value.build(
    customers=lake.read(dim_customer.TABLE),
    rentals=lake.read(fact_rentals.TABLE),
    payments=lake.read(fact_payments.TABLE),
)

# COMMAND ----------
step = publish(lake, customer_value.TABLE, rows)
display(lake.sample(customer_value.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
