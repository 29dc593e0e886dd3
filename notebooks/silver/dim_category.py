# Databricks notebook source
# MAGIC %md
# MAGIC # silver.dim_category
# MAGIC One row per category and version.
# MAGIC
# MAGIC A renamed category opens a new version.
# MAGIC
# MAGIC Reads `bronze.category`, `bronze.film_category`.
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
from dvdrental.lake import Lake
from dvdrental.ops import to_json
from dvdrental.publish import publish
from dvdrental.silver import dim_category

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = dim_category.build(
    category=lake.changes("category"),
    film_category=lake.changes("film_category"),
)

# COMMAND ----------
step = publish(lake, dim_category.TABLE, rows)
display(lake.sample(dim_category.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
