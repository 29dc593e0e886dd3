"""Ledger rows as OpenLineage events.

No package holds the published JSON schema itself. OpenLineage's client holds the classes that are generated from it,
one per facet and version, so each event is read into them and written again. That is stricter than the schema: it also
refuses a field that the schema does not name.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import attr
import pytest
from openlineage.client import facet_v2
from openlineage.client.event_v2 import RunEvent
from openlineage.client.serde import Serde

from dvdrental import ops
from dvdrental.bronze.streams import STREAMS
from dvdrental.openlineage import events, to_lines
from dvdrental.silver import dim_store

TABLES = {table.full_name: table for table in (dim_store.TABLE, STREAMS["store"].table)}


def step(table_name: str, status: str, hour: int, **columns: Any) -> dict[str, Any]:
    began = datetime(2026, 1, 2, hour)
    fresh = {"run_id": "77", "table_name": table_name, "status": status, "started_at": began, "seconds": 1.5}
    return dict.fromkeys(ops.STEP.column_names) | {"built_from": {}, "warnings": [], "checks": []} | fresh | columns


def check(rule: str, status: str = "pass", severity: str = "critical", failed: int | None = None) -> dict[str, Any]:
    return {"rule": rule, "severity": severity, "status": status, "failed": failed}


SEEN = {"version": "3 files, 0a1b2c 9f8e7d", "watermark": datetime(2026, 1, 1), "units": 3, "digest": -5}

BRONZE = step("bronze.store", "published", 1, rows_inserted=2, rows_deleted=1, landing=SEEN)

PUBLISHED = step(
    "silver.dim_store",
    "published",
    2,
    rows_inserted=3,
    rows_updated=1,
    rows_deleted=0,
    rows_after=9,
    state="4@2026-01-02T02:00:01",
    built_from={
        "sync_mode": "overwrite",
        "bronze.store": "12@2026-01-02T01:00:01",
        "code": "c0de",
        "bronze.address": "7@2026-01-01T00:00:00",
    },
    checks=[
        check("column_values_to_not_be_null(store_id)"),
        check("compound_columns_to_be_unique(store_id+valid_from)", "fail", "warning", 2),
        check("touching_versions_differ", "error", failed=None),
    ],
)

UNCHANGED = step("gold.customer_value", "unchanged", 3, rows_inserted=0, rows_updated=0, rows_deleted=0, state="1@x")

FAILED = step(
    "silver.dim_store",
    "failed",
    4,
    rows_inserted=5,
    rows_updated=0,
    rows_deleted=0,
    state="4@2026-01-02T02:00:01",
    built_from={"bronze.store": "13@2026-01-02T04:00:00", "code": "c0de", "sync_mode": "overwrite"},
    checks=[check("column_values_to_be_unique(store_key)", "fail", failed=2)],
    message="QualityError: silver.dim_store was not published",
)

RECONCILED = step("ops.reconciliation", "published", 5, checks=[check("rentals in bronze and fact_rentals")])

COUNTS = ("rows_inserted", "rows_updated", "rows_deleted")

STEPS = [BRONZE, PUBLISHED, UNCHANGED, FAILED, RECONCILED]


def lineage(*steps: dict[str, Any]) -> list[dict[str, Any]]:
    return events(steps, "lake", "dvd_rental", TABLES)


def end(row: dict[str, Any]) -> dict[str, Any]:
    return lineage(row)[1]


def output(row: dict[str, Any]) -> dict[str, Any]:
    (dataset,) = end(row)["outputs"]
    return dataset


def assertions(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of its last input: what the step audited."""
    found: list[dict[str, Any]] = event["inputs"][-1]["inputFacets"]["dataQualityAssertions"]["assertions"]
    return found


def versions(datasets: list[dict[str, Any]]) -> dict[str, str | None]:
    return {d["name"]: d["facets"].get("version", {}).get("datasetVersion") for d in datasets}


def test_promise_28_events_validate_against_the_published_schema() -> None:
    written = [json.loads(line) for line in to_lines(lineage(*STEPS)).splitlines()]
    assert len(written) == 2 * len(STEPS)
    for event in written:
        validate(event)
    assert facets_of(written) == {
        "parent": "ParentRunFacet",
        "errorMessage": "ErrorMessageRunFacet",
        "version": "DatasetVersionDatasetFacet",
        "schema": "SchemaDatasetFacet",
        "documentation": "DocumentationDatasetFacet",
        "dataQualityAssertions": "DataQualityAssertionsDatasetFacet",
        "outputStatistics": "OutputStatisticsOutputDatasetFacet",
    }


BREAKAGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no run id": lambda e: e["run"].pop("runId"),
    "run id that is no uuid": lambda e: e["run"].update(runId="77"),
    "no job": lambda e: e.pop("job"),
    "no time": lambda e: e.pop("eventTime"),
    "date without time": lambda e: e.update(eventTime="2026-01-02"),
    "no producer": lambda e: e.pop("producer"),
    "no schema": lambda e: e.pop("schemaURL"),
    "schema of another event": lambda e: e.update(schemaURL=e["schemaURL"].replace("RunEvent", "JobEvent")),
    "unknown state": lambda e: e.update(eventType="published"),
    "unknown field of an event": lambda e: e.update(seconds=1.5),
    "inputs that are no list": lambda e: e.update(inputs=e["inputs"][0]),
    "dataset without namespace": lambda e: e["inputs"][0].pop("namespace"),
    "unknown field of a dataset": lambda e: e["outputs"][0].update(inputFacets={}),
    "parent without job": lambda e: e["run"]["facets"]["parent"].pop("job"),
    "parent that is no uuid": lambda e: e["run"]["facets"]["parent"]["run"].update(runId="77"),
    "facet without producer": lambda e: e["outputs"][0]["facets"]["schema"].pop("_producer"),
    "facet without schema": lambda e: e["outputs"][0]["facets"]["schema"].pop("_schemaURL"),
    "facet of an unpublished version": lambda e: e["outputs"][0]["facets"]["schema"].update(
        _schemaURL="https://openlineage.io/spec/facets/9-9-9/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet"
    ),
    "version that is empty": lambda e: e["outputs"][0]["facets"]["version"].update(datasetVersion=None),
    "unknown field of a column": lambda e: e["outputs"][0]["facets"]["schema"]["fields"][0].update(comment=""),
    "assertion without result": lambda e: assertions(e)[0].pop("success"),
    "checks of an output": lambda e: e["outputs"][0]["facets"].update(e["inputs"][-1].pop("inputFacets")),
    "schema among the facets of an input": lambda e: e["inputs"][-1]["inputFacets"].update(
        schema=e["outputs"][0]["facets"]["schema"]
    ),
    "row count that is text": lambda e: e["outputs"][0]["outputFacets"]["outputStatistics"].update(rowCount="4"),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_validation_refuses(breakage: str) -> None:
    event = deepcopy(end(PUBLISHED))
    validate(event)
    BREAKAGES[breakage](event)
    with pytest.raises((AssertionError, KeyError, TypeError, ValueError)):
        validate(event)


def test_each_step_starts_and_ends() -> None:
    assert [(e["eventType"], e["eventTime"], e["job"]["name"]) for e in lineage(PUBLISHED, FAILED)] == [
        ("START", "2026-01-02T02:00:00+00:00", "dvd_rental.silver.dim_store"),
        ("COMPLETE", "2026-01-02T02:00:01.500000+00:00", "dvd_rental.silver.dim_store"),
        ("START", "2026-01-02T04:00:00+00:00", "dvd_rental.silver.dim_store"),
        ("FAIL", "2026-01-02T04:00:01.500000+00:00", "dvd_rental.silver.dim_store"),
    ]
    assert end(UNCHANGED)["eventType"] == "COMPLETE"


def test_start_and_end_share_a_run_and_attempts_do_not() -> None:
    first, second = ([e["run"]["runId"] for e in lineage(row)] for row in (PUBLISHED, FAILED))
    assert first[0] == first[1] != second[0] == second[1]


def test_steps_of_a_run_share_their_parent() -> None:
    parents = [e["run"]["facets"]["parent"] for e in lineage(*STEPS)]
    assert len({parent["run"]["runId"] for parent in parents}) == 1
    assert parents[0]["job"] == {"namespace": "lake", "name": "dvd_rental"}


def test_runs_of_one_name_in_two_catalogs_are_two() -> None:
    ids = [{e["run"]["runId"] for e in events([PUBLISHED], catalog, "dvd_rental", TABLES)} for catalog in ("a", "b")]
    assert not ids[0] & ids[1]


def test_notebook_opened_by_hand_has_no_parent() -> None:
    assert end(PUBLISHED | {"run_id": "manual"})["run"]["facets"] == {}


def test_same_rows_in_any_order_give_the_same_lines() -> None:
    mixed = [row | {"built_from": dict(reversed(row["built_from"].items()))} for row in reversed(STEPS)]
    assert to_lines(lineage(*mixed)) == to_lines(lineage(*STEPS))


def test_inputs_are_the_tables_it_was_built_from_and_what_it_audited() -> None:
    assert versions(end(PUBLISHED)["inputs"]) == {
        "bronze.address": "7@2026-01-01T00:00:00",
        "bronze.store": "12@2026-01-02T01:00:01",
        "silver.dim_store": None,
    }
    assert "silver.dim_store" not in versions(end(PUBLISHED | {"checks": []})["inputs"])


def test_reconciliation_fills_no_table() -> None:
    assert end(RECONCILED)["outputs"] == []
    assert [found["name"] for found in assertions(end(RECONCILED))] == ["rentals in bronze and fact_rentals"]


