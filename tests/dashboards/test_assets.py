"""The files that Preset imports: whole, in step with contracts and metrics, and without personal data."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dvdrental import metrics, ops, tables
from dvdrental.local.preset import assets, board
from tests.dashboards.expected import CHARTS as QUERIES
from tests.local_lake import ROOT

FOLDER = ROOT / assets.FOLDER
FILES = {str(file.relative_to(FOLDER)): file.read_text(encoding="utf-8") for file in sorted(FOLDER.rglob("*.yaml"))}
"""As they are committed."""

ASSETS = {name: yaml.safe_load(text) for name, text in FILES.items()}
CHARTS = {name: asset for name, asset in ASSETS.items() if name.startswith("charts/")}
DATASETS = {asset["uuid"]: asset for name, asset in ASSETS.items() if name.startswith("datasets/")}
DATABASES = {asset["uuid"]: asset for name, asset in ASSETS.items() if name.startswith("databases/")}
(DASHBOARD,) = (asset for name, asset in ASSETS.items() if name.startswith("dashboards/"))
PARTS = {name: part for name, part in DASHBOARD["position"].items() if isinstance(part, dict)}
TILES = [part for part in PARTS.values() if part["type"] == "CHART"]


def named(params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every column and metric that a chart names, found by the names of Superset's fields."""
    for field in ("metric", "secondary_metric", "metrics", "metrics_b", "percent_metrics", "timeseries_limit_metric"):
        for value in as_list(params.get(field)):
            yield ("column", value["column"]["column_name"]) if isinstance(value, dict) else ("metric", value)
    for field in ("x_axis", "groupby", "groupby_b", "groupbyRows", "groupbyColumns", "series", "entity", "all_columns"):
        for value in as_list(params.get(field)):
            yield "column", value
    for condition in params["adhoc_filters"]:
        yield "column", condition["subject"]
    for order in params.get("order_by_cols", []):
        yield "column", yaml.safe_load(order)[0]
    if params["viz_type"] == "table":
        for column in params["column_config"]:
            yield ("metric", column[1:]) if column.startswith("%") else ("column", column)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def test_committed_files_are_those_that_the_board_makes() -> None:
    made = {name: assets.as_text(asset) for name, asset in assets.assets().items()}
    stale = sorted(name for name in made.keys() | FILES.keys() if made.get(name) != FILES.get(name))
    assert not stale, "run `make generated`, and commit what it writes"


def test_every_id_is_one_and_every_link_leads_somewhere() -> None:
    ids = Counter(asset["uuid"] for asset in ASSETS.values() if "uuid" in asset)
    assert [one for one, times in ids.items() if times > 1] == []
    assert {dataset["database_uuid"] for dataset in DATASETS.values()} <= DATABASES.keys()
    assert {chart["dataset_uuid"] for chart in CHARTS.values()} <= DATASETS.keys()
    assert sorted(tile["meta"]["uuid"] for tile in TILES) == sorted(chart["uuid"] for chart in CHARTS.values())
    targets = [t for one in DASHBOARD["metadata"]["native_filter_configuration"] for t in one["targets"] if t]
    assert {target["datasetUuid"] for target in targets} <= DATASETS.keys()
    assert {target["column"]["name"] for target in targets} == {"store_city", "category", "rating"}
    for target in targets:
        columns = {column["column_name"] for column in DATASETS[target["datasetUuid"]]["columns"]}
        assert target["column"]["name"] in columns


@pytest.mark.parametrize("name", CHARTS)
def test_chart_names_only_what_its_dataset_has(name: str) -> None:
    chart = CHARTS[name]
    dataset = DATASETS[chart["dataset_uuid"]]
    there = {
        "column": {column["column_name"] for column in dataset["columns"]},
        "metric": {metric["metric_name"] for metric in dataset["metrics"]},
    }
    asked = list(named(chart["params"]))
    assert asked
    assert [one for one in asked if one[1] not in there[one[0]]] == []


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset["table_name"])
def test_dataset_is_its_contract_with_the_metrics_of_all(dataset: dict[str, Any]) -> None:
    table = f"gold.{dataset['table_name']}"
    columns = tables.EVERYTHING[table].column_names
    assert [column["column_name"] for column in dataset["columns"] if not column["expression"]] == columns
    assert {metric["metric_name"]: metric["expression"] for metric in dataset["metrics"]} == {
        metric.name: metric.expression for metric in metrics.datasets()[table].metrics.values()
    }
    words = {word for metric in dataset["metrics"] for word in identifiers(metric["expression"])}
    calculated = [column["expression"] for column in dataset["columns"] if column["expression"]]
    words |= {word for expression in calculated for word in identifiers(expression)}
    assert words <= set(columns)


def identifiers(expression: str) -> list[str]:
    """Names in an expression of ours are small letters; SQL's own words are capitals."""
    return re.findall(r"\b[a-z_][a-z0-9_]*\b", re.sub(r"'[^']*'", "", expression))


