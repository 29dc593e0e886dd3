"""`make dashboard`, looked at in a real browser: every chart is drawn and shows what plain SQL finds in the lake.

Needs Superset in an environment of its own: `make dashboard-test` makes it and sets DVDRENTAL_SUPERSET. Pictures of all
tabs are left in .superset/screenshots.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from dvdrental.local.preset import board
from dvdrental.local.preset.charts import Chart
from dvdrental.metrics import datasets
from tests.dashboards.expected import CHARTS, KPIS, TOP, C, R
from tests.local_lake import ROOT

if "DVDRENTAL_SUPERSET" not in os.environ:
    pytest.skip(
        "DVDRENTAL_SUPERSET names no folder with `superset`: see `make dashboard-test`", allow_module_level=True
    )

OWN = os.environ.get("DVDRENTAL_LAKE")
DUMP = "dvdrental"
SUPERSET = Path(os.environ["DVDRENTAL_SUPERSET"]).absolute()
GOLD = ("rental_obt", "inventory_status", "overdue_rentals", "customer_value")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BY_KEY = {chart.key: chart for chart in board.charts()}
ON_OVERVIEW = [tile.key for row in board.OVERVIEW.rows for tile, _ in row.tiles if isinstance(tile, Chart)]


@dataclass
class Seen:
    """What the browser saw, and a database to ask for the same."""

    lake: str
    filters: dict[str, str]
    told: dict[str, Any]
    db: duckdb.DuckDBPyConnection

    def rows(self, look: str, key: str) -> list[tuple]:
        return shown(BY_KEY[key], self.told[look][BY_KEY[key].title])

    def expected(self, key: str, filtered: bool = False) -> list[tuple]:
        sql = CHARTS[key]
        if filtered:
            category = f"category = '{self.filters['category']}'"
            sql = sql.replace(R, f"(FROM {R} WHERE {category} AND store_city = '{self.filters['store_city']}')")
            sql = sql.replace(C, f"(FROM {C} WHERE {category})")  # copies know no member of staff
        return [tuple(map(plain, row)) for row in self.db.execute(sql).fetchall()]


@pytest.fixture(scope="session")
def chromium() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, "no Chromium: `apt install chromium`, or its path in the variable CHROMIUM"
    return found


@pytest.fixture(scope="session", params=[OWN] if OWN else ["sample", DUMP])
def lake(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one in DVDRENTAL_LAKE; else one made of the sample, and one of the real dump where that is at hand."""
    if request.param == OWN:
        return Path(OWN).absolute()
    source = request.getfixturevalue("dump_path") if request.param == DUMP else "sample"
    folder = tmp_path_factory.mktemp("lakes") / request.param
    command = [sys.executable, "-m", "dvdrental.local.cli", "run", "--source", source, "--lake", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return folder


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Superset's own state, for all sources."""
    return tmp_path_factory.mktemp("superset")


@pytest.fixture(scope="session")
def seen(lake: Path, home: Path, chromium: str) -> Iterator[Seen]:
    pictures = ROOT / ".superset" / "screenshots" / lake.name
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir(parents=True)
    with duckdb.connect() as db, dashboard(lake, home) as (address, username, password):
        load(lake, db)
        ((store, category),) = db.execute(f"SELECT max(store_city), min(category) FROM {R}").fetchall()
        filters = {"store_city": store, "category": category}
        script = Path(__file__).with_name("browse.py")
        command = [SUPERSET / "python", script, address, username, password, pictures, chromium, json.dumps(filters)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        yield Seen(lake.name, filters, json.loads((pictures / "seen.json").read_text()), db)


@contextmanager
def dashboard(lake: Path, home: Path) -> Iterator[tuple[str, str, str]]:
    """Address, user and password, as `make dashboard` tells them."""
    options = ["--lake", lake, "--home", home, "--superset", SUPERSET]
    command = [sys.executable, "-u", "-m", "dvdrental.local.preset.serve", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        found = re.search(r"(http://[\d.:]+)/superset/dashboard/dvd-rental/\s+(\w+) (\S+)", "".join(lines))
        assert found, "".join(lines)
        yield found[1], found[2], found[3]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def load(lake: Path, db: duckdb.DuckDBPyConnection) -> None:
    """Past Spark and past the copy that Superset reads."""
    for schema, names in (("gold", GOLD), ("ops", ("step",))):
        db.execute(f"CREATE SCHEMA {schema}")
        for name in names:
            rows = DeltaTable(lake / schema / name).to_pyarrow_table()  # noqa: F841 (DuckDB finds it by its name)
            db.execute(f"CREATE TABLE {schema}.{name} AS FROM rows")


COLUMNS = {
    "big_number_total": lambda asked: [asked["metric"]],
    "big_number": lambda asked: [asked["x_axis"], asked["metric"]],
    "echarts_timeseries_bar": lambda asked: [asked["x_axis"], *asked["metrics"]],
    "heatmap_v2": lambda asked: [asked["x_axis"], asked["groupby"], asked["metric"]],
    "mixed_timeseries": lambda asked: [asked["x_axis"], *asked["metrics"], *asked["metrics_b"]],
    "pie": lambda asked: [*asked["groupby"], asked["metric"]],
    "pivot_table_v2": lambda asked: [*asked["groupbyRows"], *asked["groupbyColumns"], *asked["metrics"]],
    "table": lambda asked: (
        asked.get("all_columns")
        or [*asked["groupby"], *asked["metrics"], *(f"%{name}" for name in asked["percent_metrics"])]
    ),
    "word_cloud": lambda asked: [asked["series"], asked["metric"]],
    "world_map": lambda asked: ["code", "m1", "m2"],
}


def shown(chart: Chart, results: list[dict]) -> list[tuple]:
    """What tells the groups of a chart apart, then its values."""
    asked, rows = chart.params, results[0]["data"]
    if chart.kind == "echarts_timeseries_bar" and asked["groupby"]:  # a column per group
        x = asked["x_axis"]
        rows = [(row[x], name, value) for row in rows for name, value in row.items() if name != x and value]
        return [tuple(map(plain, row)) for row in rows]
    if chart.kind == "mixed_timeseries":  # a query per axis
        left, right = ({row[asked["x_axis"]]: row for row in result["data"]} for result in results)
        rows = [left[x] | right[x] for x in left.keys() | right.keys()]
    return [tuple(plain(row[column]) for column in COLUMNS[chart.kind](asked)) for row in rows]


def plain(value: Any) -> Any:
    """The same for SQL's values and JSON's: moments as seconds since 1970, numbers to four places."""
    match value:
        case datetime():
            return int((value - datetime(1970, 1, 1)).total_seconds())
        case date():
            return plain(datetime(value.year, value.month, value.day))
        case bool() | None | str():
            return value
        case int() | float() | Decimal() if value > 1e11:  # milliseconds since 1970
            return int(value // 1000)
    return round(float(value), 3)


def written(key: str, value: float) -> str:
    """As a tile shows it."""
    match datasets()[BY_KEY[key].table].metrics[BY_KEY[key].params["metric"]].format:
        case "integer":
            return f"{value:,.0f}"
        case "decimal":
            return f"{value:,.2f}"
        case "money":
            return f"${value:,.2f}"
        case "percent":
            return f"{100 * value:.1f}%"
        case _:
            return f"{value:%Y-%m-%d %H:%M}"


def test_every_chart_is_drawn_and_no_request_fails(seen: Seen) -> None:
    drawn = {
        tab: sorted(chart["title"] for chart in charts if chart["drawn"]) for tab, charts in seen.told["tabs"].items()
    }
    assert drawn == {
        tab.title: sorted(tile.title for row in tab.rows for tile, _ in row.tiles if isinstance(tile, Chart))
        for tab in board.TABS
    }
    assert [chart for charts in seen.told["tabs"].values() for chart in charts if chart["trouble"]] == []
    assert {answer["status"] for answer in seen.told["answers"]} == {200}


@pytest.mark.parametrize("key", CHARTS)
def test_chart_shows_what_sql_finds(seen: Seen, key: str) -> None:
    actual, expected = seen.rows("plain", key), seen.expected(key)
    if key in TOP:
        largest = sorted((row[-1] for row in expected), reverse=True)[: TOP[key]]
        assert sorted((row[-1] for row in actual), reverse=True) == largest
        assert set(actual) <= set(expected)
    else:
        assert sorted(actual, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize("key", KPIS)
def test_tile_shows_the_number_as_people_write_it(seen: Seen, key: str) -> None:
    ((value,),) = seen.db.execute(KPIS[key]).fetchall()
    texts = [
        chart["text"]
        for charts in seen.told["tabs"].values()
        for chart in charts
        if chart["title"] == BY_KEY[key].title
    ]
    assert len(texts) == 1
    assert written(key, value) in texts[0].splitlines()


def test_tiles_show_the_golden_numbers(seen: Seen) -> None:
    if seen.lake != DUMP:
        pytest.skip("golden numbers are those of the real dump")
    for metrics in datasets().values():
        for metric in metrics.metrics.values():
            if metric.golden is not None and metric.name in KPIS and metric.format != "moment":
                ((value,),) = seen.rows("plain", metric.name)
                places = -Decimal(str(metric.golden)).as_tuple().exponent
                assert round(value, min(places, 3)) == pytest.approx(metric.golden, abs=5e-4), metric.name


@pytest.mark.parametrize("key", ON_OVERVIEW)
def test_filters_of_store_and_category_reach_what_they_should(seen: Seen, key: str) -> None:
    actual, expected = seen.rows("filtered", key), seen.expected(key, filtered=True)
    assert sorted(actual, key=str) == sorted(expected, key=str)
    if key in ("total_rentals", "revenue", "available_copies"):
        assert actual != seen.rows("plain", key)
