# Databricks notebook source
# MAGIC %md
# MAGIC # bronze.ingest
# MAGIC One stream of Airbyte's landing: typed, appended once, counted.
# MAGIC
# MAGIC Job parameter `stream` names the source table. A landing that has not changed is not read.
# MAGIC
# MAGIC Reads the landing of the stream. Rerunning is safe: what bronze already has is a duplicate.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    folders = [Path.cwd(), *Path.cwd().parents]
    sys.path.insert(0, next(str(p / "src") for p in folders if (p / "src" / "dvdrental").is_dir()))

# COMMAND ----------
from dvdrental.bronze.ingest import ingest
from dvdrental.lake import Lake

lake = Lake.open(spark, dbutils)

# COMMAND ----------
dbutils.widgets.text("stream", "customer")
stream = dbutils.widgets.get("stream")
step = ingest(lake, stream)

# COMMAND ----------
display(lake.changes(stream).limit(20))
dbutils.notebook.exit(step.to_json())
