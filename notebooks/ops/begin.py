# Databricks notebook source
# MAGIC %md
# MAGIC # ops.begin
# MAGIC Makes the ledger, so that the tasks that follow only append to it, and notes that the run has started.
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
from dvdrental.ledger_views import RUN
from dvdrental.run import begin

lake = Lake.open(spark, dbutils)

# COMMAND ----------
begin(lake)
display(lake.table(RUN).orderBy("started_at", ascending=False).limit(10))
