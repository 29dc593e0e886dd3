"""The cases of the published SCD2 specification, through the code that the pipeline runs.

event, scd1: landed JSON -> parse -> log_changes, batch by batch -> chain, current. Cases are keys of one log, so that
all of them cost as much as one. snap, counts: parse -> snapshot_changes, run by run -> chain. pit: chain -> members ->
as_of. A number in a case is a day.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dvdrental.bronze.ingest import ingest
from dvdrental.history import as_of, chain, current
from dvdrental.lake import Lake
from dvdrental.local.landing import Change
from dvdrental.publish import difference
from dvdrental.silver.dimension import members
from dvdrental.table import Table
from tests import bronze_log
from tests.conftest import ROOT
from tests.landing import MORNING, append, syncing
from tests.rows import log, relation
from tests.things import DIM_THING, THING

Case = dict[str, Any]

EPOCH = datetime(1970, 1, 1)
READ_AT = datetime(2026, 1, 5)
REASONS = {"NULL_SEQUENCE": "no_log_position", "NULL_KEY": "no_key:k1"}
"""What sets a row aside that the specification refuses."""


def cases() -> list[Case]:
    path = Path(os.environ.get("DVDRENTAL_SHARED", ROOT.parent / "shared")) / "reference" / "scd2-cases.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["cases"] if path.exists() else []


CASES = cases()
pytestmark = pytest.mark.skipif(not CASES, reason="scd2-cases.yml is not at hand; set DVDRENTAL_SHARED")


def of_mode(mode: str, **properties: bool) -> list[Case]:
    """Cases of a mode that have these properties, or have them not."""
    chosen = [case for case in CASES if case["mode"] == mode]
    return [case for case in chosen if all((name in case) == there for name, there in properties.items())]


def each(chosen: Sequence[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case["id"])


def instant(value: str | float | None) -> datetime | None:
    if value is None or isinstance(value, str):
        return value and datetime.fromisoformat(value)
    return EPOCH + timedelta(days=value)


def text(value: Any) -> str | None:
    return None if value is None else str(value)


def truncates(case: Case) -> bool:
    return any(event[-1] == "T" for batch in case["batches"] for event in batch)


# ------------------------------------------------------------------------------------------------ events


@dataclass(frozen=True)
class Shape:
    """Where the columns of a case go: k are keys, t tracked, u untracked ones."""

    keys: Sequence[str]
    tracked: Sequence[str]
    untracked: Sequence[str]

    @classmethod
    def of(cls, case: Case) -> "Shape":
        keys = case.get("keys", ["id"])
        others = [column for column in case.get("cols", ["id", "v"]) if column not in keys]
        tracked = case.get("tracked", others)
        return cls(keys, tracked, [column for column in others if column not in tracked])

    @property
    def places(self) -> dict[str, str]:
        groups = {"k": self.keys, "t": self.tracked, "u": self.untracked}
        return {column: f"{kind}{n}" for kind, group in groups.items() for n, column in enumerate(group, 1)}


K, T, U = ["k1", "k2"], ["t1", "t2"], ["u1"]
EVENTS = bronze_log.stream("cases", ["case_id", *K], dict.fromkeys(["case_id", *K, *T, *U], "STRING"))
KEY = list(EVENTS.key)


def payload(case: Case, event: Sequence[Any]) -> dict[str, Any]:
    """As Airbyte lands a change; the sequence is both log position and time of commit."""
    *values, sequence, operation = event
    at = instant(sequence)
    places = Shape.of(case).places
    row = {places[column]: text(v) for column, v in zip(case.get("cols", ["id", "v"]), values, strict=True)}
    return {
        "case_id": case["id"],
        **dict.fromkeys(K, "-"),
        **row,
        "_ab_cdc_lsn": at and (at - EPOCH) // timedelta(seconds=1),
        "_ab_cdc_updated_at": at and f"{at.isoformat()}Z",
        "_ab_cdc_deleted_at": f"{at.isoformat()}Z" if at and operation == "D" else None,
    }


def rounds(case: Case) -> list[list[Sequence[Any]]]:
    """Batches in the order in which they are applied."""
    batches, replay = case["batches"], case.get("replay")
    if isinstance(replay, list):
        return [batches[number] for number in replay]
    return [batch for batch in batches for _ in range(2 if replay else 1)]


@dataclass
class Outcome:
    """Per case: versions (columns, from, to), live rows, number of stored events, reasons of rows set aside."""

    versions: dict[str, list[tuple[Any, ...]]]
    live: dict[str, list[tuple[Any, ...]]]
    stored: dict[str, int]
    rejected: dict[str, list[str]]


@pytest.fixture(scope="module")
def outcome(spark: SparkSession) -> Outcome:
    chosen = of_mode("event", null_seq=False) + [case for case in of_mode("scd1") if not truncates(case)]
    deliveries = {case["id"]: rounds(case) for case in chosen}
    events, rejected = bronze_log.empty_log(spark, EVENTS), defaultdict[str, list[str]](list)
    for number in range(max(map(len, deliveries.values()))):
        read_at = READ_AT + timedelta(days=number)
        batch = [payload(case, e) for case in chosen for e in (deliveries[case["id"]][number : number + 1] or [[]])[0]]
        rows = bronze_log.landed(spark, EVENTS, batch, read_at, cdc=True)
        for row in rows.filter("_rejected is not null").collect():
            rejected[row.case_id].append(row._rejected)
        events = bronze_log.after_changes(events, rows, EVENTS, read_at)
    history = chain(events, KEY, T, U, opens_at_epoch=False).filter("not is_deleted")
    stored = {row.case_id: row["count"] for row in events.groupBy("case_id").count().collect()}
    versions = by_case(history, "valid_from", "valid_to")
    return Outcome(versions, by_case(current(events, KEY)), stored, rejected)


def by_case(frame: DataFrame, *more: str) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of each case, in the order of its columns."""
    found, shapes = defaultdict[str, list[tuple[Any, ...]]](list), {case["id"]: case for case in CASES}
    for row in frame.collect():
        case = shapes[row.case_id]
        places = Shape.of(case).places
        found[row.case_id].append(
            tuple(row[places[c]] for c in case.get("cols", ["id", "v"])) + tuple(map(row.__getitem__, more))
        )
    return found


