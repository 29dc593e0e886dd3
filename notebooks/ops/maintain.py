# Databricks notebook source
# MAGIC %md
# MAGIC # ops.maintain
# MAGIC Puts small files together, removes those that no version of the last 15 days needs, and stages of refused
# MAGIC publications of that age.
# MAGIC
# MAGIC No row changes. Rerunning is safe; beside a running job it only costs time.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from dvdrental.lake import Lake
from dvdrental.maintain import maintain

lake = Lake.open(spark, dbutils)

# COMMAND ----------
maintain(lake)
