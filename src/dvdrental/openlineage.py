"""The ledger as OpenLineage events, for catalogs and lineage tools. Counts and names, never values of rows.

Written against the published spec (core 2-0-2, facets as in VERSIONS).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from dvdrental.settings import Settings
from dvdrental.table import Table

PRODUCER = "urn:dvdrental:lakehouse"

SPEC = "https://openlineage.io/spec"

VERSIONS = {
    "ParentRunFacet": "1-2-0",
    "ErrorMessageRunFacet": "1-0-1",
    "DatasetVersionDatasetFacet": "1-0-1",
    "SchemaDatasetFacet": "1-2-0",
    "DocumentationDatasetFacet": "1-1-0",
    "DataQualityAssertionsDatasetFacet": "1-1-0",
    "OutputStatisticsOutputDatasetFacet": "1-0-2",
}

SEVERITIES = {"critical": "error", "warning": "warn"}
"""Ours to the spec's: what blocks a publication, and what does not."""

Json = dict[str, Any]


def events(steps: Sequence[Mapping[str, Any]], namespace: str, job: str, tables: Mapping[str, Table]) -> list[Json]:
    """START, then COMPLETE or FAIL, of each row of ops.step, in order of time; the same rows give the same events.

    `namespace` is that of the job and of all datasets, `job` the name of the whole job, `tables` the contracts by full
    name. The end of a step carries everything; its start says only that there is a run.

    Datasets have the ledger's names. A bronze step has one input, `landing.<stream>`, as the ledger does not say where
    the landing lies. What a step audits is an input, as the spec has results of checks on inputs only: so a table that
    was audited is read and written by its step, which does compare with what is published. The input has no version,
    since it was staged rows that were judged. The reconciliation fills no table, but is itself what it audits.
    """
    ordered = sorted(steps, key=lambda step: (step["started_at"], step["table_name"]))
    return [event for step in ordered for event in _start_and_end(step, namespace, job, tables.get(step["table_name"]))]


def to_lines(events: Iterable[Json]) -> str:
    """JSON lines: what the file transport of OpenLineage's clients writes."""
    return "".join(f"{json.dumps(event)}\n" for event in events)


def _start_and_end(step: Mapping[str, Any], namespace: str, job: str, table: Table | None) -> list[Json]:
    name, began = step["table_name"], step["started_at"]
    run_id = _id(namespace, job, step["run_id"], name, began.isoformat())
    parent = _parent(step["run_id"], namespace, job)
    same = {
        "producer": PRODUCER,
        "schemaURL": f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "job": {"namespace": namespace, "name": f"{job}.{name}"},
    }
    start = {"eventType": "START", "eventTime": _time(began), "run": {"runId": run_id, "facets": parent}}
    end = {
        "eventType": "FAIL" if step["status"] == "failed" else "COMPLETE",
        "eventTime": _time(began + timedelta(seconds=step["seconds"])),
        "run": {"runId": run_id, "facets": parent | _error(step)},
        "inputs": _inputs(step, namespace) + _audited(step, namespace, table),
        "outputs": [] if name.startswith("ops.") else [_output(step, namespace, table)],
    }
    return [start | same, end | same]


def _parent(run_id: str, namespace: str, job: str) -> Json:
    """The job's run. A notebook that was opened by hand has none."""
    if run_id == Settings.run_id:
        return {}
    run, of = {"runId": _id(namespace, job, run_id)}, {"namespace": namespace, "name": job}
    return {"parent": _facet("ParentRunFacet", run=run, job=of)}


def _error(step: Mapping[str, Any]) -> Json:
    if step["status"] != "failed":
        return {}
    return {"errorMessage": _facet("ErrorMessageRunFacet", message=step["message"], programmingLanguage="PYTHON")}


def _inputs(step: Mapping[str, Any], namespace: str) -> list[Json]:
    states = sorted(_read(step).items())
    return [{"namespace": namespace, "name": name, "facets": _version(state)} for name, state in states]


def _read(step: Mapping[str, Any]) -> dict[str, str | None]:
    """State of each dataset that was read, as far as it is known, by name."""
    layer, _, stream = step["table_name"].partition(".")
    if layer != "bronze":
        return {name: state for name, state in (step["built_from"] or {}).items() if "." in name}
    # A step that failed may still note the landing of the run before.
    known = step["landing"] and step["status"] != "failed"
    return {f"landing.{stream}": step["landing"]["version"] if known else None}


def _audited(step: Mapping[str, Any], namespace: str, table: Table | None) -> list[Json]:
    if not step["checks"]:
        return []
    assertions = [_assertion(check, table) for check in step["checks"]]
    judged = {"dataQualityAssertions": _facet("DataQualityAssertionsDatasetFacet", assertions=assertions)}
    return [{"namespace": namespace, "name": step["table_name"], "facets": {}, "inputFacets": judged}]


def _output(step: Mapping[str, Any], namespace: str, table: Table | None) -> Json:
    facets = _version(step["state"]) | (_contract(table) if table else {})
    name, written = step["table_name"], _rows_written(step)
    return {"namespace": namespace, "name": name, "facets": facets, "outputFacets": written}


def _rows_written(step: Mapping[str, Any]) -> Json:
    """Inserted, updated and deleted rows together: each is a row that the step wrote or took away (bronze stores
    deletes as rows), where `rows_after` would count what nobody touched. Nothing where the ledger has no count, and
    nothing for a step that failed: its counts are of what it meant to publish."""
    counts = [step[count] for count in ("rows_inserted", "rows_updated", "rows_deleted") if step[count] is not None]
    if not counts or step["status"] == "failed":
        return {}
    return {"outputStatistics": _facet("OutputStatisticsOutputDatasetFacet", rowCount=sum(counts))}


def _version(state: str | None) -> Json:
    return {"version": _facet("DatasetVersionDatasetFacet", datasetVersion=state)} if state else {}


def _contract(table: Table) -> Json:
    fields = [{"name": c.name, "type": c.type, "description": c.comment} for c in table.fields]
    return {
        "schema": _facet("SchemaDatasetFacet", fields=fields),
        "documentation": _facet("DocumentationDatasetFacet", description=table.grain),
    }


def _assertion(check: Mapping[str, Any], table: Table | None) -> Json:
    """`actual` is the number of rows that break the rule. A rule that could not run is no success."""
    kind, _, column = check["rule"].removesuffix(")").partition("(")
    assertion = {
        "assertion": kind,
        "name": check["rule"],
        "success": check["status"] == "pass",
        "severity": SEVERITIES.get(check["severity"], check["severity"]),
    }
    if table and column in table.column_names:
        assertion["column"] = column
    if check["status"] == "error":
        assertion["actual"] = "could not run"
    elif check["failed"] is not None:
        assertion["actual"] = str(check["failed"])
    return assertion


def _facet(name: str, **content: Any) -> Json:
    return {"_producer": PRODUCER, "_schemaURL": f"{SPEC}/facets/{VERSIONS[name]}/{name}.json#/$defs/{name}", **content}


def _id(*parts: str) -> str:
    """Namespace and job are part of it: two catalogs may have runs of the same name."""
    return str(uuid5(NAMESPACE_URL, "/".join((PRODUCER, *parts))))


def _time(utc: datetime) -> str:
    return utc.replace(tzinfo=UTC).isoformat()
