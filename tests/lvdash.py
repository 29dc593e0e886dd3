"""What an AI/BI dashboard file asks, and what is wrong with it: a workspace would only show an empty tile."""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from dvdrental import ledger_views
from dvdrental.gold import preset_rental_obt
from dvdrental.tables import TABLES
from tests.bundle.loading import twice

Json = dict[str, Any]

VIEWS = (*ledger_views.VIEWS, preset_rental_obt.VIEW)
GOLD = {table.name for table in (*TABLES.values(), *VIEWS) if table.layer == "gold"}
READ = re.compile(r"\b(?:FROM|JOIN)\s+(\S+)", re.IGNORECASE)
FIELD = re.compile(r"(?:MEASURE\(`(?P<measure>[^`]+)`\)|`(?P<column>\w+)`)")
DRAWN = {"counter": 2, "table": 2, "pivot": 3, "bar": 3, "line": 3, "heatmap": 3, "choropleth-map": 1}
DRAWN |= {"filter-multi-select": 2, "filter-date-range-picker": 2}


def widgets(dashboard: Json) -> list[Json]:
    return [item["widget"] for page in dashboard["pages"] for item in page["layout"]]


def queries(dashboard: Json) -> Iterator[tuple[str, Json]]:
    """Widget -> each of its queries."""
    for widget in widgets(dashboard):
        for named in widget.get("queries", []):
            yield widget["name"], named["query"]


def sql(dashboard: Json, query: Json) -> str:
    """What the platform asks for a widget."""
    (dataset,) = (one for one in dashboard["datasets"] if one["name"] == query["datasetName"])
    measures = {column["displayName"]: column["expression"] for column in dataset.get("columns", [])}
    fields = [
        f"{re.sub(r'MEASURE.`(.+?)`.', lambda found: measures[found[1]], field['expression'])} AS `{field['name']}`"
        for field in query["fields"]
    ]
    where = " AND ".join(one["expression"] for one in query.get("filters", [])) or "TRUE"
    rows = f"SELECT {', '.join(fields)} FROM ({''.join(dataset['queryLines'])}) WHERE {where}"
    return rows if query["disaggregated"] else f"{rows} GROUP BY ALL"


def faults(dashboard: Json) -> list[str]:
    names = [[one["name"] for one in dashboard[part]] for part in ("datasets", "pages")]
    again = [name for group in (*names, [one["name"] for one in widgets(dashboard)]) for name in twice(group)]
    return [
        *(f"{name} is there twice" for name in again),
        *(fault for dataset in dashboard["datasets"] for fault in _dataset(dataset)),
        *(fault for page in dashboard["pages"] for fault in _layout(page)),
        *(fault for widget in widgets(dashboard) for fault in _widget(widget, dashboard)),
    ]


def _dataset(dataset: Json) -> list[str]:
    name, text = dataset["name"], "".join(dataset["queryLines"])
    read = [table for table in READ.findall(text) if not table.startswith("(")]
    faults = [f"{name} reads {table}, no table of gold by its plain name" for table in read if table not in GOLD]
    return faults + [f"{name} writes down its {part}" for part in ("catalog", "schema") if part in dataset]


def _layout(page: Json) -> list[str]:
    places = {item["widget"]["name"]: item["position"] for item in page["layout"]}
    outside = [
        name
        for name, at in places.items()
        if min(at["x"], at["y"]) < 0 or min(at["width"], at["height"]) < 1 or at["x"] + at["width"] > 6
    ]
    over = [f"{a} lies over {b}" for (a, one), (b, other) in combinations(places.items(), 2) if _meet(one, other)]
    return [f"{name} lies outside of the page" for name in outside] + over


def _meet(one: Json, other: Json) -> bool:
    across = one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
    return across and one["y"] < other["y"] + other["height"] and other["y"] < one["y"] + one["height"]


def _widget(widget: Json, dashboard: Json) -> list[str]:
    if "multilineTextboxSpec" in widget:
        return []
    name, spec = widget["name"], widget["spec"]
    measures = {d["name"]: {c["displayName"] for c in d.get("columns", [])} for d in dashboard["datasets"]}
    right = DRAWN.get(spec["widgetType"])
    faults = [] if spec["version"] == right else [f"{name}: {spec['widgetType']} is not drawn in this version"]
    asked = {named["name"]: named["query"] for named in widget["queries"]}
    for query in asked.values():
        if query["datasetName"] not in measures:
            faults.append(f"{name}: there is no dataset {query['datasetName']}")
        for field in query["fields"]:
            found = FIELD.fullmatch(field["expression"])
            if not found or (found["measure"] and found["measure"] not in measures.get(query["datasetName"], ())):
                faults.append(f"{name}: {field['expression']} is neither a column nor a measure of the dataset")
    given = {field["name"] for query in asked.values() for field in query["fields"]}
    used = set(_found("fieldName", spec["encodings"]))
    faults += [f"{name}: {field} is shown or asked for, not both" for field in sorted(given ^ used)]
    unknown = set(_found("queryName", spec["encodings"])) - asked.keys()
    return faults + [f"{name}: there is no query {query}" for query in sorted(unknown)]


def _found(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (text for name, text in value.items() if name == key)
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _found(key, inner)


def columns(view: str) -> list[str]:
    """Of a view of gold."""
    (found,) = (one for one in VIEWS if one.full_name == view)
    return list(found.columns)
