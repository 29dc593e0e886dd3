# Databricks notebook source
# MAGIC %md
# MAGIC # ops.finish
# MAGIC Notes how the run ended, after all other tasks, whether they went well or not. Fails if one of them failed or
# MAGIC never ran, with the reasons: so this is the place to look at after a failed run.
# MAGIC
# MAGIC Writes the quality results as a site (Great Expectations' Data Docs) and the steps as OpenLineage events into
# MAGIC the folder of the widget `reports`.
# MAGIC
# MAGIC Rerunning is safe: it only reads, and adds a ledger row.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from dvdrental.lake import Lake
from dvdrental.ledger_views import FRESHNESS
from dvdrental.run import finish

lake = Lake.open(spark, dbutils)

# COMMAND ----------
display(lake.table(FRESHNESS).orderBy("table_name"))

# COMMAND ----------
finish(lake)
