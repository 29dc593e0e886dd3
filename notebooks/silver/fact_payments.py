# Databricks notebook source
# MAGIC %md
# MAGIC # silver.fact_payments
# MAGIC One row per live payment.
# MAGIC
# MAGIC Payer and staff as of the payment, film and copy as of the rental.
# MAGIC
# MAGIC Reads `bronze.payment`, `silver.fact_rentals`, `silver.dim_customer`, `silver.dim_store`,
# MAGIC `silver.dim_staff`.
# MAGIC
# MAGIC The job computes only payments for which something has changed; opened by hand, this notebook computes all.
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
from dvdrental.publish import publish_touched
from dvdrental.silver import dim_customer, dim_staff, dim_store, fact_payments, fact_rentals

lake = Lake.open(spark, dbutils)

# COMMAND ----------
inputs = {
    "payment": lake.changes("payment"),
    "rentals": lake.read(fact_rentals.TABLE),
    "customers": lake.read(dim_customer.TABLE),
    "stores": lake.read(dim_store.TABLE),
    "staff": lake.read(dim_staff.TABLE),
}

# COMMAND ----------
step = publish_touched(lake, fact_payments.TABLE, fact_payments.build, fact_payments.touched, inputs)
display(lake.sample(fact_payments.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