def test_bronze_comes_from_its_landing() -> None:
    assert versions(end(BRONZE)["inputs"]) == {"landing.store": "3 files, 0a1b2c 9f8e7d"}


@pytest.mark.parametrize("columns", [{"landing": None}, {"status": "failed", "message": "LandingError: gone"}])
def test_landing_of_a_bronze_step_may_be_unknown(columns: dict[str, Any]) -> None:
    assert versions(end(BRONZE | columns)["inputs"]) == {"landing.store": None}


def test_output_bears_the_contract_and_the_state() -> None:
    facets = output(PUBLISHED)["facets"]
    assert versions([output(PUBLISHED)]) == {"silver.dim_store": "4@2026-01-02T02:00:01"}
    assert facets["documentation"]["description"] == dim_store.TABLE.grain
    assert [field["name"] for field in facets["schema"]["fields"]] == dim_store.TABLE.column_names
    assert facets["schema"]["fields"][1] == {"name": "store_id", "type": "INT", "description": "Source key"}


def test_output_without_a_contract_has_no_schema() -> None:
    assert output(UNCHANGED)["facets"].keys() == {"version"}


@pytest.mark.parametrize(("row", "count"), [(BRONZE, 3), (PUBLISHED, 4), (UNCHANGED, 0)])
def test_row_count_is_what_the_ledger_says_was_written(row: dict[str, Any], count: int) -> None:
    assert output(row)["outputFacets"]["outputStatistics"]["rowCount"] == count


@pytest.mark.parametrize("row", [FAILED, UNCHANGED | dict.fromkeys(COUNTS)])
def test_no_row_count_where_nothing_was_written_or_counted(row: dict[str, Any]) -> None:
    assert output(row)["outputFacets"] == {}


def test_checks_are_assertions() -> None:
    assert assertions(end(PUBLISHED)) == [
        {
            "assertion": "column_values_to_not_be_null",
            "name": "column_values_to_not_be_null(store_id)",
            "success": True,
            "severity": "error",
            "column": "store_id",
        },
        {
            "assertion": "compound_columns_to_be_unique",
            "name": "compound_columns_to_be_unique(store_id+valid_from)",
            "success": False,
            "severity": "warn",
            "actual": "2",
        },
        {
            "assertion": "touching_versions_differ",
            "name": "touching_versions_differ",
            "success": False,
            "severity": "error",
            "actual": "could not run",
        },
    ]


def test_failure_tells_its_message() -> None:
    error = end(FAILED)["run"]["facets"]["errorMessage"]
    assert (error["message"], error["programmingLanguage"]) == (FAILED["message"], "PYTHON")
    assert "errorMessage" not in lineage(FAILED)[0]["run"]["facets"]


def validate(event: dict[str, Any]) -> None:
    """Raises unless the published classes read the event without a field too many or too few, and write it as it is.
    (Those of them that fill in what is missing, as the producer, write something else then.)"""
    assert without_empties(Serde.to_dict(read(RunEvent, event))) == without_empties(event)


def read(kind: Any, value: Any) -> Any:
    if get_origin(kind) is UnionType:
        (kind,) = set(get_args(kind)) - {NoneType}
    if kind is Any:
        return value
    if attr.has(kind):
        return read_object(kind, value)
    if issubclass(get_origin(kind) or kind, Enum):
        return kind(value)
    if type(value) is not (get_origin(kind) or kind):
        raise TypeError(f"{value!r} is no {kind}")
    match value:
        case list():
            return [read(get_args(kind)[0], item) for item in value]
        case dict():
            return {name: read(get_args(kind)[1], item) for name, item in value.items()}
    return value


def read_object(kind: Any, value: dict[str, Any]) -> Any:
    if issubclass(kind, facet_v2.BaseFacet):
        facet = FACETS[value["_schemaURL"]]
        assert issubclass(facet, kind), f"{facet.__name__} is no {kind.__name__}"
        kind = facet
    fields, kinds = attr.fields_dict(kind), get_type_hints(kind)
    return kind(**{fields[name].alias: read(kinds[name], part) for name, part in value.items() if fields[name].init})


def subclasses(kind: Any) -> Iterator[Any]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


FACETS = {kind._get_schema(): kind for kind in subclasses(facet_v2.BaseFacet)}


def without_empties(value: Any) -> Any:
    match value:
        case dict():
            return {name: without_empties(part) for name, part in value.items() if part not in ({}, [])}
        case list():
            return [without_empties(part) for part in value]
    return value


def facets_of(written: list[dict[str, Any]]) -> dict[str, str]:
    """Class of each facet by the name under which events bear it."""
    bearers = [e["run"] for e in written]
    bearers += [dataset for e in written for dataset in [*e.get("inputs", []), *e.get("outputs", [])]]
    bags = [b.get(bag, {}) for b in bearers for bag in ("facets", "inputFacets", "outputFacets")]
    return {name: facet["_schemaURL"].rpartition("/")[2] for bag in bags for name, facet in bag.items()}
