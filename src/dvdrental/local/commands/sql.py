"""dvdrental sql"""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from dvdrental.lake import Lake
from dvdrental.local.commands.common import (
    CONSOLE,
    Commands,
    Options,
    UsageError,
    declare,
    lake_option,
    open_session,
)
from dvdrental.local.commands.names import no_such_table
from dvdrental.local.folder import lake_with_ledger
from dvdrental.local.output import FORMATS, as_text, grid, json_objects, write_csv, write_json_array

SHOWN = 1000
"""More rows than anybody reads; the other formats print all of them."""


def add(commands: Commands) -> None:
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
    if options.query:
        _only_reading(options.query)  # said before Spark starts
    lake = open_session(lake_with_ledger(options.lake))
    if options.query:
        _answer(lake, options.query, options.format)
    elif sys.stdin.isatty():
        _talk(lake, options.format)
    else:
        _answer_all(lake, options.format)
    return 0


def _only_reading(query: str) -> None:
    if not only_reads(query):
        raise UsageError(
            "`dvdrental sql` only reads: what is published comes from runs, which check it. A query begins with "
            f"{', '.join(sorted(READING)).upper()}. Where a message wants a table dropped or altered, remove its "
            "folder <lake>/<layer>/<table>, then run again: it is made anew (of bronze from what is still in the "
            "landing, of ops empty)"
        )


def _answer(lake: Lake, query: str, form: str) -> None:
    _only_reading(query)
    with spark_errors_in_one_line():
        _write(lake.spark.sql(query), form)


def _talk(lake: Lake, form: str) -> None:
    """Interactively: a wrong query is reported, and the next one may come."""
    with suppress(ImportError):  # not on every system; it recalls earlier lines
        import readline  # noqa: F401
    CONSOLE.print("End each query with a semicolon. Ctrl-D leaves.")
    for query in statements(_lines("sql> ", "  -> ")):
        try:
            _answer(lake, query, form)
        except UsageError as error:
            CONSOLE.print(str(error), style="red", markup=False)


def _answer_all(lake: Lake, form: str) -> None:
    """What is piped in: the first wrong query ends it."""
    number = 0
    for number, query in enumerate(statements(_lines("", "")), start=1):
        try:
            _answer(lake, query, form)
        except UsageError as error:
            raise UsageError(f"query {number}: {error}. Those after it were not asked") from None
    if not number:
        raise UsageError("there is no query: give one, or type or pipe some")


def _lines(prompt: str, next_prompt: str) -> Iterator[str]:
    with suppress(EOFError):
        line = ";"
        while True:
            line = input(prompt if line.rstrip().endswith(";") else next_prompt)
            if line.strip() in ("exit", "quit"):
                return
            yield line


def statements(lines: Iterable[str]) -> Iterator[str]:
    """A statement ends at a line that ends with a semicolon, the last one at the end of the input."""
    waiting: list[str] = []
    for line in lines:
        waiting.append(line)
        if line.rstrip().endswith(";"):
            yield "\n".join(waiting)
            waiting = []
    if "".join(waiting).strip():
        yield "\n".join(waiting)


QUOTED = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`[^`]*`|--[^\n]*|/\*.*?\*/""", re.DOTALL)
READING = {"select", "with", "from", "values", "table", "show", "describe", "desc", "explain"}
WRITING = {"insert", "update", "delete", "merge"}


def only_reads(query: str) -> bool:
    """By its first word and, as `WITH` and `FROM` may also begin what writes, by the others. Against accidents only."""
    words = re.findall(r"\w+", QUOTED.sub(" ", query).lower())
    return not words or (words[0] in READING and not WRITING & set(words))


def _write(rows: DataFrame, form: str) -> None:
    if form == "table":
        first = rows.limit(SHOWN + 1).collect()
        CONSOLE.print(grid(rows.columns, first[:SHOWN]))
        if len(first) > SHOWN:
            CONSOLE.print(f"These are the first {SHOWN:,} rows. --format csv gives all.")
        return
    if len(set(rows.columns)) < len(rows.columns):
        raise UsageError(f"two columns have one name ({', '.join(rows.columns)}): tell them apart with AS")
    if form == "json":
        write_json_array(json_objects(rows), sys.stdout)
    else:
        write_csv(rows.columns, as_text(rows).toLocalIterator(), sys.stdout)


@contextmanager
def spark_errors_in_one_line() -> Iterator[None]:
    """Raises UsageError in place of an error of Spark: its first line, without plan and stack."""
    try:
        yield
    except PySparkException as error:
        if error.getCondition() == "TABLE_OR_VIEW_NOT_FOUND":
            name = (error.getMessageParameters() or {}).get("relationName", "")
            raise UsageError(no_such_table(name.replace("`", ""))) from None
        raise UsageError(str(error).strip().partition("\n")[0].rstrip("; ")) from None
