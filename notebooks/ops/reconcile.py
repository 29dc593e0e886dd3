# Databricks notebook source
# MAGIC %md
# MAGIC # ops.reconcile
# MAGIC The numbers that must agree across the layers, after everything is published.
# MAGIC
# MAGIC Fails with the two numbers when they do not. Rerunning is safe: it only reads, and adds a ledger row.

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
from dvdrental.quality.reconcile import reconcile

lake = Lake.open(spark, dbutils)

# COMMAND ----------
step = reconcile(lake)

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