def table(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Expected rows [columns, from, to]."""
    return ordered((*map(text, row[:-2]), instant(row[-2]), instant(row[-1])) for row in rows)


def ordered(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    return sorted(map(tuple, rows), key=str)


@each(of_mode("event", null_seq=False))
def test_promise_02_event_case(outcome: Outcome, case: Case) -> None:
    acceptable = case["expect"] if case.get("any_of") else [case["expect"]]
    assert ordered(outcome.versions[case["id"]]) in list(map(table, acceptable))


@each(of_mode("event", null_seq=False))
def test_open_versions_are_the_live_rows(outcome: Outcome, case: Case) -> None:
    still_open = [row[:-2] for row in outcome.versions[case["id"]] if row[-1] is None]
    assert ordered(still_open) == ordered(outcome.live[case["id"]])


@each(of_mode("event", err=True))
def test_refused_row_is_set_aside_with_its_reason(outcome: Outcome, case: Case) -> None:
    assert outcome.rejected[case["id"]] == [REASONS[case["err"]]]


def test_no_other_row_is_set_aside(outcome: Outcome) -> None:
    assert outcome.rejected.keys() == {case["id"] for case in of_mode("event", err=True)}


@each(of_mode("event", replay=True))
def test_replayed_batch_stores_nothing(outcome: Outcome, case: Case) -> None:
    assert outcome.stored[case["id"]] == len({tuple(event) for batch in case["batches"] for event in batch})


@each(of_mode("event", null_seq=True))
def test_event_without_a_sequence_is_superseded_by_any_that_has_one(spark: SparkSession, case: Case) -> None:
    """Straight to the chain: bronze gives every event a time, that of its reading if there is no other."""
    assert case["null_seq"] == "oldest"
    rows = [
        (str(key), value, None if seq is None else int(seq), instant(seq), op == "D", READ_AT, str(place), 1)
        for place, (key, value, seq, op) in enumerate(event for batch in case["batches"] for event in batch)
    ]
    order = (
        "_lsn BIGINT, _at TIMESTAMP_NTZ, _is_delete BOOLEAN, _extracted_at TIMESTAMP_NTZ, _raw_id STRING, _batch INT"
    )
    history = chain(relation(spark, rows, f"id STRING, v STRING, {order}"), ["id"], ["v"], opens_at_epoch=False)
    assert versions(history, ["id", "v"]) == table(case["expect"])


@each(of_mode("event", crash=True))
def test_crash_between_two_writes_is_mended_by_a_rerun(lake: Lake, monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    """The writer dies after bronze and before the ledger."""
    lake = syncing(lake, "cdc")
    for number, batch in enumerate(case["batches"]):
        append(lake, [category_change(event) for event in batch], MORNING + timedelta(days=number), sync=number)
        with monkeypatch.context() as patched:
            patched.setattr(Lake, "append_rows", killed)
            with pytest.raises(RuntimeError, match="killed"):
                ingest(lake, ["category"])
        assert [step.rows_duplicate for step in ingest(lake, ["category"])] == [len(batch)]
    history = chain(lake.changes("category"), ["category_id"], ["name"], opens_at_epoch=False)
    assert versions(history, ["category_id", "name"]) == table(case["expect"])


def category_change(event: Sequence[Any]) -> Change:
    key, name, sequence, operation = event
    at = EPOCH + timedelta(days=sequence)
    row = {"category_id": str(key), "name": name, "last_update": str(at)}
    return Change("category", row, sequence, at.replace(tzinfo=UTC), operation == "D")


def killed(*_: Any) -> None:
    raise RuntimeError("killed")


def versions(history: DataFrame, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    live = history.filter("not is_deleted").select(
        *(F.col(c).cast("string") for c in columns), "valid_from", "valid_to"
    )
    return ordered(live.collect())


# -------------------------------------------------------------------------------------------- live rows


@each([case for case in of_mode("scd1") if not truncates(case)])
def test_live_rows_case(outcome: Outcome, case: Case) -> None:
    assert ordered(outcome.live[case["id"]]) == ordered(map(text, row) for row in case["expect"])


@each([case for case in of_mode("scd1") if truncates(case)])
def test_truncate_case(spark: SparkSession, case: Case) -> None:
    """Airbyte tells of a truncate by a refresh: keys that it does not land again are gone. It cannot come late."""
    events = [event for batch in case["batches"] for event in batch]
    (truncated,) = (event[-2] for event in events if event[-1] == "T")
    history = bronze_log.empty_log(spark, EVENTS)
    for generation, batch in enumerate(
        ([e for e in events if e[-2] < truncated], [e for e in events if e[-2] > truncated])
    ):
        rows = bronze_log.landed(spark, EVENTS, [payload(case, event) for event in batch], READ_AT, cdc=True)
        history = bronze_log.after_changes(history, rows, EVENTS, READ_AT, generation=generation)
    assert ordered(by_case(current(history, KEY))[case["id"]]) == ordered(map(text, row) for row in case["expect"])


# -------------------------------------------------------------------------------------------- snapshots


@each(of_mode("snap"))
def test_promise_03_snapshot_case(spark: SparkSession, case: Case) -> None:
    """Where a growing change time opens versions, it is what is tracked. Where absence means nothing, the sync mode is
    append."""
    columns, changed = case["cols"], None if case["change"] == "columns" else case["change"]
    keys = Shape.of(case).keys
    tracked = [changed] if changed else Shape.of(case).tracked
    untracked = [column for column in columns if column not in (*keys, *tracked)]
    types = {column: "TIMESTAMP_NTZ" if column == changed else "STRING" for column in columns}

    def typed(row: Sequence[Any]) -> dict[str, Any]:
        return {c: instant(v) if c == changed else text(v) for c, v in zip(columns, row, strict=True)}

    of = bronze_log.stream("snapshots", keys, types, changed)
    sync = bronze_log.after_changes if case["deletes"] == "ignore" else bronze_log.after_snapshot
    events = bronze_log.empty_log(spark, of)
    for run in case["runs"]:
        read_at = instant(run["at"])
        events = sync(events, bronze_log.landed(spark, of, list(map(typed, run["rows"])), read_at), of, read_at)
        history = chain(events, keys, tracked, untracked, opens_at_epoch=case["first"] == "epoch")
        live = history.filter("not is_deleted").select(*columns, "valid_from", "valid_to")
        wanted = ((*typed(row[:-2]).values(), instant(row[-2]), instant(row[-1])) for row in run["expect"])
        assert ordered(live.collect()) == ordered(wanted), f"after the run at {run['at']}"


HISTORY = Table(
    layer="silver",
    name="history",
    grain="one row per key and version, deleted stretches included",
    key=("id", "valid_from"),
    columns="""
        id STRING NOT NULL COMMENT 'Key',
        v STRING COMMENT 'Value',
        valid_from TIMESTAMP_NTZ NOT NULL COMMENT 'Start',
        valid_to TIMESTAMP_NTZ COMMENT 'End',
        is_deleted BOOLEAN NOT NULL COMMENT 'True while the key is deleted'
    """,
)


@each(of_mode("counts"))
def test_counts_case(spark: SparkSession, case: Case) -> None:
    """A deleted stretch is a version of the chain; a second key keeps the landing from being empty."""
    of = bronze_log.stream("counts", ["id"], {"id": "STRING", "v": "STRING"})
    events, payloads, before = bronze_log.empty_log(spark, of), [], None
    for number, (action, count) in enumerate(case["steps"]):
        if action != "same":
            there = ["0"] if action == "delete" else ["0", "1"]
            payloads = [{"id": key, "v": "a"} for key in there]
        read_at = READ_AT + timedelta(days=number)
        events = bronze_log.after_snapshot(events, bronze_log.landed(spark, of, payloads, read_at), of, read_at)
        history = bronze_log.settled(chain(events, ["id"], ["v"]).select(*HISTORY.column_names))
        assert history.filter("id = '1'").count() == count, f"step {number}, {action}"
        changes = difference(before, history, HISTORY).filter("_op is not null").count()
        assert (changes == 0) == (action == "same"), f"step {number}, {action}: {changes} changes to publish"
        before = history


# ---------------------------------------------------------------------------------- facts and dimensions


@each(of_mode("pit"))
def test_point_in_time_case(spark: SparkSession, case: Case) -> None:
    rows = [(name, key, instant(at)) for name, key, at in case["facts"]]
    facts = relation(spark, rows, "fact STRING, thing_id INT, at TIMESTAMP_NTZ")
    loads = [(case["dim"], case["expect"]), (case.get("then_dim"), case.get("expect_after"))]
    keys: dict[str, int] = {}
    for versions, expect in loads if "then_dim" in case else loads[:1]:
        columns = ["thing_id", "thing_key", "attribute", "valid_from", "valid_to"]
        things = dimension(spark, versions, facts, case.get("policy")).select(*columns)
        shown = {-1: [-1]} | {row.thing_key: [row.thing_id, row.attribute, row.valid_from] for row in real(things)}
        before, found = keys, as_of(facts, things, on="thing_id", at="at", key="thing_key").collect()
        keys = {row.fact: row.thing_key for row in found}
        wanted = {fact: [*row[:2], *map(instant, row[2:])] for fact, row in expect.items()}
        assert {fact: shown[key] for fact, key in keys.items()} == wanted
        if case.get("policy") == "inferred_member":
            assert keys == (before or keys), "a fact would have to be rewritten"


def real(things: DataFrame) -> list[Any]:
    return things.filter("thing_key <> -1").collect()


def dimension(
    spark: SparkSession, versions: Sequence[Sequence[Any]], facts: DataFrame, policy: str | None
) -> DataFrame:
    """As the dimensions build it from the events that make these versions."""
    starts = {(key, start) for key, _, start, _ in versions}
    events = [{"thing_id": key, "attribute": value, "_at": instant(start)} for key, value, start, _ in versions]
    events += [
        {"thing_id": key, "_at": instant(end), "_is_delete": True}
        for key, _, _, end in versions
        if end is not None and (key, end) not in starts
    ]
    history = chain(
        log(spark, THING.table, *events),
        ["thing_id"],
        ["attribute"],
        ["remark"],
        opens_at_epoch=policy != "unknown_member",
    )
    used = facts if policy == "inferred_member" else facts.limit(0)
    return members(history, DIM_THING, [used.select("thing_id")])
