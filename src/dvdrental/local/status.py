"""`dvdrental status`: how the last runs went, what is published as of when, what is stale, failed or set aside."""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from rich.console import Console
from rich.table import Table as Grid

from dvdrental import ledger_views, ops
from dvdrental.lake import Lake

RUNS = 5


def show(lake: Lake, console: Console) -> None:
    steps, waiting = lake.table(ops.STEP), lake.table(ops.QUARANTINE).filter("replayed_at is null")
    good = steps.filter("status <> 'failed' and rows_after is not null")
    published = good.groupBy("table_name").agg(
        F.max_by("rows_after", "started_at").alias("rows"),
        F.max(F.when(F.col("status") == "published", F.col("started_at"))).alias("changed_at"),
        F.max("started_at").alias("as_of"),
    )
    runs = lake.table(ledger_views.RUN).drop("package", "message").orderBy("started_at", ascending=False).limit(RUNS)
    stale = lake.table(ledger_views.FRESHNESS).filter("status <> 'pass'").orderBy("table_name")
    _print(console, "Last runs", runs)
    _print(console, "Published", published.orderBy("table_name"))
    _print(console, "Failed last time", lake.table(ledger_views.LAST_FAILURE).orderBy("table_name"))
    _print(console, "Nothing new from Airbyte for more than 8 days", stale)
    _print(console, "Set aside (ops.quarantine)", waiting.groupBy("stream", "rule").count().orderBy("stream", "rule"))


def _print(console: Console, title: str, rows: DataFrame) -> None:
    """Nothing where there are no rows."""
    found = rows.collect()
    if found:
        grid = Grid(*rows.columns, title=title, title_justify="left")
        for row in found:
            grid.add_row(*map(_text, row))
        console.print(grid)


def _text(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else "" if value is None else str(value)
