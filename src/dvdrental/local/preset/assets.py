"""The dashboard as files that Preset and Superset import: `python -m dvdrental.local.preset.assets` writes them.

They are Jinja templates: the connection comes from the environment, catalog and schema from options.
"""

import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from dvdrental import metrics, tables
from dvdrental.local.bundle import find_root
from dvdrental.local.preset import board
from dvdrental.local.preset.board import Row, Tab, Text
from dvdrental.local.preset.charts import COLORS, FORMATS, TIME, Chart
from dvdrental.table import Table, View

FOLDER = Path("dashboards/preset")
VERSION = "1.0.0"
DATABASE = "dvdrental_gold"
Asset = dict[str, Any]


def asset_id(kind: str, key: str) -> str:
    """The same in every environment, each time the files are generated."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://dvdrental/{kind}/{key}"))


def assets() -> dict[str, Asset]:
    """Content of every file by its path."""
    files: dict[str, Asset] = {
        "metadata.yaml": {"version": VERSION, "type": "assets", "timestamp": "2026-01-01T00:00:00+00:00"},
        f"databases/{DATABASE}.yaml": _database(),
        f"dashboards/{board.SLUG.replace('-', '_')}.yaml": _dashboard(),
    }
    for table in metrics.datasets():
        files[f"datasets/{DATABASE}/{table.partition('.')[2]}.yaml"] = _dataset(table)
    for chart in board.charts():
        files[f"charts/{chart.key}.yaml"] = _chart(chart)
    return files


def as_text(asset: Asset) -> str:
    return yaml.safe_dump(asset, sort_keys=False, allow_unicode=True, width=120)


def write(root: Path) -> None:
    """Replace all files below root."""
    if root.exists():
        shutil.rmtree(root)
    for name, asset in assets().items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(as_text(asset), encoding="utf-8")


def render(root: Path, target: Path, values: Mapping[str, object]) -> None:
    """What preset-cli does with the templates, for Superset's own import command, which does not."""
    from jinja2 import StrictUndefined, Template

    for file in root.rglob("*.yaml"):
        text = Template(file.read_text(encoding="utf-8"), undefined=StrictUndefined).render(values)
        copy = target / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8")


def _database() -> Asset:
    return {
        "database_name": "DVD Rental gold",
        "sqlalchemy_uri": '{{ env["DVDRENTAL_GOLD_URI"] }}',
        "cache_timeout": board.DAY,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {"allows_virtual_table_explore": True, "engine_params": {}, "metadata_params": {}},
        "uuid": asset_id("database", DATABASE),
        "version": VERSION,
    }


def _dataset(table: str) -> Asset:
    relation = tables.EVERYTHING[table]
    return {
        "table_name": relation.name,
        "main_dttm_col": TIME.get(table),
        "description": f"{metrics.datasets()[table].grain.capitalize()}.",
        "cache_timeout": board.DAY,
        "catalog": "{{ catalog }}",
        "schema": "{{ gold_schema }}",
        "sql": None,
        "filter_select_enabled": True,
        "metrics": [_metric(one) for one in metrics.datasets()[table].metrics.values()],
        "columns": [*_columns(relation), *_calculated(table)],
        "uuid": asset_id("dataset", table),
        "database_uuid": asset_id("database", DATABASE),
        "version": VERSION,
    }


def _metric(metric: metrics.Metric) -> Asset:
    return {
        "metric_name": metric.name,
        "verbose_name": metric.label,
        "expression": metric.expression,
        "description": metric.description,
        "d3format": FORMATS.get(metric.format),
    }


def _columns(relation: Table | View) -> Iterator[Asset]:
    source = {column.name: column for column in (relation if isinstance(relation, Table) else relation.source).fields}
    names = {name: name for name in relation.column_names} if isinstance(relation, Table) else relation.columns
    for name, expression in names.items():
        origin = source.get(expression)
        kind = origin.type if origin else None
        yield {
            "column_name": name,
            "verbose_name": label(relation.full_name, name),
            "type": kind,
            "is_dttm": kind in ("DATE", "TIMESTAMP_NTZ"),
            "groupby": True,
            "filterable": True,
            "expression": None,
            "description": origin.comment if origin else None,
        }


def _calculated(table: str) -> Iterator[Asset]:
    for column in board.CALCULATED.get(table, ()):
        yield {
            "column_name": column.name,
            "verbose_name": column.label,
            "type": "STRING",
            "is_dttm": False,
            "groupby": True,
            "filterable": True,
            "expression": column.expression,
            "description": column.description,
        }


def label(table: str, column: str) -> str:
    return board.LABELS.get(table, {}).get(column) or column.strip("_").replace("_", " ").capitalize()


