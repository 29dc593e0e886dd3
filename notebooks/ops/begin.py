# Databricks notebook source
# MAGIC %md
# MAGIC # ops.begin
# MAGIC Makes the ledger tables, so that the tasks that follow only append to them.
# MAGIC
# MAGIC Rerunning is safe.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from dvdrental.lake import Lake
from dvdrental.ops import QUARANTINE, STEP

lake = Lake.open(spark, dbutils)

# COMMAND ----------
for table in (STEP, QUARANTINE):
    lake.create(table)
    lake.add_missing_columns(table)
