# Databricks notebook source
# MAGIC %md
# MAGIC # silver.dim_film
# MAGIC One row per film and version.
# MAGIC
# MAGIC Of several live categories the lowest id counts, so a film never fans out.
# MAGIC
# MAGIC Reads `bronze.film`, `bronze.language`, `bronze.film_category`, `bronze.category`,
# MAGIC `bronze.inventory`.
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
from dvdrental.silver import dim_film

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = dim_film.build(
    film=lake.changes("film"),
    language=lake.changes("language"),
    film_category=lake.changes("film_category"),
    category=lake.changes("category"),
    inventory=lake.changes("inventory"),
)

# COMMAND ----------
step = publish(lake, dim_film.TABLE, rows)
display(lake.sample(dim_film.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