def test_nothing_personal_is_named() -> None:
    personal = {c.name for table in tables.TABLES.values() for c in table.fields if c.personal}
    assert {"email", "first_name", "last_name", "phone", "address"} <= personal
    used = {column for chart in CHARTS.values() for _, column in named(chart["params"])}
    offered = {column["column_name"] for dataset in DATASETS.values() for column in dataset["columns"]}
    assert (used | offered) & personal == set()


def test_tabs_hold_every_chart() -> None:
    (bar,) = (PARTS[name] for name in PARTS["ROOT_ID"]["children"])
    tabs = [PARTS[name] for name in bar["children"]]
    assert [tab["meta"]["text"] for tab in tabs] == [
        "Overview",
        "Films",
        "Customers and operations",
        "Data quality",
    ]
    held = [tile for tab in tabs for row in tab["children"] for tile in PARTS[row]["children"]]
    assert sorted(name for name in held if name.startswith("CHART-")) == sorted(tile["id"] for tile in TILES)
    assert all(len(tab["children"]) > 0 for tab in tabs)
    for name, part in PARTS.items():
        for child in part.get("children", []):
            assert PARTS[child]["parents"] == [*part.get("parents", []), name]


def test_tiles_lie_side_by_side() -> None:
    for row in (part for part in PARTS.values() if part["type"] == "ROW"):
        tiles = [PARTS[name]["meta"] for name in row["children"]]
        assert sum(tile["width"] for tile in tiles) == 12, row["id"]
        assert len({tile["height"] for tile in tiles}) == 1, row["id"]
        assert min(tile["width"] for tile in tiles) >= 2, row["id"]


def test_tile_is_called_as_its_chart() -> None:
    titles = {chart["uuid"]: chart["slice_name"] for chart in CHARTS.values()}
    assert {tile["meta"]["uuid"]: tile["meta"]["sliceName"] for tile in TILES} == titles
    assert len(set(titles.values())) == len(titles)


RULES = {
    "store_city": ("store of the staff", "Store (of the staff)"),
    "inventory_store_city": ("owner of the copy", "Store (owner of the copy)"),
    "late_return_rate": ("to the second", "Late returns"),
    "late_return_rate_calendar": ("calendar days", "Late returns (calendar days)"),
    "rental_status": ("late to the second", "Status (late to the second)"),
}
"""What is counted by a rule that people may take for another one: words of the title, or heading in a list of rows."""


@pytest.mark.parametrize("name", CHARTS)
def test_title_says_which_rule_it_follows(name: str) -> None:
    chart = CHARTS[name]
    params, dataset = chart["params"], DATASETS[chart["dataset_uuid"]]
    headings = {column["column_name"]: column["verbose_name"] for column in dataset["columns"]}
    for _, asked in named(params):
        if asked in RULES:
            words, heading = RULES[asked]
            of_rows = params.get("query_mode") == "raw" and headings.get(asked) == heading
            assert words in chart["slice_name"] or of_rows, asked


def test_days_since_the_last_rental_are_not_called_days_on_the_shelf() -> None:
    """They count from the hand-out: a copy that was out for a week has been on the shelf for a week less."""
    (copies,) = (dataset for dataset in DATASETS.values() if dataset["table_name"] == "inventory_status")
    headings = {column["column_name"]: column["verbose_name"] for column in copies["columns"]}
    assert headings["days_since_last_rental"] == "Days since last rental"


def test_names_are_shown_instead_of_keys() -> None:
    groups = {c for chart in CHARTS.values() if chart["params"].get("query_mode") != "raw" for c in grouped(chart)}
    assert [column for column in groups if re.search(r"_(key|id)$", column)] == []


def grouped(chart: dict[str, Any]) -> list[str]:
    fields = ("x_axis", "groupby", "groupbyRows", "groupbyColumns", "series")
    return [column for field in fields for column in as_list(chart["params"].get(field))]


def test_filters_reach_every_chart_that_can_be_filtered() -> None:
    datasets = {tile["meta"]["chartId"]: dataset_of(tile["meta"]["uuid"]) for tile in TILES}
    for one in DASHBOARD["metadata"]["native_filter_configuration"]:
        (target,) = one["targets"]
        reached = {datasets[number]["table_name"] for number in datasets.keys() - set(one["scope"]["excluded"])}
        if target:
            column = target["column"]["name"]
            have = {d["table_name"] for d in datasets.values() if column in {c["column_name"] for c in d["columns"]}}
            assert reached == have
        else:
            assert reached == {"rental_obt"}
            assert one["defaultDataMask"] == {"extraFormData": {}, "filterState": {}, "ownState": {}}


def test_text_says_which_filters_a_tile_ignores() -> None:
    (told,) = (part["meta"]["code"] for part in PARTS.values() if part["id"] == "MARKDOWN-how_to_read")
    reached: dict[str, set[str]] = {}
    for chart in board.charts():
        reached[chart.table] = {one.title for one in board.FILTERS if chart.table in one.tables}
    assert reached[board.COPIES] == {"Category"}
    assert reached[board.OVERDUE] == {"Store (of the staff)"}
    assert reached[board.CUSTOMERS] == set()
    assert len(reached[board.RENTALS]) == len(board.FILTERS)
    (line,) = (line for line in told.split("\n- ") if line.startswith("**Filters**"))
    of_copies = {chart.title.partition(":")[0] for chart in board.charts() if chart.table == board.COPIES}
    of_copies = {title.removesuffix(" by owner of the copy") for title in of_copies}
    assert set(re.findall(r"\*([^*]+)\*", line.removeprefix("**Filters**"))) == {*of_copies, "Category", "Store"}


