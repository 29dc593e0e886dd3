"""Sync modes: what of a landing is new, what ends a row, what is refused."""

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental.bronze import envelope
from dvdrental.bronze.envelope import of_table
from dvdrental.bronze.ingest import ingest
from dvdrental.bronze.streams import STREAMS, chosen
from dvdrental.errors import ConflictError, LandingError, MassDeleteError, SettingsError
from dvdrental.history import current
from dvdrental.lake import Lake
from dvdrental.local.landing import Unchanged
from dvdrental.ops import Step
from dvdrental.table import Table
from tests.landing import MORNING, append, category, land, land_raw, reading_files, removed, renamed, syncing
from tests.sizes import size

WEEK = timedelta(days=7)


def take_in(lake: Lake) -> Step:
    return ingest(lake, ["category"])[0]


def names(lake: Lake) -> dict[int, str]:
    live = current(lake.changes("category"), ["category_id"])
    return {row.category_id: row.name for row in live.collect()}


def test_append_parses_only_what_came_since_and_the_count_proves_it(lake: Lake) -> None:
    lake = syncing(lake, "append")
    land(lake, category(dict.fromkeys(range(1, 11), "old")))
    assert take_in(lake).rows_parsed == 10
    append(lake, [renamed(3, "new")], MORNING + WEEK)
    step = take_in(lake)
    assert (step.rows_landed, step.rows_parsed, step.rows_inserted) == (1, 1, 1)
    assert names(lake) == dict.fromkeys(range(1, 11), "old") | {3: "new"}


def test_row_that_comes_late_with_an_old_extraction_time_is_found(lake: Lake) -> None:
    lake = syncing(lake, "append")
    land(lake, category({1: "A"}), MORNING + WEEK)
    take_in(lake)
    append(lake, [renamed(2, "late")], MORNING)
    assert take_in(lake).rows_inserted == 1
    assert names(lake) == {1: "A", 2: "late"}


def test_cdc_row_without_a_log_position_is_set_aside(lake: Lake) -> None:
    lake = syncing(lake, "cdc")
    append(lake, [renamed(1, "A", 10), renamed(2, "B")], spelling="jdbc")
    step = take_in(lake)
    assert (step.rows_inserted, step.rows_quarantined) == (1, 1)


def test_refresh_that_replaces_the_landing_deletes_what_it_lacks(lake: Lake) -> None:
    """A TRUNCATE in the source is invisible to CDC: only a refresh, a new generation, repairs the copy."""
    lake = syncing(lake, "cdc")
    land(lake, category(dict.fromkeys(range(1, 11), "x")), lsn=100)
    take_in(lake)
    land(lake, category(dict.fromkeys(range(1, 10), "x")), MORNING + WEEK, lsn=200, generation=2)
    step = take_in(lake)
    assert step.rows_deleted == 1
    assert set(names(lake)) == set(range(1, 10))


def test_refresh_that_would_delete_too_much_is_refused(lake: Lake) -> None:
    lake = syncing(lake, "cdc")
    land(lake, category(dict.fromkeys(range(1, 11), "x")), lsn=100)
    take_in(lake)
    land(lake, category({1: "x"}), MORNING + WEEK, lsn=200, generation=2)
    with pytest.raises(MassDeleteError, match="lacks 9 of 10"):
        take_in(lake)
    assert len(names(lake)) == 10


@pytest.mark.parametrize("mode", ["overwrite", "append"])
def test_promise_24_interrupted_full_refresh_closes_nothing(lake: Lake, mode: str) -> None:
    files = syncing(reading_files(lake), mode)
    land(files, category(dict.fromkeys(range(1, 11), "x")), envelope="jsonl")
    take_in(files)
    land(files, category({1: "x"}), MORNING + WEEK, envelope="jsonl", generation=2, interrupted=True)
    assert take_in(files).rows_inserted == 0
    assert len(names(files)) == 10


def test_snapshot_parses_only_payloads_that_bronze_does_not_hold(lake: Lake) -> None:
    land(lake, category(dict.fromkeys(range(1, 11), "old")))
    take_in(lake)
    land(lake, category(dict.fromkeys(range(1, 11), "old") | {4: "new"}), MORNING + WEEK)
    step = take_in(lake)
    assert (step.rows_landed, step.rows_parsed, step.rows_duplicate, step.rows_inserted) == (10, 1, 9, 1)
    assert names(lake)[4] == "new"


def test_value_that_cdc_left_out_is_that_of_the_event_before_even_if_that_comes_later(lake: Lake) -> None:
    lake = syncing(lake, "cdc")
    append(lake, [renamed(1, Unchanged.TEXT, 30), renamed(1, "first", 10)])
    take_in(lake)
    assert names(lake) == {1: "first"}
    append(lake, [renamed(1, "second", 20)], MORNING + WEEK)
    take_in(lake)
    assert names(lake) == {1: "second"}
    assert "debezium" not in str(lake.changes("category").collect())


