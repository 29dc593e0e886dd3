# Databricks notebook source
# MAGIC %md
# MAGIC # ops.forget
# MAGIC Overwrites the personal data of a customer, in every version that bronze keeps, and addresses of nobody else.
# MAGIC
# MAGIC The widget `customer_id` names the customer. Erase the person in the source first, and let Airbyte sync: what it
# MAGIC lands again is taken in again.
# MAGIC
# MAGIC Run the job with `rebuild=yes` afterwards: silver follows; gold never had it. Facts and totals stay. Rerunning
# MAGIC is safe.
# MAGIC
# MAGIC Files that still have the data go with the job "DVD Rental upkeep": its next run takes them out of use, one at
# MAGIC least 15 days later removes them. By its monthly schedule that is within two months; by hand it is quicker.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from dvdrental.forget import forget
from dvdrental.lake import Lake
from dvdrental.ops import to_json

lake = Lake.open(spark, dbutils)

# COMMAND ----------
dbutils.widgets.text("customer_id", "")
step = forget(lake, dbutils.widgets.get("customer_id"))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
