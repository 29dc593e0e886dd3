# Databricks notebook source
# MAGIC %md
# MAGIC # gold.overdue_rentals
# MAGIC One row per open rental beyond its due date.
# MAGIC
# MAGIC As of the newest event in the data; fee and loss rules are those of the source.
# MAGIC
# MAGIC Reads `gold.rental_obt`, `silver.fact_payments`.
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
from dvdrental.gold import overdue_rentals, rental_obt
from dvdrental.lake import Lake
from dvdrental.ops import to_json
from dvdrental.publish import publish
from dvdrental.silver import fact_payments

lake = Lake.open(spark, dbutils)

# COMMAND ----------
rows = overdue_rentals.build(
    rental_obt=lake.read(rental_obt.TABLE),
    payments=lake.read(fact_payments.TABLE),
)

# COMMAND ----------
step = publish(lake, overdue_rentals.TABLE, rows)
display(lake.sample(overdue_rentals.TABLE))

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