def _chart(chart: Chart) -> Asset:
    where = list(chart.where)
    if chart.table in TIME:  # what the dashboard's time filter replaces
        where.append(
            {
                "clause": "WHERE",
                "expressionType": "SIMPLE",
                "subject": TIME[chart.table],
                "operator": "TEMPORAL_RANGE",
                "comparator": "No filter",
            }
        )
    filters = {"adhoc_filters": where}
    if chart.kind == "mixed_timeseries":
        filters["adhoc_filters_b"] = where
    return {
        "slice_name": chart.title,
        "description": chart.description or None,
        "viz_type": chart.kind,
        "params": {"viz_type": chart.kind, **chart.params, **filters},
        "query_context": None,
        "cache_timeout": None,
        "uuid": asset_id("chart", chart.key),
        "dataset_uuid": asset_id("dataset", chart.table),
        "version": VERSION,
    }


def _dashboard() -> Asset:
    return {
        "dashboard_title": board.TITLE,
        "description": "Rentals, films, customers and the quality of the data",
        "slug": board.SLUG,
        "css": "",
        "published": True,
        "position": _position(),
        "metadata": {
            "refresh_frequency": board.DAY,
            "cross_filters_enabled": True,
            "chart_configuration": _cross_filters(),
            "color_scheme": COLORS,
            "label_colors": board.SERIES_COLORS,
            "filter_bar_orientation": "HORIZONTAL",
            "native_filter_configuration": [_filter(one) for one in board.FILTERS],
        },
        "uuid": asset_id("dashboard", board.SLUG),
        "version": VERSION,
    }


def _numbers() -> dict[str, int]:
    """The import replaces these ids by its own; until then they tie filters to charts."""
    return {chart.key: number for number, chart in enumerate(board.charts(), start=1)}


def _cross_filters() -> Asset:
    """A click filters the charts of the same table: `status` is of a copy in one table, of a load in another one."""
    number, made = _numbers(), {}
    for chart in board.charts():
        outside = [number[one.key] for one in board.charts() if one.table != chart.table or one == chart]
        scope = {"rootPath": ["ROOT_ID"], "excluded": outside}
        made[str(number[chart.key])] = {"id": number[chart.key], "crossFilters": {"scope": scope}}
    return made


def _filter(one: board.Filter) -> Asset:
    number = _numbers()
    outside = [number[chart.key] for chart in board.charts() if chart.table not in one.tables]
    target = {"datasetUuid": asset_id("dataset", one.tables[0]), "column": {"name": one.column}} if one.column else {}
    return {
        "id": f"NATIVE_FILTER-{one.column or 'time'}",
        "name": one.title,
        "description": one.description,
        "type": "NATIVE_FILTER",
        "filterType": "filter_select" if one.column else "filter_time",
        "targets": [target],
        "controlValues": {"multiSelect": True, "enableEmptyFilter": False} if one.column else {},
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
        "cascadeParentIds": [],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": outside},
    }


def _position() -> Asset:
    root, tabs = "ROOT_ID", "TABS-pages"
    parts: Asset = {
        "DASHBOARD_VERSION_KEY": "v2",
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": board.TITLE}},
        root: {"id": root, "type": "ROOT", "children": [tabs]},
        "GRID_ID": {"id": "GRID_ID", "type": "GRID", "children": [], "parents": [root]},
        tabs: {"id": tabs, "type": "TABS", "children": [], "meta": {}, "parents": [root]},
    }
    for number, tab in enumerate(board.TABS, start=1):
        name = f"TAB-{number}"
        parts[tabs]["children"].append(name)
        parts |= _tab(name, tab, [root, tabs])
    return parts


def _tab(name: str, tab: Tab, parents: list[str]) -> Asset:
    of_row = {f"ROW-{name[4:]}-{number}": row for number, row in enumerate(tab.rows, start=1)}
    part = {"id": name, "type": "TAB", "children": list(of_row), "meta": {"text": tab.title}, "parents": parents}
    parts: Asset = {name: part}
    for row_name, row in of_row.items():
        parts |= _row(row_name, row, [*parents, name])
    return parts


def _row(name: str, row: Row, parents: list[str]) -> Asset:
    numbers, tiles = _numbers(), {}
    for tile, width in row.tiles:
        meta: Asset = {"width": width, "height": row.height}
        if isinstance(tile, Text):
            tile_name, kind = f"MARKDOWN-{tile.key}", "MARKDOWN"
            meta["code"] = tile.markdown
        else:
            tile_name, kind = f"CHART-{tile.key}", "CHART"
            meta |= {"chartId": numbers[tile.key], "uuid": asset_id("chart", tile.key), "sliceName": tile.title}
        tiles[tile_name] = {
            "id": tile_name,
            "type": kind,
            "children": [],
            "meta": meta,
            "parents": [*parents, name],
        }
    frame = {"background": "BACKGROUND_TRANSPARENT"}
    return {name: {"id": name, "type": "ROW", "children": list(tiles), "meta": frame, "parents": parents}} | tiles


if __name__ == "__main__":
    write(find_root(Path.cwd()) / FOLDER)
