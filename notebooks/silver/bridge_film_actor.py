# Databricks notebook source
# MAGIC %md
# MAGIC # silver.bridge_film_actor
# MAGIC One row per film and actor.
# MAGIC
# MAGIC Keys only; checked against `silver.dim_actor`.
# MAGIC
# MAGIC Reads `bronze.film_actor`.
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
from dvdrental.silver import bridge_film_actor

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = bridge_film_actor.build(film_actor=lake.changes("film_actor"))

# COMMAND ----------
step = publish(lake, bridge_film_actor.TABLE, rows)
display(lake.sample(bridge_film_actor.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
