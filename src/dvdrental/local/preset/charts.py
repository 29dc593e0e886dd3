"""Kinds of Superset charts: what they ask for as short functions, what Superset calls it inside them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dvdrental.metrics import datasets

Params = dict[str, Any]

TIME = {"gold.rental_obt": "rental_date", "gold.loads": "started_at", "gold.data_quality": "started_at"}
"""Table -> the column that a time range filters."""

FORMATS = {"integer": ",d", "decimal": ",.2f", "money": "$,.2f", "percent": ".1%"}
"""As D3 writes them. Moments have none: their chart says how."""

MOMENT = "%Y-%m-%d %H:%M"
BLUES = "superset_seq_1"
COLORS = "supersetColors"
MANY = 10_000
"""Beyond any list of the dashboard: a table that reaches its limit shows a warning."""


@dataclass(frozen=True)
class Chart:
    """`key` names its file and makes its id: it stays when the title changes. `table` is a table or view of gold."""

    key: str
    title: str
    table: str
    kind: str
    params: Params
    description: str = ""
    where: tuple[Params, ...] = ()

    def only(self, column: str, operator: str, value: object = None) -> "Chart":
        """The same chart, on the rows for which this condition holds."""
        condition: Params = {"clause": "WHERE", "expressionType": "SIMPLE", "subject": column, "operator": operator}
        if value is not None:
            condition["comparator"] = value
        return replace(self, where=(*self.where, condition))

    def now(self) -> "Chart":
        """Only what belongs to the last load of each table."""
        return self.only("is_last", "IS TRUE")


def number(table: str, metric: str, title: str = "", key: str = "") -> Chart:
    """One metric, large. Its format comes with the metric."""
    definition = datasets()[table].metrics[metric]
    params = {
        "metric": metric,
        "header_font_size": 0.4,
        "time_format": MOMENT,
        "force_timestamp_formatting": definition.format == "moment",
    }
    return Chart(key or metric, title or definition.label, table, "big_number_total", params, definition.description)


def _format(table: str, metric: str) -> str:
    """Axes and labels do not take the format of the metric by themselves. There, cents would only be in the way."""
    form = datasets()[table].metrics[metric].format
    return "$,.0f" if form == "money" else FORMATS[form]


def newest(key: str, title: str, table: str, metric: str, grain: str, against: str) -> Chart:
    """The newest period of the data, and how far it is from the one before that has any rows."""
    params = {
        "x_axis": TIME[table],
        "time_grain_sqla": grain,
        "metric": metric,
        "compare_lag": 1,
        "compare_suffix": against,
        "show_timestamp": True,
        "time_format": "%b %Y",
        "show_trend_line": False,  # it would be drawn across empty months
        "header_font_size": 0.3,
        "subheader_font_size": 0.125,
        "rolling_type": "None",
    }
    return Chart(key, title, table, "big_number", params)


def bars(
    key: str,
    title: str,
    table: str,
    x: str,
    metrics: Sequence[str],
    *,
    by: str | None = None,
    top: int | None = None,
    lying: bool = False,
    values: bool = False,
    axis: str = "",
) -> Chart:
    """Bars of a column, in its own order, or the `top` ones by the first metric. `by` stacks them.

    Only for text and whole numbers: Superset cannot write moments below such bars.
    """
    params = {
        "x_axis": x,
        "metrics": list(metrics),
        "groupby": [by] if by else [],
        "orientation": "horizontal" if lying else "vertical",
        "stack": "Stack" if by else None,
        "xAxisForceCategorical": True,
        "x_axis_sort": metrics[0] if top else x,
        "x_axis_sort_asc": lying == bool(top),  # lying bars begin at the bottom
        "timeseries_limit_metric": metrics[0] if top else None,
        "row_limit": top or MANY,
        "order_desc": True,
        "show_legend": bool(by) or len(metrics) > 1,
        "legendOrientation": "top",
        "legendType": "scroll",
        "show_value": values,
        "only_total": True,
        "rich_tooltip": True,
        "truncate_metric": True,
        "y_axis_format": _format(table, metrics[0]),
        "x_axis_title": axis,
        "x_axis_title_margin": 30 if axis else 0,
        "color_scheme": COLORS,
    }
    return Chart(key, title, table, "echarts_timeseries_bar", params)


def over_time(key: str, title: str, table: str, metric: str, by: str, grain: str) -> Chart:
    """Stacked bars on a true axis of time: periods without rows stay empty, where a line would cross them."""
    params = {
        "x_axis": TIME[table],
        "time_grain_sqla": grain,
        "metrics": [metric],
        "groupby": [by],
        "stack": "Stack",
        "row_limit": MANY,
        "show_legend": True,
        "legendOrientation": "top",
        "rich_tooltip": True,
        "truncate_metric": True,
        "y_axis_format": _format(table, metric),
        "x_axis_time_format": "%b %Y",
        "tooltipTimeFormat": "%Y-%m-%d",
        "color_scheme": COLORS,
    }
    return Chart(key, title, table, "echarts_timeseries_bar", params)


def pair(key: str, title: str, table: str, x: str, bar: str, line: str) -> Chart:
    """Bars of one metric on the left axis, a line of another one on the right axis."""
    params = {
        "x_axis": x,
        "metrics": [bar],
        "groupby": [],
        "metrics_b": [line],
        "groupby_b": [],
        "seriesType": "bar",
        "seriesTypeB": "line",
        "markerEnabledB": True,
        "markerSizeB": 8,
        "yAxisIndex": 0,
        "yAxisIndexB": 1,
        "y_axis_format": _format(table, bar),
        "y_axis_format_secondary": _format(table, line),
        "xAxisForceCategorical": True,
        "row_limit": MANY,
        "row_limit_b": MANY,
        "show_legend": True,
        "legendOrientation": "top",
        "rich_tooltip": True,
        "truncate_metric": True,
        "truncate_metric_b": True,
        "x_axis_sort_asc": True,
        "color_scheme": COLORS,
    }
    return Chart(key, title, table, "mixed_timeseries", params)


def pie(key: str, title: str, table: str, by: str, metric: str) -> Chart:
    params = {
        "groupby": [by],
        "metric": metric,
        "donut": True,
        "innerRadius": 40,
        "outerRadius": 70,
        "label_type": "key_percent",
        "show_labels": True,
        "labels_outside": True,
        "show_legend": False,
        "sort_by_metric": True,
        "number_format": _format(table, metric),
        "row_limit": 100,
        "color_scheme": COLORS,
    }
    return Chart(key, title, table, "pie", params)


def heatmap(key: str, title: str, table: str, x: str, y: str, metric: str) -> Chart:
    params = {
        "x_axis": x,
        "groupby": y,
        "metric": metric,
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_desc",
        "normalize_across": "heatmap",
        "legend_type": "continuous",
        "linear_color_scheme": BLUES,
        "xscale_interval": 1,
        "yscale_interval": 1,
        "left_margin": "auto",
        "bottom_margin": "auto",
        "value_bounds": [None, None],
        "y_axis_format": _format(table, metric),
        "show_legend": True,
        "row_limit": MANY,
    }
    return Chart(key, title, table, "heatmap_v2", params)


def word_cloud(key: str, title: str, table: str, series: str, metric: str, top: int) -> Chart:
    params = {
        "series": series,
        "metric": metric,
        "sort_by_metric": True,
        "row_limit": top,
        "size_from": "10",
        "size_to": "22",
        "rotation": "flat",
        "color_scheme": COLORS,
    }
    return Chart(key, title, table, "word_cloud", params)


def world_map(key: str, title: str, table: str, iso3: str, color: str, bubble: str) -> Chart:
    """Countries in the shade of one metric, with a bubble of another one. By code: names are spelled in many ways."""
    params = {
        "entity": iso3,
        "country_fieldtype": "cca3",
        "metric": color,
        "secondary_metric": bubble,
        "show_bubbles": True,
        "max_bubble_size": "15",
        "color_by": "metric",
        "color_picker": {"r": 252, "g": 112, "b": 12, "a": 0.6},
        "linear_color_scheme": BLUES,
        "row_limit": MANY,
    }
    return Chart(key, title, table, "world_map", params)


def grouped(
    key: str,
    title: str,
    table: str,
    by: Sequence[str],
    metrics: Sequence[str],
    *,
    share_of: str | None = None,
    largest_first: bool = True,
    page: int = 0,
) -> Chart:
    """A row per group, the largest by the first metric on top, or in the order of the groups."""
    # Superset sorts groups by metrics only.
    first = {
        "expressionType": "SIMPLE",
        "column": {"column_name": by[0]},
        "aggregate": "MIN",
        "label": f"first {by[0]}",
    }
    params = {
        "query_mode": "aggregate",
        "groupby": list(by),
        "metrics": list(metrics),
        "percent_metrics": [share_of] if share_of else [],
        "timeseries_limit_metric": metrics[0] if largest_first else first,
        "order_desc": largest_first,
        "row_limit": MANY,
        "page_length": page,
        "include_search": bool(page),
        "show_cell_bars": True,
        "column_config": {f"%{share_of}": {"d3NumberFormat": ".1%"}} if share_of else {},
        "table_timestamp_format": MOMENT,
    }
    return Chart(key, title, table, "table", params)


def rows(
    key: str,
    title: str,
    table: str,
    columns: Mapping[str, str],
    order: Sequence[tuple[str, bool]],
    page: int,
) -> Chart:
    """Rows, not aggregated. `columns` maps to a format, "" for none; `order` says of each column whether it ascends."""
    params = {
        "query_mode": "raw",
        "all_columns": list(columns),
        "order_by_cols": [json.dumps(list(one)) for one in order],
        "row_limit": MANY,
        "page_length": page,
        "include_search": True,
        "show_cell_bars": False,
        "column_config": {name: {"d3NumberFormat": FORMATS[form]} for name, form in columns.items() if form},
        "table_timestamp_format": MOMENT,
    }
    return Chart(key, title, table, "table", params)


def pivot(key: str, title: str, table: str, down: str, across: str, metric: str) -> Chart:
    params = {
        "groupbyRows": [down],
        "groupbyColumns": [across],
        "metrics": [metric],
        "metricsLayout": "COLUMNS",
        "aggregateFunction": "Sum",
        "rowTotals": True,
        "colTotals": True,
        "rowOrder": "key_a_to_z",
        "colOrder": "key_a_to_z",
        "valueFormat": _format(table, metric),
        "row_limit": MANY,
    }
    return Chart(key, title, table, "pivot_table_v2", params)
