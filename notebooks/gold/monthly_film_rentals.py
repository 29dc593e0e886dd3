# Databricks notebook source
# MAGIC %md
# MAGIC # gold.monthly_film_rentals
# MAGIC One row per film and month with a rental.
# MAGIC
# MAGIC Months are those of the rental.
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
from dvdrental.gold import monthly_film_rentals, rental_obt
from dvdrental.lake import Lake
from dvdrental.ops import to_json
from dvdrental.publish import publish

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = monthly_film_rentals.build(rental_obt=lake.read(rental_obt.TABLE))

# COMMAND ----------
step = publish(lake, monthly_film_rentals.TABLE, rows)
display(lake.sample(monthly_film_rentals.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
