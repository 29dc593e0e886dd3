# Databricks notebook source
# MAGIC %md
# MAGIC # bronze.ingest
# MAGIC All streams of Airbyte's landing: typed, appended once, counted.
# MAGIC
# MAGIC The widget `streams` names source tables, separated by commas; `all` means the 15 of the job.
# MAGIC
# MAGIC A landing that has not changed since is not read. Rerunning is safe: what bronze has is a duplicate.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from dvdrental.bronze.ingest import ingest
from dvdrental.bronze.streams import chosen
from dvdrental.lake import Lake
from dvdrental.ops import STEP, to_json

lake = Lake.open(spark, dbutils)

# COMMAND ----------
dbutils.widgets.text("streams", "all")
streams = chosen(dbutils.widgets.get("streams"))
steps = ingest(lake, streams)
display(lake.table(STEP).orderBy("started_at", ascending=False).limit(15))

# COMMAND ----------
dbutils.notebook.exit(to_json(steps))
