# Databricks notebook source
# MAGIC %md
# MAGIC # integration.land
# MAGIC Makes the schema of one integration test and lands the generated sample in it, as Airbyte would.
# MAGIC
# MAGIC Fails when the schema is there: a test never touches the tables of anybody else.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from datetime import UTC, datetime
from pathlib import Path

from dvdrental.lake import Lake
from dvdrental.local.landing import read_source, write_landing
from dvdrental.names import ident, schema_ident

lake = Lake.open(spark, dbutils)

# COMMAND ----------
where, landing = (lake.settings.catalog, lake.settings.bronze_schema), Path(lake.settings.landing)
spark.sql(f"CREATE SCHEMA {schema_ident(*where)}")
for folder in (landing, Path(lake.settings.staging), Path(lake.settings.reports)):
    spark.sql(f"CREATE VOLUME {ident(*where, folder.name)}")

# COMMAND ----------
write_landing(read_source("sample"), landing, envelope="jsonl_gzip", extracted_at=datetime.now(UTC))
