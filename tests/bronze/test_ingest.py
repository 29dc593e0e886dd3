from datetime import datetime, timedelta

import pytest
from pyspark.sql import DataFrame

from dvdrental.bronze import envelope
from dvdrental.bronze.ingest import ingest
from dvdrental.bronze.streams import STREAMS
from dvdrental.errors import LandingError, MassDeleteError
from dvdrental.history import current
from dvdrental.lake import Lake
from dvdrental.local.landing import Database
from dvdrental.ops import QUARANTINE, STEP, Step
from dvdrental.recording import describe
from tests.landing import MORNING, category, land, land_raw, reading_files
from tests.sizes import size

NEXT_WEEK = MORNING + timedelta(days=7)


def take_in(lake: Lake, database: Database, at: datetime = MORNING, envelope: str = "v2") -> Step:
    land(lake, database, at, envelope)
    return ingest(lake, list(database))[0]


def events(lake: Lake) -> list[tuple[int, str | None, bool, datetime, int]]:
    rows = lake.changes("category").orderBy("_batch", "category_id").collect()
    return [(r.category_id, r.name, r._is_delete, r._at, r._batch) for r in rows]


def files(frame: DataFrame) -> set[str]:
    return set(frame.inputFiles())


def test_first_landing_is_stored_whole(lake: Lake) -> None:
    step = take_in(lake, category({1: "Action", 2: "Comedy"}))
    assert (step.status, step.rows_landed, step.rows_inserted, step.rows_after) == ("published", 2, 2, 2)
    changed = datetime(2006, 2, 15, 9, 46, 27)
    assert events(lake) == [(1, "Action", False, changed, 1), (2, "Comedy", False, changed, 1)]


def test_same_content_in_a_new_sync_is_a_duplicate_and_writes_nothing(lake: Lake) -> None:
    take_in(lake, category({1: "Action"}))
    before = files(lake.changes("category"))
    step = take_in(lake, category({1: "Action"}), NEXT_WEEK)
    assert (step.status, step.rows_landed, step.rows_duplicate, step.rows_inserted) == ("unchanged", 1, 1, 0)
    assert files(lake.changes("category")) == before


def test_landing_that_was_not_written_since_is_not_read(lake: Lake) -> None:
    take_in(lake, category({1: "Action"}))
    step = ingest(lake, ["category"])[0]
    assert (step.status, step.rows_landed) == ("unchanged", None)


