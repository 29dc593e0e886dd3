# Databricks notebook source
# MAGIC %md
# MAGIC # ops.airbyte_sync
# MAGIC Lets Airbyte sync and waits for the end, so that the run works on fresh data.
# MAGIC
# MAGIC Does nothing while the widget `airbyte_connection_id` is empty: then Airbyte syncs by its own schedule.
# MAGIC
# MAGIC The secret scope holds `client_id` and `client_secret` of an Airbyte application.
# MAGIC
# MAGIC Rerunning is safe: a sync that still runs is joined.

# COMMAND ----------
try:
    import dvdrental  # noqa: F401
except ModuleNotFoundError:  # opened by hand, without the wheel: take the checkout around this notebook
    import sys
    from pathlib import Path

    sys.path += [str(folder / "src") for folder in Path.cwd().parents]

# COMMAND ----------
from dvdrental.airbyte import Airbyte
from dvdrental.lake import Lake
from dvdrental.ops import to_json
from dvdrental.recording import recorded

lake = Lake.open(spark, dbutils)

# COMMAND ----------
dbutils.widgets.text("airbyte_connection_id", "")
dbutils.widgets.text("airbyte_api", "https://api.airbyte.com/v1")
dbutils.widgets.text("airbyte_secret_scope", "airbyte")
connection = dbutils.widgets.get("airbyte_connection_id").strip()

# COMMAND ----------
if not connection:
    dbutils.notebook.exit(to_json([]))

# COMMAND ----------
scope = dbutils.widgets.get("airbyte_secret_scope")
secrets = {name: dbutils.secrets.get(scope, name) for name in ("client_id", "client_secret")}
with recorded(lake, "ops.airbyte_sync") as step:
    Airbyte(dbutils.widgets.get("airbyte_api").rstrip("/"), **secrets).sync(connection)
    step.status = "published"

# COMMAND ----------
dbutils.notebook.exit(to_json([step]))
