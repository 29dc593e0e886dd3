"""dvdrental sql"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from dvdrental.local.commands.common import (
    CONSOLE,
    Commands,
    Options,
    UsageError,
    declare,
    lake_option,
    opened,
)
from dvdrental.local.commands.names import no_such_table
from dvdrental.local.folder import worked
from dvdrental.local.output import FORMATS, as_text, grid, json_objects, write_csv, write_json_array

SHOWN = 1000
"""More rows than anybody reads; the other formats give all."""


def add(commands: "Commands[argparse.ArgumentParser]") -> None:
    text = "run queries on the lake"
    example = 'sql "select store_city, sum(revenue) from gold.monthly_store_sales group by 1"'
    csv = 'sql --format csv "select * from gold.rental_obt"'
    parser = declare(commands, "sql", _sql, text, example, csv, "sql")
    parser.add_argument(
        "query",
        nargs="?",
        help="Spark SQL; tables as in gold.rental_obt (all: docs/dictionary.md). Without it: one query after the "
        "other, typed or piped in, each up to a line that ends with a semicolon",
    )
    parser.add_argument("--format", choices=FORMATS, default="table", help="table (default): the first 1,000 rows")
    lake_option(parser)


def _sql(options: Options) -> int:
    asked = sys.stdin.isatty() and not options.query
    lake = opened(worked(options.lake))
    if asked:
        CONSOLE.print("End each query with a semicolon. Ctrl-D leaves.")
    answered = False
    for query in [options.query] if options.query else statements(_typed()):
        answered = True
        try:
            with told():
                _write(lake.spark.sql(query), options.format)
        except UsageError as error:
            if not asked:
                raise
            CONSOLE.print(str(error), style="red", markup=False)
    if not answered and not asked:
        raise UsageError("there is no query: give one, or type or pipe some")
    return 0


def _typed() -> Iterator[str]:
    """Lines of the terminal, after a prompt, or of what is piped."""
    if sys.stdin.isatty():
        with suppress(ImportError):  # not on every system; it brings back the lines before
            import readline  # noqa: F401
    with suppress(EOFError):
        while True:
            yield input("sql> " if sys.stdin.isatty() else "")


def statements(lines: Iterable[str]) -> Iterator[str]:
    """Each ends with the line that ends with a semicolon, the last one with the lines."""
    waiting: list[str] = []
    for line in lines:
        waiting.append(line)
        if line.rstrip().endswith(";"):
            yield "\n".join(waiting)
            waiting = []
    if "".join(waiting).strip():
        yield "\n".join(waiting)


def _write(rows: DataFrame, form: str) -> None:
    if form == "table":
        found = rows.limit(SHOWN + 1).collect()
        CONSOLE.print(grid(rows.columns, found[:SHOWN]))
        if len(found) > SHOWN:
            CONSOLE.print(f"These are the first {SHOWN:,} rows. --format csv gives all.")
        return
    if len(set(rows.columns)) < len(rows.columns):
        raise UsageError(f"two columns have one name ({', '.join(rows.columns)}): tell them apart with AS")
    if form == "json":
        write_json_array(json_objects(rows), sys.stdout)
    else:
        write_csv(rows.columns, as_text(rows).toLocalIterator(), sys.stdout)


@contextmanager
def told() -> Iterator[None]:
    """An error of Spark as UsageError of one line, without plan and stack."""
    try:
        yield
    except PySparkException as error:
        if error.getCondition() == "TABLE_OR_VIEW_NOT_FOUND":
            name = (error.getMessageParameters() or {}).get("relationName", "")
            raise UsageError(no_such_table(name.replace("`", ""))) from None
        raise UsageError(str(error).strip().partition("\n")[0].rstrip("; ")) from None