def test_form_of_files_is_found_out_once(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query each time."""
    land(lake, category({1: "Action"}), envelope="jsonl")
    asked, of_files = [], envelope.of_files
    monkeypatch.setattr(envelope, "of_files", lambda lines: asked.append(lines) or of_files(lines))
    ingest(reading_files(lake), ["category"])
    assert len(asked) == 1


def test_change_and_deletion_become_events(lake: Lake) -> None:
    take_in(lake, category(dict.fromkeys(range(1, 11), "old")))
    renamed = category(dict.fromkeys(range(1, 10), "old"))
    renamed["category"][0] |= {"name": "new", "last_update": "2026-01-10 12:00:00"}
    step = take_in(lake, renamed, NEXT_WEEK)
    assert (step.rows_duplicate, step.rows_inserted, step.rows_deleted, step.rows_after) == (8, 1, 1, 9)
    assert [event for event in events(lake) if event[-1] == 2] == [
        (1, "new", False, datetime(2026, 1, 10, 12), 2),
        (10, None, True, NEXT_WEEK.replace(tzinfo=None), 2),
    ]


def test_row_that_returns_with_its_old_change_time_is_alive_again(lake: Lake) -> None:
    everything = category(dict.fromkeys(range(1, 11), "x"))
    take_in(lake, everything)
    take_in(lake, category(dict.fromkeys(range(1, 10), "x")), NEXT_WEEK)
    step = take_in(lake, everything, NEXT_WEEK + timedelta(days=7))
    assert (step.rows_inserted, step.rows_after) == (1, 10)


def test_mass_delete_is_refused_and_leaves_no_trace(lake: Lake) -> None:
    take_in(lake, category(dict.fromkeys(range(1, 11), "x")))
    before = events(lake)
    with pytest.raises(MassDeleteError, match=r"lacks 3 of 10 live keys.* run -p max_delete_percent=100`"):
        take_in(lake, category(dict.fromkeys(range(1, 8), "x")), NEXT_WEEK)
    assert events(lake) == before
    assert [r.status for r in lake.table(STEP).orderBy("started_at").collect()] == ["published", "failed"]


def test_broken_rows_are_quarantined_with_their_reason_and_counted(lake: Lake) -> None:
    good = '{"category_id":1,"name":"A","last_update":"2006-02-15T09:46:27"}'
    land_raw(lake, "category", [good, '{"category_id":', '{"name":"B"}', '{"category_id":3}'])
    step = ingest(lake, ["category"])[0]
    assert (step.rows_landed, step.rows_inserted, step.rows_quarantined) == (4, 1, 3)
    reasons = {r.raw_id: r.rule for r in lake.table(QUARANTINE).collect()}
    assert reasons == {
        "id-1": "broken_json",
        "id-2": "no_key:category_id",
        "id-3": "column_values_to_not_be_null:name",
    }


def test_no_key_is_deleted_while_a_landed_row_has_no_readable_key(lake: Lake) -> None:
    row = '{{"category_id":{},"name":"A","last_update":"2006-02-15T09:46:27"}}'
    land_raw(lake, "category", [row.format(1), row.format(2)])
    ingest(lake, ["category"])
    land_raw(lake, "category", [row.format(1), '{"category_id":2,"na'], NEXT_WEEK)
    step = ingest(lake, ["category"])[0]
    assert (step.rows_deleted, step.rows_quarantined, step.rows_after) == (0, 1, 2)
    assert step.warnings == ["1 deletes held back: 1 rows have no readable key"]


RENTAL = (
    '{{"rental_id":{},"rental_date":"2005-05-24T22:53:30","inventory_id":1,"customer_id":1,{}'
    '"staff_id":1,"last_update":"2006-02-15T21:30:53"}}'
)
RETURNED = '"return_date":"2005-05-26T22:04:30",'


def is_out(lake: Lake) -> dict[int, bool]:
    rows = current(lake.changes("rental"), ["rental_id"]).collect()
    return {row.rental_id: row.return_date is None for row in rows}


def test_rental_whose_return_cannot_be_read_stays_as_it_was(lake: Lake) -> None:
    """NULL would say that the copy is still out."""
    land_raw(lake, "rental", [RENTAL.format(1, RETURNED), RENTAL.format(2, '"return_date":null,')])
    ingest(lake, ["rental"])
    unreadable = RENTAL.format(1, '"return_date":"soon",')
    land_raw(lake, "rental", [unreadable, RENTAL.format(2, RETURNED)], NEXT_WEEK)
    assert ingest(lake, ["rental"])[0].rows_quarantined == 1
    assert is_out(lake) == {1: False, 2: False}
    assert [row.rule for row in lake.table(QUARANTINE).collect()] == ["unreadable:return_date"]


def test_landing_that_has_lost_the_field_of_returns_is_refused(lake: Lake) -> None:
    land_raw(lake, "rental", [RENTAL.format(1, RETURNED), RENTAL.format(2, "")])
    ingest(lake, ["rental"])
    land_raw(lake, "rental", [RENTAL.format(1, ""), RENTAL.format(2, "")], NEXT_WEEK)
    with pytest.raises(LandingError, match="no landed row has a value in return_date, a field that is missing, and 1"):
        ingest(lake, ["rental"])
    assert is_out(lake) == {1: False, 2: True}


def test_landing_of_open_rentals_alone_may_lack_the_field_of_returns(lake: Lake) -> None:
    land_raw(lake, "rental", [RENTAL.format(1, "")])
    ingest(lake, ["rental"])
    land_raw(lake, "rental", [RENTAL.format(1, ""), RENTAL.format(2, "")], NEXT_WEEK)
    assert ingest(lake, ["rental"])[0].rows_inserted == 1


def test_key_of_the_unknown_member_is_set_aside(lake: Lake) -> None:
    step = take_in(lake, category({-1: "walk-in", 1: "A"}))
    assert (step.rows_inserted, step.rows_quarantined) == (1, 1)


def test_older_landing_is_refused(lake: Lake) -> None:
    take_in(lake, category({1: "A"}), NEXT_WEEK)
    with pytest.raises(LandingError, match="read at 2026-01-05 09:00:00, before the one that bronze already holds"):
        take_in(lake, category({1: "B"}), MORNING)


def test_empty_landing_is_refused(lake: Lake) -> None:
    land_raw(lake, "category", [])
    with pytest.raises(LandingError, match="stream category: the landing is empty"):
        ingest(lake, ["category"])


def test_missing_landing_names_where_it_was_looked_for(lake: Lake) -> None:
    with pytest.raises(LandingError, match=r"stream category: no landing table in spark_catalog\.landing"):
        ingest(lake, ["category"])


def test_unknown_envelope_names_the_columns(lake: Lake) -> None:
    table = f"{lake.settings.landing}.public_raw__stream_category"
    lake.spark.range(1).write.format("delta").saveAsTable(table)
    with pytest.raises(LandingError, match=r"columns \['id'\]"):
        ingest(lake, ["category"])


def test_secrets_of_staff_never_get_past_landing(lake: Lake) -> None:
    secret = {"password": "8cb2237d0679ca88db6464eac60da963", "picture": "\\x8950"}
    row = {"staff_id": "1", "first_name": "A", "last_name": "B", "address_id": "1", "email": "a@example.org"}
    row |= {"store_id": "1", "active": "t", "username": "a", **secret, "last_update": "2006-05-16 16:13:11.79328"}
    order = ["staff_id", "first_name", "last_name", "address_id", "email", "store_id", "active", "username"]
    take_in(lake, {"staff": [{c: row[c] for c in [*order, "password", "last_update", "picture"]}]})
    assert not set(lake.changes("staff").columns) & set(STREAMS["staff"].secrets)


def test_both_envelopes_give_the_same_business_columns(lake: Lake, sample: Database) -> None:
    names = size(["customer", "film", "payment", "rental", "staff"], [*STREAMS])
    land(lake, sample, envelope="v1")
    ingest(lake, names)
    columns = {name: STREAMS[name].business_columns for name in names}
    from_v1 = {name: lake.changes(name).select(*columns[name]).collect() for name in names}
    for name in names:
        lake.spark.sql(f"DROP TABLE {lake.name('bronze', name)}")
    land(lake, sample, NEXT_WEEK, envelope="v2")
    ingest(lake, names)
    for name in names:
        rows = lake.changes(name).select(*columns[name]).collect()
        assert sorted(map(repr, rows)) == sorted(map(repr, from_v1[name])), name


def test_streams_that_fail_are_all_named_and_the_others_are_stored(lake: Lake) -> None:
    land(lake, category({1: "Action"}))
    with pytest.raises(LandingError, match="stream actor: no landing table") as failure:
        ingest(lake, ["actor", "category", "city"])
    assert describe(failure.value).endswith("also failed: city (see ops.step)")
    assert lake.changes("category").count() == 1
    states = {row.table_name: row.status for row in lake.table(STEP).collect()}
    assert states == {"bronze.actor": "failed", "bronze.category": "published", "bronze.city": "failed"}
