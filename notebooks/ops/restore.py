# Databricks notebook source
# MAGIC %md
# MAGIC # ops.restore
# MAGIC Brings a table of silver or gold back to what a run left, as a new version. Goes back 15 days at most.
# MAGIC
# MAGIC Widgets: `table` (as in `gold.rental_obt`) and `left_by` (a `run_id` of the view `ops.run`).
# MAGIC
# MAGIC The next run of the job computes the table anew from bronze: pause the schedule until the cause is mended. It
# MAGIC may be run twice.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from dvdrental.lake import Lake
from dvdrental.maintain import restore
from dvdrental.ops import to_json

lake = Lake.open(spark, dbutils)

# COMMAND ----------
dbutils.widgets.text("table", "")
dbutils.widgets.text("left_by", "")
step = restore(lake, dbutils.widgets.get("table"), dbutils.widgets.get("left_by"))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
