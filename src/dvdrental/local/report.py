"""One page on the state of a lake, in one file that needs nothing else: figures, charts, quality, freshness."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import vl_convert
from duckdb import DuckDBPyConnection
from jinja2 import Environment, PackageLoader, Template
from markupsafe import Markup

from dvdrental.local.charts import CHARTS, CONFIG, Chart
from dvdrental.local.duck import open_gold
from dvdrental.local.folder import REPORTS
from dvdrental.metrics import Metric, datasets
from dvdrental.ops import WAITING
from dvdrental.settings import Settings
from dvdrental.tables import TABLES

Row = Mapping[str, Any]

FIGURES = (
    "total_rentals",
    "revenue",
    "revenue_per_rental",
    "active_customers",
    "late_return_rate",
    "average_days_out",
    "open_rentals",
    "available_copies",
)

OF_THE_RUN = ("rows_landed", "rows_quarantined", "checks_run", "checks_failed")

METRICS = {metric.name: metric for dataset in datasets().values() for metric in dataset.metrics.values()}

STEPS = """
    SELECT
        table_name, status, rows_landed, rows_inserted, rows_updated, rows_deleted, rows_after, number_of_checks,
        seconds
    FROM gold.loads WHERE run_id = ? ORDER BY started_at
"""

NOT_PASSED = """
    SELECT table_name, rule, severity, status, broken_rows FROM gold.data_quality
    WHERE run_id = ? OR started_at > ?
    QUALIFY rank() OVER (PARTITION BY table_name ORDER BY started_at DESC) = 1 AND status <> 'pass'
    ORDER BY ALL
"""
"""Of each table the last attempt that judged it."""

FAILED = """
    SELECT table_name, message FROM ops.step WHERE run_id = ? OR started_at > ?
    QUALIFY row_number() OVER (PARTITION BY table_name ORDER BY started_at DESC) = 1 AND status = 'failed'
    ORDER BY started_at
"""
"""Of each table the last attempt, by the run or since it began: notebooks opened by hand may fail, too, or mend it."""

WARNINGS = """
    SELECT DISTINCT table_name, unnest(warnings) AS warning FROM ops.step WHERE run_id = ? ORDER BY ALL
"""

SET_ASIDE = f"""
    SELECT stream, rule, count(*) AS number_of_rows
    FROM ops.quarantine WHERE {WAITING} GROUP BY ALL ORDER BY ALL
"""  # noqa: S608 (ops.py)

FRESHNESS = """
    SELECT table_name, max(landed_at) AS landed_at FROM gold.loads
    WHERE layer = 'bronze' AND status <> 'failed' GROUP BY 1 ORDER BY 2, 1
"""

_MARK = re.compile(
    r'(<path aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="(?:bar|rect mark)"[^>]*)/>'
)

_NAMESPACES = re.compile(r' xmlns(:xlink)?="[^"]*"')
"""HTML does not need them."""


def write(folder: Path) -> Path:
    """Write the page of a lake that has a ledger; gives its path."""
    path = folder / REPORTS / "report.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_gold(folder) as db:
        path.write_text(page(db), encoding="utf-8")
    return path


def page(db: DuckDBPyConnection) -> str:
    """The page as HTML. Tables that were never published are left out."""
    published = {
        f"{layer}.{name}"
        for layer, name in db.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
    }
    run = _last_run(db, published)
    run_id = run["run_id"]
    shown = [METRICS[name] for name in FIGURES if METRICS[name].table in published]
    return _template().render(
        run=run,
        figures=[(metric, _figure(db, metric)) for metric in shown],
        of_the_run=[(METRICS[name], _figure(db, METRICS[name], run_id)) for name in OF_THE_RUN],
        stamps=[
            (METRICS[name], _figure(db, METRICS[name]))
            for name in ("data_as_of", "loaded_at", "newest_landing")
            if METRICS[name].table in {*published, "gold.loads"}
        ],
        charts=[_drawn(db, chart) for chart in CHARTS] if "gold.rental_obt" in published else [],
        steps=_rows(db, STEPS, run_id),
        not_passed=_rows(db, NOT_PASSED, run_id, run.get("started_at")),
        failed=_rows(db, FAILED, run_id, run.get("started_at")),
        warnings=_rows(db, WARNINGS, run_id),
        set_aside=_rows(db, SET_ASIDE) if "ops.quarantine" in published else [],
        freshness=_rows(db, FRESHNESS),
        dictionary=[table for table in TABLES.values() if table.layer == "gold"],
    )


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("dvdrental.local", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"heading": heading, "formatted": formatted}
    return environment.get_template("report.html.jinja")


def _last_run(db: DuckDBPyConnection, published: Collection[str]) -> Row:
    """The run that began or ended last. Restores, replays and notebooks opened by hand are no run: they only count
    where there is no other."""
    newest = """
        SELECT
            run_id, max_by(event, "at") AS event, min("at") AS started_at, max("at") - min("at") AS lasted,
            arg_max_null(message, "at") AS message
        FROM ops.run_event WHERE run_id <> ? GROUP BY run_id ORDER BY max("at") DESC LIMIT 1
    """
    runs = _rows(db, newest, Settings.run_id) if "ops.run_event" in published else []
    by_hand = "SELECT max_by(run_id, started_at) AS run_id, 'manual' AS event FROM ops.step"
    return (runs or _rows(db, by_hand))[0]


def _figure(db: DuckDBPyConnection, metric: Metric, run_id: str | None = None) -> str:
    """Of all rows, or of one run."""
    query = f"SELECT {metric.expression} AS {metric.name} FROM {metric.table}"  # noqa: S608 (metrics.yml)
    ((value,),) = db.execute(query + (" WHERE run_id = ?" if run_id else ""), [run_id] if run_id else []).fetchall()
    return formatted(value, metric.name)


def _drawn(db: DuckDBPyConnection, chart: Chart) -> Row:
    expressions = {
        metric.name: f"{metric.expression} AS {metric.name}"
        for metric in datasets()["gold.rental_obt"].metrics.values()
    }
    rows = _rows(db, chart.query.format(**expressions))
    return {"chart": chart, "rows": rows, "svg": _svg(chart, rows)}


def _svg(chart: Chart, rows: Sequence[Row]) -> Markup:
    """The drawing, each mark with its numbers as a tooltip. vl-convert escapes what is in the texts."""
    values = [{name: v if isinstance(v, str | int | None) else float(v) for name, v in row.items()} for row in rows]
    drawn = vl_convert.vegalite_to_svg({"data": {"values": values}, "config": CONFIG, **chart.draw(rows)})
    titled = _MARK.sub(r"\1><title>\2</title></path>", _NAMESPACES.sub("", drawn))
    return Markup(titled)


def _rows(db: DuckDBPyConnection, query: str, *parameters: Any) -> list[Row]:
    result = db.execute(query, parameters)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def heading(name: str) -> str:
    """Of a column: the metric's label, or the name in words."""
    return METRICS[name].label if name in METRICS else name.replace("_", " ").capitalize()


def formatted(value: Any, name: str = "") -> str:
    """A value as people read it, by the format of the metric of that name."""
    form = METRICS[name].format if name in METRICS else ""
    match value:
        case None:
            return "–"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case int() if form != "money":
            return f"{value:,}" if name not in ("hour", "days_out") else str(value)
        case str():
            return value
    return {"money": "${:,.2f}", "percent": "{:.1%}"}.get(form, "{:,.2f}").format(value)
