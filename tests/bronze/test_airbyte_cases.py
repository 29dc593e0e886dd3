"""The cases of Airbyte's own typing and deduping, through the bronze that replaces it.

Inputs and expected values are those of its test material. `dedup` is the live rows of a change log, `append` all its
events. Bronze keeps tables that have a key: where a case has none, and its rows no `id1`, the place of the row in the
input stands in for one.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from arro3.core import Array, DataType
from pyspark.sql import Row, SparkSession

from dvdrental.bronze import drift
from dvdrental.bronze.envelope import raw_table_names
from dvdrental.bronze.ingest import ingest
from dvdrental.bronze.landing import open_landing
from dvdrental.bronze.parse import parse
from dvdrental.bronze.streams import STREAMS, Stream, column_names
from dvdrental.columns import utc
from dvdrental.history import current
from dvdrental.lake import Lake
from dvdrental.local.folder import parameters
from dvdrental.local.landing.tables import DeltaRows, instants, strings, table
from dvdrental.local.session import register
from dvdrental.ops import Step
from dvdrental.settings import Settings
from tests.bronze.airbyte import lines, material
from tests.landing import folder

Line = dict[str, Any]

FOLDER = "sqlgenerator"
CHANGED = "detectNoSchemaChange/ColumnAdded/Removed/Changed"
CHARACTERS = "noCrashOnSpecialCharacters"
IDS = (
    "allTypes_safeCast",
    "jsonStringifyTypes",
    "timestampFormats",
    "incrementalDedup",
    "incrementalDedupNoCursor",
    "incrementalAppend",
    "cdcImmediateDeletion",
    "cdcIdempotent",
    "cdcComplexUpdate",
    "testCdcOrdering_updateAfterDelete",
    "testCdcOrdering_insertAfterDelete",
    "softReset",
    "minTimestampBehavesCorrectly",
    "mixedCaseTest",
    "weirdColumnNames",
    "testReservedKeywords",
    "noColumns",
    "handlePreexistingRecords/handleNoPreexistingRecords",
)
APART = {
    "ignoreOldRawRecords": "about rows from a position on, not about a whole landing",
    "incrementalDedupSameNameNamespace": "about the name of the raw table",
    "testV1V2migration": "lands in another envelope",
    CHANGED: "has no rows: about fields against columns",
    CHARACTERS: "has no rows: about names",
}
"""Cases that have a test of their own below."""

TYPES = {
    "string": "STRING",
    "object": "STRING",
    "array": "STRING",
    "unknown": "STRING",
    "time_with_timezone": "STRING",
    "time_without_timezone": "STRING",
    "number": "DECIMAL(38,10)",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "timestamp_with_timezone": "TIMESTAMP",
    "timestamp_without_timezone": "TIMESTAMP_NTZ",
    "date": "DATE",
}
FILE_BY_FILE = ("incrementalDedup", "minTimestampBehavesCorrectly")
"""Cases that land their first file before the others."""

PLACE = "place"


def catalogue() -> dict[str, Any]:
    return json.loads(material(f"{FOLDER}/cases.json").read_text())


def case_of(name: str) -> dict[str, Any]:
    return next(case for case in catalogue()["cases"] if case["id"] == name)


def columns_of(case: Mapping[str, Any]) -> dict[str, str]:
    """Field -> Airbyte's type, without what belongs to Airbyte itself."""
    declared = case["columns"]
    if declared == "custom":
        ids = {"id1": "integer", "id2": "integer", "updated_at": "timestamp_with_timezone"}
        (row,) = expected_rows(case)
        names = column_names(list(inputs(case)[0]["_airbyte_data"]))
        return {field: ids.get(field, "string") for field, column in names.items() if column in row}
    if isinstance(declared, str):
        known, _, added = declared.partition("+")
        declared = catalogue()["columns"][known] | dict(entry.split(":") for entry in [added] if entry)
    return {name: kind for name, kind in declared.items() if not name.startswith("_ab_")}


