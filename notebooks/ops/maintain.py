# Databricks notebook source
# MAGIC %md
# MAGIC # ops.maintain
# MAGIC Puts small files together, removes those that no version of the last 15 days needs, and stages of refused
# MAGIC publications of that age.
# MAGIC
# MAGIC No row changes. Rerunning is safe. While the pipeline runs, both may write to one table at the same time: one of
# MAGIC the two tasks then fails with a conflict, without having written to that table, and its job tries it once more.
# MAGIC After a conflict in a notebook that was opened by hand, run it again.

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
