# Databricks notebook source
# MAGIC %md
# MAGIC # gold.category_country_share
# MAGIC One row per country of customers and category of films.
# MAGIC
# MAGIC Which categories a country rents, and their share.
# MAGIC
# MAGIC Reads `gold.rental_obt`.
# MAGIC
# MAGIC Rerunning is safe: only differences are published, and only after the checks.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from dvdrental.gold import category_country_share, rental_obt
from dvdrental.lake import Lake
from dvdrental.ops import to_json
from dvdrental.publish import publish

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = category_country_share.build(rental_obt=lake.read(rental_obt.TABLE))

# COMMAND ----------
step = publish(lake, category_country_share.TABLE, rows)
display(lake.sample(category_country_share.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