def test_files_that_are_there_already_are_not_read_again(lake: Lake) -> None:
    files = syncing(reading_files(lake), "append")
    append(files, [renamed(1, "A")], envelope="jsonl_gzip")
    assert take_in(files).rows_landed == 1
    append(files, [renamed(2, "B")], MORNING + WEEK, envelope="jsonl_gzip")
    assert take_in(files).rows_landed == 1
    assert take_in(files).rows_landed is None
    assert names(files) == {1: "A", 2: "B"}


def test_missing_folder_names_where_it_was_looked_for(lake: Lake) -> None:
    with pytest.raises(LandingError, match=r"stream category: there is no folder .*/public/category"):
        take_in(reading_files(lake))


def test_broken_line_is_of_no_generation_and_no_form(lake: Lake) -> None:
    files = reading_files(lake)
    land(files, category(dict.fromkeys(range(1, 11), "x")), envelope="jsonl")
    file = next(Path(files.settings.landing).rglob("*.jsonl"))
    file.write_text('{"_airbyte_raw_id":"id-9","_airb\n' + file.read_text())
    step = take_in(files)
    assert (step.rows_inserted, step.rows_quarantined) == (10, 1)


def test_mass_delete_is_judged_by_live_keys_not_by_events(lake: Lake) -> None:
    lake = syncing(lake, "cdc")
    land(lake, category(dict.fromkeys(range(1, 5), "x")), lsn=100)
    append(lake, [renamed(key, f"v{n}", 100 + n) for key in range(1, 5) for n in range(1, 6)])
    take_in(lake)
    land(lake, category(dict.fromkeys(range(1, 4), "x")), MORNING + WEEK, lsn=200, generation=2)
    with pytest.raises(MassDeleteError, match="lacks 1 of 4 live keys"):
        take_in(lake)


def test_bronze_table_that_was_dropped_is_filled_again_from_the_whole_landing(lake: Lake) -> None:
    lake = syncing(lake, "append")
    land(lake, category({1: "A", 2: "B"}))
    take_in(lake)
    lake.spark.sql(f"DROP TABLE {lake.name('bronze', 'category')}")
    append(lake, [renamed(3, "C")], MORNING + WEEK)
    take_in(lake)
    assert names(lake) == {1: "A", 2: "B", 3: "C"}


def test_refresh_that_was_first_seen_half_done_still_deletes(lake: Lake) -> None:
    files = syncing(reading_files(lake), "cdc")
    land(files, category(dict.fromkeys(range(1, 11), "x")), envelope="jsonl", lsn=100)
    take_in(files)
    refresh = category(dict.fromkeys(range(1, 10), "x"))
    land(files, refresh, MORNING + WEEK, envelope="jsonl", lsn=200, generation=2, interrupted=True)
    take_in(files)
    assert len(names(files)) == 10
    land(files, refresh, MORNING + 2 * WEEK, envelope="jsonl", lsn=200, generation=2)
    assert take_in(files).rows_deleted == 1
    assert set(names(files)) == set(range(1, 10))


def test_stream_that_goes_from_cdc_to_snapshots_lives_on(lake: Lake) -> None:
    cdc = syncing(lake, "cdc")
    land(cdc, category({1: "A", 2: "B"}), lsn=100)
    take_in(cdc)
    land(lake, category({1: "new", 2: "B"}), MORNING + WEEK)
    take_in(lake)
    assert names(lake) == {1: "new", 2: "B"}