def inputs(case: Mapping[str, Any]) -> list[Line]:
    return [line for file in case["input"] for line in lines(f"{FOLDER}/{file}")]


def expected_rows(case: Mapping[str, Any]) -> list[Line]:
    return lines(f"{FOLDER}/{case['expected_final']}")


def has_ids(case: Mapping[str, Any]) -> bool:
    return all({"id1", "id2"} <= line["_airbyte_data"].keys() for line in inputs(case))


def stream_of(case: Mapping[str, Any]) -> Stream:
    fields = columns_of(case) if has_ids(case) else {PLACE: "integer"} | columns_of(case)
    names = {column: field for field, column in column_names(list(fields)).items()}
    return Stream(
        name=re.sub(r"\W", "_", case["id"]).lower(),
        key=("id1", "id2") if has_ids(case) else (PLACE,),
        updated=case.get("cursor", "updated_at" if has_ids(case) and "updated_at" in fields else None),
        columns=",\n".join(f"{column} {TYPES[fields[field]]} COMMENT 'Case'" for column, field in names.items()),
        names=names,
    )


def arrivals(case: Mapping[str, Any]) -> list[list[Line]]:
    """What lies in the landing at each run: what the destination held already, what it had taken in before, and all."""
    rows = inputs(case)
    if not has_ids(case):
        rows = [line | {"_airbyte_data": {PLACE: n} | line["_airbyte_data"]} for n, line in enumerate(rows)]
    held = [as_raw(line) for line in preexisting(case)]
    taken = [line for line in rows if line.get("_airbyte_loaded_at")]
    first = rows[: len(lines(f"{FOLDER}/{case['input'][0]}"))] if case["id"] in FILE_BY_FILE else []
    return [landing for landing in (held, taken, first, *[rows] * case.get("run_times", 1)) if landing]


def preexisting(case: Mapping[str, Any]) -> list[Line]:
    return lines(f"{FOLDER}/{case['preexisting_final']}") if "preexisting_final" in case else []


def as_raw(final: Line) -> Line:
    technical = {name: value for name, value in final.items() if name.startswith("_airbyte_")}
    return technical | {"_airbyte_data": {name: value for name, value in final.items() if name not in technical}}


def instants_of(texts: Sequence[str | None]) -> Array:
    return instants([None if text is None else int(datetime.fromisoformat(text).timestamp() * 1000) for text in texts])


def objects(values: Sequence[Line | None]) -> Array:
    return strings([None if value is None else json.dumps(value) for value in values])


def integers(values: Sequence[int | None]) -> Array:
    return Array(values, type=DataType.int64())


V2 = {
    "_airbyte_raw_id": strings,
    "_airbyte_extracted_at": instants_of,
    "_airbyte_loaded_at": instants_of,
    "_airbyte_data": objects,
    "_airbyte_meta": objects,
    "_airbyte_generation_id": integers,
}
V1 = {"_airbyte_ab_id": strings, "_airbyte_data": objects, "_airbyte_emitted_at": instants_of}


@dataclass(frozen=True)
class Subject:
    stream: Stream
    landings: Sequence[Sequence[Line]]
    table: str = "public_raw__stream_{}"
    columns: Mapping[str, Callable[[Sequence[Any]], Array]] = field(default_factory=lambda: V2)

    def land(self, lake: Lake, number: int) -> None:
        lines = self.landings[number]
        columns = {name: array([line.get(name) for line in lines]) for name, array in self.columns.items()}
        DeltaRows(self.table.format(self.stream.name), table(columns)).replace(folder(lake), interrupted=False)


