# Databricks notebook source
# MAGIC %md
# MAGIC # integration.verify
# MAGIC Compares what the pipeline published with the sample that was landed, counted without Spark.
# MAGIC
# MAGIC Rerunning is safe: it only reads.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from decimal import Decimal

from dvdrental.errors import ReconciliationError
from dvdrental.gold import monthly_film_rentals, rental_obt
from dvdrental.lake import Lake
from dvdrental.local.landing import read_source
from dvdrental.silver import dim_customer, dim_film, fact_payments

lake = Lake.open(spark, dbutils)

# COMMAND ----------
sample = read_source("sample")
paid = [Decimal(row["amount"]) for row in sample["payment"]]
years = [int(row["release_year"]) for row in sample["film"]]  # integers that are landed as text
expected = [
    (rental_obt.TABLE, "count(*)", len(sample["rental"])),
    (rental_obt.TABLE, "count_if(return_date IS NULL)", sum(row["return_date"] is None for row in sample["rental"])),
    (monthly_film_rentals.TABLE, "sum(rental_count)", len(sample["rental"])),
    (fact_payments.TABLE, "count(*)", len(paid)),
    (fact_payments.TABLE, "sum(amount)", sum(paid)),
    (dim_film.TABLE, "sum(release_year) FILTER (WHERE is_current)", sum(years)),
    (dim_customer.TABLE, "count_if(is_current AND NOT is_inferred)", len(sample["customer"])),
]

# COMMAND ----------
wrong = []
for table, measure, number in expected:
    found = lake.table(table).selectExpr(f"{measure} AS found").first()["found"]
    wrong += [] if found == number else [f"{measure} of {table.full_name} is {found}, should be {number}"]
if wrong:
    raise ReconciliationError("; ".join(wrong))