@pytest.mark.parametrize("zone", size(["America/New_York"], ["Asia/Tokyo", "America/New_York"]))
def test_time_zone_of_the_process_does_not_move_the_watermark(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    lake = syncing(lake, "append")
    land(lake, category({1: "A", 2: "B"}))
    take_in(lake)
    append(lake, [renamed(3, "C")], MORNING + timedelta(hours=1))
    step = take_in(lake)
    monkeypatch.undo()
    time.tzset()
    assert (step.rows_parsed, step.rows_inserted) == (1, 1)


LATER = MORNING + timedelta(milliseconds=1)


@pytest.mark.parametrize("kind", ["timestamp", "timestamp_ntz", "string"])
def test_rows_read_before_are_left_out(lake: Lake, kind: str) -> None:
    landing = lake.spark.createDataFrame(
        [("then", MORNING, "{}"), ("later", LATER, "{}")],
        "_airbyte_raw_id STRING, _airbyte_extracted_at TIMESTAMP, _airbyte_data STRING",
    )
    landing = landing.withColumn("_airbyte_extracted_at", F.col("_airbyte_extracted_at").cast(kind))
    rows = of_table(landing, MORNING.replace(tzinfo=None)).rows
    assert [row.raw_id for row in rows.collect()] == ["later"]


@pytest.mark.parametrize(("kind", "left"), [("timestamp", ["later"]), ("string", ["then", "later"])])
def test_files_of_rows_read_before_can_be_skipped(lake: Lake, kind: str, left: list[str]) -> None:
    """By a filter on the column as it is stored; the one of the frame above it no file can be skipped by."""
    landing = lake.spark.createDataFrame([("then", MORNING), ("later", LATER)], "_airbyte_raw_id STRING, at TIMESTAMP")
    landing = landing.withColumn("at", F.col("at").cast(kind))
    rows = envelope._later(landing, "at", MORNING.replace(tzinfo=None))
    assert [row[0] for row in rows.collect()] == left


def test_another_timestamp_than_that_of_the_form_leaves_no_row_out(lake: Lake) -> None:
    landing = lake.spark.createDataFrame(
        [("then", int(MORNING.timestamp() * 1000), None, "{}"), ("later", int(LATER.timestamp() * 1000), None, "{}")],
        "_airbyte_raw_id STRING, _airbyte_extracted_at BIGINT, _airbyte_emitted_at TIMESTAMP, _airbyte_data STRING",
    )
    rows = of_table(landing, MORNING.replace(tzinfo=None)).rows
    assert [row.raw_id for row in rows.collect()] == ["later"]


def test_new_row_that_was_counted_and_not_picked_up_has_the_whole_landing_read(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = syncing(lake, "append")
    land(lake, category({1: "A"}))
    take_in(lake)
    append(lake, [renamed(2, "B"), renamed(3, "C")], MORNING + WEEK)
    lossy = lambda rows, _, after: rows if after is None else rows.filter("_airbyte_data not like '%C%'")  # noqa: E731
    monkeypatch.setattr(envelope, "_later", lossy)
    step = take_in(lake)
    assert step.warnings == ["1 of 2 new rows were picked up: the whole landing was read"]
    assert names(lake) == {1: "A", 2: "B", 3: "C"}


@pytest.mark.parametrize("text", ["actor, city,rentals", "", "actor,,city"])
def test_unknown_stream_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=r"streams: there is no '.*'; there are actor, address"):
        chosen(text)


@pytest.mark.parametrize("mode", ["cdc", "overwrite"])
def test_source_that_was_restored_is_refused(lake: Lake, mode: str) -> None:
    lake = syncing(lake, mode)
    land(lake, category({1: "A"}), lsn=500)
    take_in(lake)
    land(lake, category({1: "as it was before A"}), MORNING + WEEK, lsn=80, generation=2)
    with pytest.raises(LandingError, match=r"generation 2 .* position 80, before 500 .* restored or replaced"):
        take_in(lake)
    assert names(lake) == {1: "A"}
    lake.spark.sql(f"DROP TABLE {lake.name('bronze', 'category')}")
    take_in(lake)
    assert names(lake) == {1: "as it was before A"}


@pytest.mark.parametrize("through", [[], ["overwrite"]])
def test_log_without_positions_after_cdc_is_refused_and_not_put_before_all_that_is_known(
    lake: Lake, through: list[str]
) -> None:
    land(lake, category({1: "A"}), lsn=100)
    take_in(syncing(lake, "cdc"))
    for mode in through:
        land(lake, category({1: "B"}), MORNING + WEEK)
        take_in(syncing(lake, mode))
    before = names(lake)
    append(lake, [renamed(1, "C")], MORNING + 2 * WEEK)
    with pytest.raises(LandingError, match=r"category: \d landed rows have no log position"):
        take_in(syncing(lake, "append"))
    assert names(lake) == before
    land(lake, category({1: "D"}), MORNING + 3 * WEEK)  # a refresh
    lake.spark.sql(f"DROP TABLE {lake.name('bronze', 'category')}")
    take_in(syncing(lake, "append"))
    assert names(lake) == {1: "D"}


def test_row_without_position_from_before_cdc_comes_late_and_in_its_place(lake: Lake) -> None:
    append(lake, [renamed(1, "new", 100)], MORNING + WEEK)
    take_in(syncing(lake, "append"))
    append(lake, [renamed(1, "from before")], MORNING)
    assert take_in(syncing(lake, "append")).rows_inserted == 1
    assert names(lake) == {1: "new"}


def test_stream_whose_first_rows_were_all_set_aside_is_filled_later(lake: Lake) -> None:
    land_raw(lake, "category", ["broken"])
    assert take_in(lake).rows_quarantined == 1
    for week, name in enumerate("AB", 1):
        land(lake, category({1: name}), MORNING + week * WEEK)
        assert take_in(lake).rows_inserted == 1
    assert names(lake) == {1: "B"}


def test_stream_of_cdc_whose_deletes_came_last_goes_on_by_snapshots(lake: Lake) -> None:
    """Places that a snapshot's rows are given are none that the source's log has."""
    cdc = syncing(lake, "cdc")
    land(cdc, category({1: "A", 2: "B", 3: "C"}), lsn=100)
    append(cdc, [removed(3, 150)], MORNING + timedelta(hours=1))
    take_in(cdc)
    land(lake, category({1: "new", 2: "B"}), MORNING + WEEK, generation=2)
    take_in(lake)
    assert names(lake) == {1: "new", 2: "B"}


@pytest.mark.parametrize("name", ["as before", "changed"])
def test_key_that_a_refresh_lacked_comes_back_with_a_later_one(lake: Lake, name: str) -> None:
    """Restored in the source with its old change time: nothing else says that it is newer than the delete."""
    lake = syncing(lake, "append")
    whole = category(dict.fromkeys(range(1, 11), "as before"))
    land(lake, whole)
    take_in(lake)
    land(lake, category(dict.fromkeys(range(1, 10), "as before")), MORNING + WEEK, generation=2)
    assert take_in(lake).rows_deleted == 1
    whole["category"][9]["name"] = name
    land(lake, whole, MORNING + 2 * WEEK, generation=3)
    assert take_in(lake).rows_inserted == 1
    assert names(lake) == dict.fromkeys(range(1, 10), "as before") | {10: name}
    append(lake, [renamed(3, "late")], MORNING)  # the whole landing is read again
    assert take_in(lake).rows_inserted == 1
    assert names(lake)[10] == name


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_column_that_is_added_to_the_stream_is_filled_from_rows_read_before(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    lake = syncing(lake, mode)
    row = '{{"category_id":{},"name":"A","last_update":"2006-02-15T09:46:27","rank":7}}'
    land_raw(lake, "category", [row.format(n) for n in range(1, 6)])
    take_in(lake)
    wider = replace(STREAMS["category"], columns=STREAMS["category"].columns.rstrip() + ",\n rank INT COMMENT 'Rank'")
    monkeypatch.setitem(STREAMS, "category", wider)
    assert take_in(lake).rows_inserted == 5
    assert [r["rank"] for r in current(lake.changes("category"), ["category_id"]).collect()] == [7] * 5


def test_value_that_returns_is_the_newest_where_rows_have_no_change_time(lake: Lake) -> None:
    lake = syncing(lake, "append")
    for week, name in enumerate("ABA"):
        append(lake, [renamed(1, name, last_update=None)], MORNING + week * WEEK, sync=week + 1)
        assert take_in(lake).rows_inserted == 1
        assert names(lake) == {1: name}
    append(lake, [renamed(1, "A", last_update=None)], MORNING + 4 * WEEK, sync=5)
    assert take_in(lake).rows_duplicate == 1


def test_older_generation_that_is_half_removed_deletes_nothing(lake: Lake) -> None:
    files = reading_files(lake)
    land(files, category(dict.fromkeys(range(1, 11), "x")), envelope="jsonl")
    take_in(files)
    land(files, category(dict.fromkeys(range(1, 10), "x")), envelope="jsonl")
    land(files, category({1: "x"}), MORNING + WEEK, envelope="jsonl", generation=2, interrupted=True)
    step = take_in(files)
    assert step.warnings == ["1 deletes held back: a newer generation lies beside this one, which may be half removed"]
    assert (step.rows_deleted, len(names(files))) == (0, 10)


def test_older_generation_that_was_not_taken_in_before_deletes_what_it_lacks(lake: Lake) -> None:
    files = reading_files(lake)
    land(files, category(dict.fromkeys(range(1, 11), "x")), envelope="jsonl")
    take_in(files)
    land(files, category(dict.fromkeys(range(1, 10), "x")), MORNING + WEEK, envelope="jsonl", generation=2)
    land(files, category({1: "x"}), MORNING + 2 * WEEK, envelope="jsonl", generation=3, interrupted=True)
    assert take_in(files).rows_deleted == 1
    assert set(names(files)) == set(range(1, 10))


def test_append_of_a_landing_with_log_positions_says_which_mode_fits(lake: Lake) -> None:
    lake = syncing(lake, "append")
    append(lake, [renamed(1, "A", 10)])
    (warning,) = take_in(lake).warnings
    assert "set sync_mode=cdc" in warning


def test_promise_11_two_first_loads_at_once_store_each_row_once(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    land(lake, category({1: "A"}))
    fill = Lake.fill

    def fill_late(self: Lake, table: Table, frame: DataFrame, state: str | None) -> str:
        with monkeypatch.context() as patched:
            patched.setattr(Lake, "fill", fill)
            take_in(lake)
        return fill(self, table, frame, state)

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "fill", fill_late)
        with pytest.raises(ConflictError, match=r"bronze\.category: another run filled it at the same time"):
            take_in(lake)
    assert lake.changes("category").count() == 1