def subjects() -> dict[str, Subject]:
    """All that is taken in, by the id of its case."""
    cases = {case["id"]: case for case in catalogue()["cases"]}
    plain = {name: Subject(stream_of(cases[name]), arrivals(cases[name])) for name in IDS}
    v1 = cases["testV1V2migration"]
    raw = inputs(cases["allTypes_safeCast"])[0]
    changed = raw | {"_airbyte_data": raw["_airbyte_data"] | {"integer": "now a text"}}
    return plain | {
        v1["id"]: Subject(stream_of(v1), [inputs(v1)], "_airbyte_raw_{}", V1),
        CHANGED: Subject(replace(stream_of(cases["allTypes_safeCast"]), name="changed"), [[changed]]),
        CHARACTERS: Subject(special_characters(), [[raw | {"_airbyte_data": odd_fields()}]]),
    }


@dataclass
class Outcome:
    steps: list[Step]
    log: list[Row]
    current: list[Row]


@pytest.fixture(scope="module")
def lake_of_cases(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """One lake for all cases: each is a stream of its own."""
    root = tmp_path_factory.mktemp("cases")
    schemas = {"landing": "landing_cases", "bronze_schema": "bronze_cases", "ops_schema": "ops_cases"}
    for schema in schemas.values():
        spark.sql(f"CREATE SCHEMA {schema} LOCATION '{(root / schema).as_uri()}'")
    yield Lake(spark, replace(Settings(**parameters(root, "cases")), **schemas, sync_mode="append"))
    for schema in schemas.values():
        spark.sql(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(scope="module")
def outcomes(lake_of_cases: Lake) -> dict[str, Outcome]:
    steps = defaultdict(list)
    landed = subjects()
    with pytest.MonkeyPatch.context() as patch:
        for subject in landed.values():
            patch.setitem(STREAMS, subject.stream.name, subject.stream)
        for number in range(max(len(subject.landings) for subject in landed.values())):
            there = [subject for subject in landed.values() if number < len(subject.landings)]
            for subject in there:
                subject.land(lake_of_cases, number)
            register(lake_of_cases.spark, folder(lake_of_cases).parent)
            for step in ingest(lake_of_cases, [subject.stream.name for subject in there]):
                steps[step.table_name].append(step)
        return {name: outcome(lake_of_cases, subject.stream, steps) for name, subject in landed.items()}


def outcome(lake: Lake, stream: Stream, steps: Mapping[str, list[Step]]) -> Outcome:
    log = lake.changes(stream.name)
    instants = {name: utc(log[name]) for name, kind in stream.types.items() if kind == "TIMESTAMP"}
    return Outcome(
        steps[stream.table.full_name],
        log.withColumns(instants).collect(),
        current(log, stream.key).withColumns(instants).collect(),
    )


def as_expected(row: Row, types: Mapping[str, str], asked: Line) -> Line:
    """A row of bronze as the expected files have it: the columns of the case, and those of Airbyte that are given."""
    technical = {
        "_airbyte_raw_id": row._raw_id,
        "_airbyte_extracted_at": row._extracted_at,
        "_airbyte_generation_id": row._generation_id,
        "_airbyte_meta": [change.asDict() for change in row._changes],
    }
    seen = {name: parsed_json(row[name], kind) for name, kind in types.items()}
    return seen | {name: value for name, value in technical.items() if name in asked}


def parsed_json(value: Any, kind: str) -> Any:
    return json.loads(value) if kind in ("object", "array", "unknown") and value is not None else value


def typed(line: Line, types: Mapping[str, str]) -> Line:
    """An expected row with values instead of texts; what it does not name is NULL."""
    read = {
        "number": lambda value: Decimal(str(value)),
        "date": date.fromisoformat,
        "timestamp_with_timezone": datetime.fromisoformat,
        "timestamp_without_timezone": datetime.fromisoformat,
    }
    plain = {
        name: line.get(name) if line.get(name) is None else read.get(kind, lambda value: value)(line[name])
        for name, kind in types.items()
    }
    technical = {name: value for name, value in line.items() if name.startswith("_airbyte_")}
    technical["_airbyte_extracted_at"] = datetime.fromisoformat(line["_airbyte_extracted_at"])
    technical["_airbyte_meta"] = line["_airbyte_meta"]["changes"]
    return plain | technical


def agree(found: Sequence[Row], expected: Sequence[Line], types: Mapping[str, str]) -> None:
    wanted = [typed(line, types) for line in expected]
    got = [as_expected(row, types, wanted[0]) for row in found]
    assert sorted(got, key=str) == sorted(wanted, key=str)


def column_types(case: Mapping[str, Any]) -> dict[str, str]:
    names = column_names(list(columns_of(case)))
    return {names[field]: kind for field, kind in columns_of(case).items()}


def test_every_case_has_a_test() -> None:
    assert {case["id"] for case in catalogue()["cases"]} == {*IDS, *APART}


@pytest.mark.parametrize("name", IDS)
def test_case(outcomes: dict[str, Outcome], name: str) -> None:
    case = case_of(name)
    log = outcomes[name].log
    final = outcomes[name].current if case["mode"] == "dedup" else log
    expect = case.get("expect", {})
    raw_ids = {row._raw_id for row in log}
    assert raw_ids == {line["_airbyte_raw_id"] for line in inputs(case)}
    assert len(raw_ids) == expect.get("raw", len(raw_ids))
    assert len(final) == expect.get("final", len(final))
    assert not set(log[0].asDict()) & set(expect.get("absent_columns", ()))
    for values in expect.get("values", ()):
        assert values.items() <= final[0].asDict().items()
    if "expected_raw" in case:
        assert raw_ids == {line["_airbyte_raw_id"] for line in lines(f"{FOLDER}/{case['expected_raw']}")}
    if "expected_final" in case:
        agree(final, expected_rows(case), column_types(case))


def test_min_timestamp_behaves_correctly_late_row_is_taken_in(outcomes: dict[str, Outcome]) -> None:
    case = case_of("minTimestampBehavesCorrectly")
    extracted = [datetime.fromisoformat(line["_airbyte_extracted_at"]).replace(tzinfo=None) for line in inputs(case)]
    assert sorted(row._extracted_at for row in outcomes[case["id"]].log) == sorted(extracted)


def test_cdc_complex_update_keeps_the_last_state_of_each_key(outcomes: dict[str, Outcome]) -> None:
    """The case only counts; its input says who is alive."""
    assert {row.id1: row.string for row in outcomes["cdcComplexUpdate"].current} == {
        0: "zombie_returned",
        2: "alice2",
        3: "bob",
        4: "charlie",
        5: "david1",
        6: "should be untouched",
    }


def test_handle_preexisting_records_position_is_known_after_the_first_run_only(
    lake_of_cases: Lake, outcomes: dict[str, Outcome]
) -> None:
    case = case_of("handlePreexistingRecords/handleNoPreexistingRecords")
    (step,) = outcomes[case["id"]].steps
    newest = max(datetime.fromisoformat(line["_airbyte_extracted_at"]) for line in inputs(case))
    assert (step.landing.watermark, step.landing.units) == (newest.replace(tzinfo=None), len(inputs(case)))
    seen = lake_of_cases.last_seen()
    assert seen[step.table_name] == step.landing
    assert "bronze.never_run" not in seen


def test_weird_column_names_field_without_a_column_is_kept_by_its_own_name(outcomes: dict[str, Outcome]) -> None:
    rescued = [json.loads(row._rescued) for row in outcomes["weirdColumnNames"].log]
    assert rescued == [{'includes"doublequote': "foo"}]


def test_ignore_old_raw_records(lake_of_cases: Lake) -> None:
    case = case_of("ignoreOldRawRecords")
    subject = Subject(stream_of(case), arrivals(case))
    subject.land(lake_of_cases, 0)
    register(lake_of_cases.spark, folder(lake_of_cases).parent)
    position = datetime.fromisoformat(case["min_extracted_at_exclusive"]).replace(tzinfo=None)
    taken = parse(open_landing(lake_of_cases, subject.stream).envelope(after=position), subject.stream).collect()
    assert [row._raw_id for row in taken] == [inputs(case)[-1]["_airbyte_raw_id"]]
    assert len(taken) == case["expect"]["final"]


def test_incremental_dedup_same_name_namespace(lake_of_cases: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_of("incrementalDedupSameNameNamespace")
    stream = replace(stream_of(case), name="same")
    monkeypatch.setitem(STREAMS, stream.name, stream)
    lake = Lake(lake_of_cases.spark, replace(lake_of_cases.settings, namespace=stream.name))
    Subject(stream, arrivals(case), "same_raw__stream_{}").land(lake, 0)
    register(lake.spark, folder(lake).parent)
    (step,) = ingest(lake, [stream.name])
    live = current(lake.changes(stream.name), stream.key).count()
    assert (step.rows_landed, live) == (case["expect"]["raw"], case["expect"]["final"])


def test_v1_v2_migration(outcomes: dict[str, Outcome]) -> None:
    """The rows are those of allTypes in the older envelope, without generation and without changes of the source."""
    case = case_of("testV1V2migration")
    expected = [
        line | {"_airbyte_generation_id": None, "_airbyte_meta": {"changes": destination_changes(line)}}
        for line in expected_rows(case_of("allTypes_safeCast"))
    ]
    found = outcomes[case["id"]].current
    agree(found, expected, column_types(case))
    assert {row._raw_id for row in found} == {line["_airbyte_ab_id"] for line in inputs(case)}


def destination_changes(line: Line) -> list[Line]:
    return [change for change in line["_airbyte_meta"]["changes"] if change["reason"].startswith("DESTINATION")]


def all_types() -> tuple[Line, Stream]:
    case = case_of("allTypes_safeCast")
    return inputs(case)[0]["_airbyte_data"], stream_of(case)


def test_detect_no_schema_change() -> None:
    fields, stream = all_types()
    assert drift.warnings(fields, stream) == []
    assert drift.type_warnings(dict.fromkeys(fields, 0), stream) == []


def test_detect_column_added() -> None:
    fields, stream = all_types()
    (warning,) = drift.warnings(fields | {"new_column": "x"}, stream)
    assert "new field 'new_column'" in warning
    assert "new_column STRING" in warning


def test_detect_column_removed() -> None:
    fields, stream = all_types()
    (warning,) = drift.warnings({name: value for name, value in fields.items() if name != "string"}, stream)
    assert "'string' is missing" in warning


def test_detect_column_changed(outcomes: dict[str, Outcome]) -> None:
    (step,) = outcomes[CHANGED].steps
    (warning,) = step.warnings
    assert "column integer: 1 values are no BIGINT" in warning


def odd_names() -> dict[str, str]:
    return column_names(case_of(CHARACTERS)["params"])


def odd_fields() -> Line:
    return {"id1": 1} | {name: f"value of {name}" for name in odd_names()}


def special_characters() -> Stream:
    odd = {column: name for name, column in odd_names().items()}
    columns = ["id1 INT COMMENT 'Key'", *(f"{column} STRING COMMENT 'Case'" for column in odd)]
    return Stream(name="characters", key=("id1",), updated=None, columns=",\n".join(columns), names=odd)


def test_no_crash_on_special_characters(outcomes: dict[str, Outcome]) -> None:
    (row,) = outcomes[CHARACTERS].log
    assert {name: row[column] for name, column in odd_names().items()} | {"id1": 1} == odd_fields()
    assert row._rescued is None


def test_no_crash_on_special_characters_names_are_plain_and_differ() -> None:
    odd = odd_names()
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", column) for column in odd.values())
    assert len({column.lower() for column in odd.values()}) == len(odd)
    assert all(re.fullmatch(r"[a-z0-9_]+", raw_table_names(name, name)[0]) for name in odd)