def dataset_of(chart_id: str) -> dict[str, Any]:
    (chart,) = (chart for chart in CHARTS.values() if chart["uuid"] == chart_id)
    return DATASETS[chart["dataset_uuid"]]


def test_dashboard_refreshes_daily_and_charts_filter_each_other() -> None:
    assert DASHBOARD["metadata"]["refresh_frequency"] == 24 * 60 * 60
    assert DASHBOARD["metadata"]["cross_filters_enabled"] is True
    assert {asset["cache_timeout"] for asset in (*DATASETS.values(), *DATABASES.values())} == {24 * 60 * 60}


def test_load_that_failed_is_counted_and_comes_first() -> None:
    """It may have failed before any check was made, so that no check says so."""
    (tab,) = (part for part in PARTS.values() if part["type"] == "TAB" and part["meta"]["text"] == "Data quality")
    tiles = [PARTS[tile] for row in tab["children"] for tile in PARTS[row]["children"]]
    assert "Failed loads" in {tile["meta"].get("sliceName") for tile in tiles}
    counted = CHARTS["charts/failed_loads.yaml"]["params"]
    assert counted["metric"] == "failed_loads"
    assert ("is_last", "IS TRUE") in {(one["subject"], one["operator"]) for one in counted["adhoc_filters"]}
    assert CHARTS["charts/loads.yaml"]["params"]["order_by_cols"][0] == '["status", true]'  # then published, unchanged


def test_click_filters_the_other_charts_of_its_table_only() -> None:
    datasets = {tile["meta"]["chartId"]: dataset_of(tile["meta"]["uuid"])["table_name"] for tile in TILES}
    scopes = DASHBOARD["metadata"]["chart_configuration"]
    assert {int(name): one["id"] for name, one in scopes.items()} == {number: number for number in datasets}
    for number, table in datasets.items():
        scope = scopes[str(number)]["crossFilters"]["scope"]
        assert scope["rootPath"] == ["ROOT_ID"]
        reached = datasets.keys() - set(scope["excluded"])
        assert reached == {other for other, of in datasets.items() if of == table} - {number}


def test_nothing_counts_from_today() -> None:
    ranges = {c["comparator"] for chart in CHARTS.values() for c in chart["params"]["adhoc_filters"] if time_range(c)}
    assert ranges == {"No filter"}
    assert {"data_as_of", "loaded_at"} <= {chart["params"].get("metric") for chart in CHARTS.values()}


def time_range(condition: dict[str, Any]) -> bool:
    return condition["operator"] == "TEMPORAL_RANGE"


def test_files_know_no_place_and_no_secret(tmp_path: Path) -> None:
    assert DATABASES.keys() == {assets.asset_id("database", assets.DATABASE)}
    (database,) = DATABASES.values()
    assert database["sqlalchemy_uri"] == '{{ env["DVDRENTAL_GOLD_URI"] }}'
    assert {(one["catalog"], one["schema"]) for one in DATASETS.values()} == {("{{ catalog }}", "{{ gold_schema }}")}
    assert sum("{{" in text for text in FILES.values()) == len(DATASETS) + len(DATABASES)
    values = {"env": {"DVDRENTAL_GOLD_URI": "duckdb:///x"}, "catalog": "dvd_dev", "gold_schema": "dev_jane_gold"}
    assets.render(FOLDER, tmp_path, values)
    rendered = {str(file.relative_to(tmp_path)): yaml.safe_load(file.read_text()) for file in tmp_path.rglob("*.yaml")}
    assert rendered.keys() == FILES.keys()
    differing = {name for name in rendered if rendered[name] != ASSETS[name]}
    assert differing == {name for name, text in FILES.items() if "{{" in text}
    one = rendered["datasets/dvdrental_gold/rental_obt.yaml"]
    assert (one["catalog"], one["schema"], one["table_name"]) == ("dvd_dev", "dev_jane_gold", "rental_obt")


def test_a_value_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="gold_schema"):
        assets.render(FOLDER, tmp_path, {"env": {"DVDRENTAL_GOLD_URI": "x"}, "catalog": "c"})


def test_colors_are_of_things_that_exist() -> None:
    names = {metric.name for one in metrics.datasets().values() for metric in one.metrics.values()}
    values = set(board.SERIES_COLORS) - names
    told = " ".join(str(c["description"]) for dataset in DATASETS.values() for c in dataset["columns"])
    told += " ".join(column.comment for column in ops.STEP.fields)
    assert [value for value in values if value not in told] == []


def test_every_chart_has_a_query_that_the_browser_test_compares_it_with() -> None:
    assert {f"charts/{key}.yaml" for key in QUERIES} == CHARTS.keys()
