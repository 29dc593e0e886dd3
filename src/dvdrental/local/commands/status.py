"""dvdrental status: how the last runs went, what is published as of when, what is stale, failed or set aside."""

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental import ledger_views, ops
from dvdrental.lake import Lake
from dvdrental.local.commands.common import CONSOLE, Commands, Options, declare, lake_option, open_session
from dvdrental.local.folder import in_use, lake_with_ledger
from dvdrental.local.output import FORMATS, dumps, grid, write_csv

RUNS = 5

TITLES = {
    "runs": "Last runs",
    "published": "Published",
    "failed": "Failed last time",
    "stale": "Nothing new from Airbyte for more than 8 days",
    "set_aside": "Set aside (ops.quarantine)",
}


def add(commands: Commands) -> None:
    text = "last runs, what is published as of when, what is stale or set aside"
    parser = declare(commands, "status", _status, text, "status", "status --format json")
    parser.add_argument("--format", choices=FORMATS, default="table", help="csv: one line per value")
    lake_option(parser)


def _status(options: Options) -> int:
    folder = lake_with_ledger(options.lake)
    sections = state(open_session(folder), at_work=in_use(folder))
    if options.format == "json":
        tables = {name: [row.asDict() for row in rows.collect()] for name, rows in sections.items()}
        sys.stdout.write(dumps(tables) + "\n")
    elif options.format == "csv":
        write_csv(("about", "row", "column", "value"), _values(sections), sys.stdout)
    else:
        for name, rows in sections.items():
            if there := rows.collect():
                CONSOLE.print(grid(rows.columns, ([_to_the_minute(v) for v in row] for row in there), TITLES[name]))
    return 0


def _to_the_minute(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value


def _values(sections: Mapping[str, DataFrame]) -> Iterator[tuple[str, int, str, object]]:
    for name, rows in sections.items():
        for number, row in enumerate(rows.collect(), start=1):
            yield from ((name, number, column, value) for column, value in row.asDict().items())


def state(lake: Lake, *, at_work: bool) -> dict[str, DataFrame]:
    """Small tables, named as in TITLES. If no process is at work on the lake, a run without an end is abandoned."""
    steps, waiting = lake.table(ops.STEP), lake.table(ops.QUARANTINE).filter(ops.WAITING)
    good = steps.filter("status <> 'failed' and rows_after is not null")
    published = good.groupBy("table_name").agg(
        F.max_by("rows_after", "started_at").alias("rows"),
        F.max(F.when(F.col("status") == "published", F.col("started_at"))).alias("changed_at"),
        F.max("started_at").alias("as_of"),
    )
    runs = lake.table(ledger_views.RUN).drop("package", "message").orderBy("started_at", ascending=False).limit(RUNS)
    if not at_work:
        runs = runs.replace("running", "abandoned", ["status"])
    return {
        "runs": runs,
        "published": published.orderBy("table_name"),
        "failed": lake.table(ledger_views.LAST_FAILURE).orderBy("table_name"),
        "stale": lake.table(ledger_views.FRESHNESS).filter("status <> 'pass'").orderBy("table_name"),
        "set_aside": waiting.groupBy("stream", "rule").count().orderBy("stream", "rule"),
    }
