# Databricks notebook source
# MAGIC %md
# MAGIC # gold.preset_rental_obt
# MAGIC View with the 20 columns of the first Preset dashboard.
# MAGIC
# MAGIC Reads `gold.rental_obt`. Rerunning is safe.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from dvdrental.gold.preset_rental_obt import VIEW
from dvdrental.lake import Lake

lake = Lake.open(spark, dbutils)

# COMMAND ----------
lake.create_view(VIEW)
display(lake.table(VIEW).limit(20))
