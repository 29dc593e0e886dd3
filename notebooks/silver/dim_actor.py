# Databricks notebook source
# MAGIC %md
# MAGIC # silver.dim_actor
# MAGIC One row per live actor, and one per actor whom a film names and the source lacks.
# MAGIC
# MAGIC Two actors may share a name.
# MAGIC
# MAGIC Reads `bronze.actor` and `bronze.film_actor`.
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
from dvdrental.silver import dim_actor

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = dim_actor.build(actor=lake.changes("actor"), film_actor=lake.changes("film_actor"))

# COMMAND ----------
step = publish(lake, dim_actor.TABLE, rows)
display(lake.sample(dim_actor.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
