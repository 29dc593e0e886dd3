# Databricks notebook source
# MAGIC %md
# MAGIC # gold.actor_rentals
# MAGIC One row per actor.
# MAGIC
# MAGIC A rental counts for each actor of its film: never add the actors up.
# MAGIC
# MAGIC Reads `silver.dim_actor`, `silver.bridge_film_actor`, `gold.rental_obt`.
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
from dvdrental.gold import actor_rentals, rental_obt
from dvdrental.lake import Lake
from dvdrental.ops import to_json
from dvdrental.publish import publish
from dvdrental.silver import bridge_film_actor, dim_actor

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = actor_rentals.build(
    actors=lake.read(dim_actor.TABLE),
    film_actors=lake.read(bridge_film_actor.TABLE),
    rental_obt=lake.read(rental_obt.TABLE),
)

# COMMAND ----------
step = publish(lake, actor_rentals.TABLE, rows)
display(lake.sample(actor_rentals.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
