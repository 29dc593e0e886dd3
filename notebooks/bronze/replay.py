# Databricks notebook source
# MAGIC %md
# MAGIC # bronze.replay
# MAGIC Rows that were set aside (`ops.quarantine`) are tried again, after a fix of code, rule or landing.
# MAGIC
# MAGIC The widget `streams` names source tables, separated by commas; `all` means the 15 of the job.
# MAGIC
# MAGIC Each row moves once; what is still unusable stays. Rerunning is safe.
# MAGIC
# MAGIC Run the job afterwards: silver and gold follow.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from dvdrental.bronze.ingest import replay
from dvdrental.bronze.streams import chosen
from dvdrental.lake import Lake
from dvdrental.ops import STEP, to_json

lake = Lake.open(spark, dbutils)

# COMMAND ----------
dbutils.widgets.text("streams", "all")
streams = chosen(dbutils.widgets.get("streams"))
steps = replay(lake, streams)
display(lake.table(STEP).orderBy("started_at", ascending=False).limit(15))

# COMMAND ----------
dbutils.notebook.exit(to_json(steps))
