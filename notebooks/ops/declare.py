# Databricks notebook source
# MAGIC %md
# MAGIC # ops.declare
# MAGIC Tells Unity Catalog what the contracts say beyond columns: primary and foreign keys (not enforced), tags on
# MAGIC personal columns, clustering by what is asked for most. Makes the metric views `gold.<table>_metrics`.
# MAGIC
# MAGIC No row changes. Rerunning is safe.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from dvdrental.declare import declare
from dvdrental.lake import Lake

lake = Lake.open(spark, dbutils)

# COMMAND ----------
dbutils.notebook.exit("\n".join(declare(lake)))
