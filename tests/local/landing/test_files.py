import json
from datetime import timedelta

import pytest

from dvdrental.local.landing import Change, SourceError, append_landing, files, read_source, write_landing
from dvdrental.local.landing.schema import TABLES
from tests.local.landing.landed import AT, FILE_ENVELOPES, MILLISECONDS, STORE, lines, objects

DATA = '{"store_id":1,"manager_staff_id":1,"address_id":1,"last_update":"2006-02-15T09:45:30"}'
RAW_ID = "dd275ea1-8c3f-555a-87ba-b5026b198f52"


def names(folder, stream="store"):
    return sorted(path.name for path in (folder / "public" / stream).iterdir())


@pytest.mark.parametrize(
    ("envelope", "line"),
    [
        (
            "jsonl",
            f'{{"_airbyte_raw_id":"{RAW_ID}","_airbyte_extracted_at":1714979289123,'
            f'"_airbyte_meta":{{"sync_id":1,"changes":[]}},"_airbyte_generation_id":1,"_airbyte_data":{DATA}}}',
        ),
        (
            "jsonl_gzip",
            f'{{"_airbyte_raw_id":"{RAW_ID}","_airbyte_extracted_at":1714979289123,'
            f'"_airbyte_meta":{{"sync_id":1,"changes":[]}},"_airbyte_generation_id":1,"_airbyte_data":{DATA}}}',
        ),
        (
            "jsonl_text",
            f'{{"_airbyte_raw_id":"{RAW_ID}","_airbyte_extracted_at":"1714979289123",'
            f'"_airbyte_meta":{{"sync_id":1,"changes":[]}},"_airbyte_generation_id":"1","_airbyte_data":{DATA}}}',
        ),
        (
            "jsonl_flat",
            f'{{"_airbyte_raw_id":"{RAW_ID}","_airbyte_extracted_at":1714979289123,'
            '"_airbyte_meta":{"sync_id":1,"changes":[]},"_airbyte_generation_id":1,'
            '"store_id":1,"manager_staff_id":1,"address_id":1,"last_update":"2006-02-15T09:45:30"}',
        ),
        (
            "jsonl_old",
            f'{{"_airbyte_ab_id":"{RAW_ID}","_airbyte_emitted_at":1714979289123,"_airbyte_data":{DATA}}}',
        ),
    ],
)
def test_line(tmp_path, envelope, line):
    write_landing({"store": [STORE]}, tmp_path, envelope=envelope, extracted_at=AT)
    assert lines(tmp_path, "store") == [line]


@pytest.mark.parametrize(
    ("envelope", "name"),
    [
        ("jsonl", "2024_05_06_1714979289123_0.jsonl"),
        ("jsonl_gzip", "2024_05_06_1714979289123_0.jsonl.gz"),
        ("jsonl_text", "2024_05_06_1714979289123_0.jsonl"),
        ("jsonl_flat", "2024_05_06_1714979289123_0.jsonl"),
        ("jsonl_old", "2024_05_06_1714979289123_0.jsonl"),
    ],
)
def test_file_name(tmp_path, envelope, name):
    write_landing({"store": [STORE]}, tmp_path, envelope=envelope, extracted_at=AT, namespace="other")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")] == [f"other/store/{name}"]


@pytest.mark.parametrize("envelope", FILE_ENVELOPES)
def test_every_line_of_every_stream_is_one_object(sample, tmp_path, envelope):
    write_landing(sample, tmp_path, envelope=envelope, extracted_at=AT)
    assert {path.name for path in (tmp_path / "public").iterdir()} == set(TABLES)
    for stream, rows in sample.items():
        landed = objects(tmp_path, stream)
        assert len(landed) == len(rows)
        assert {type(record) for record in landed} == {dict}


def test_many_rows_come_in_parts(tmp_path):
    rows = [{"category_id": str(key), "name": "a", "last_update": None} for key in range(20_001)]
    write_landing({"category": rows}, tmp_path, envelope="jsonl", extracted_at=AT)
    parts = [f"2024_05_06_1714979289123_{part}.jsonl" for part in range(3)]
    assert names(tmp_path, "category") == parts
    assert [(tmp_path / "public" / "category" / part).read_text().count("\n") for part in parts] == [10_000, 10_000, 1]
    landed = objects(tmp_path, "category")
    assert [record["_airbyte_data"]["category_id"] for record in landed] == list(range(20_001))
    assert len({record["_airbyte_raw_id"] for record in landed}) == 20_001


@pytest.mark.parametrize("envelope", FILE_ENVELOPES)
def test_same_landing_is_the_same_to_the_byte(tmp_path, envelope):
    for folder in ("first", "again"):
        write_landing({"store": [STORE]}, tmp_path / folder, envelope=envelope, extracted_at=AT)
    first, again = (path.read_bytes() for path in sorted(tmp_path.rglob("*.*")))
    assert first == again


def test_gzip_header_holds_no_time(tmp_path):
    write_landing({"store": [STORE]}, tmp_path, envelope="jsonl_gzip", extracted_at=AT)
    (file,) = tmp_path.rglob("*.gz")
    assert file.read_bytes()[4:8] == bytes(4)


def land_twice(folder, **second):
    write_landing({"store": [STORE], "staff": []}, folder, envelope="jsonl", extracted_at=AT)
    write_landing(
        {"store": [STORE], "staff": []},
        folder,
        envelope="jsonl",
        extracted_at=AT + timedelta(days=7),
        generation=2,
        **second,
    )


def test_second_generation_takes_the_place_of_the_first(tmp_path):
    land_twice(tmp_path)
    assert names(tmp_path) == ["2024_05_13_1715584089123_0.jsonl"]
    assert [record["_airbyte_generation_id"] for record in objects(tmp_path, "store")] == [2]


def test_interrupted_sync_leaves_two_generations_side_by_side(tmp_path):
    land_twice(tmp_path, interrupted=True)
    assert names(tmp_path) == ["2024_05_06_1714979289123_0.jsonl", "2024_05_13_1715584089123_0.jsonl"]
    assert [record["_airbyte_generation_id"] for record in objects(tmp_path, "store")] == [1, 2]


def test_sync_after_an_interrupted_one_leaves_its_own_generation_only(tmp_path):
    land_twice(tmp_path, interrupted=True)
    write_landing({"store": [STORE]}, tmp_path, envelope="jsonl", extracted_at=AT + timedelta(days=8), generation=3)
    assert [record["_airbyte_generation_id"] for record in objects(tmp_path, "store")] == [3]


def test_older_files_are_there_until_the_new_ones_are(tmp_path, monkeypatch):
    write_landing({"store": [STORE]}, tmp_path, envelope="jsonl", extracted_at=AT)

    def disk_full(*_):
        raise OSError

    monkeypatch.setattr(files.Path, "write_bytes", disk_full)
    with pytest.raises(OSError):  # noqa: PT011
        write_landing({"store": [STORE]}, tmp_path, envelope="jsonl", extracted_at=AT + timedelta(days=7))
    assert names(tmp_path) == ["2024_05_06_1714979289123_0.jsonl"]


def test_overwrite_in_the_same_millisecond_keeps_the_new_rows(tmp_path):
    write_landing({"store": [STORE]}, tmp_path, envelope="jsonl", extracted_at=AT)
    write_landing({"store": [STORE | {"address_id": "2"}]}, tmp_path, envelope="jsonl", extracted_at=AT, generation=2)
    assert names(tmp_path) == [f"2024_05_06_{MILLISECONDS}_1.jsonl"]
    assert [record["_airbyte_data"]["address_id"] for record in objects(tmp_path, "store")] == [2]


def test_append_in_the_same_millisecond_writes_over_nothing(tmp_path):
    for sync in (1, 2, 3):
        append_landing([Change("store", STORE)], tmp_path, envelope="jsonl", extracted_at=AT, sync=sync)
    assert names(tmp_path) == [f"2024_05_06_{MILLISECONDS}_{part}.jsonl" for part in range(3)]
    assert [record["_airbyte_meta"]["sync_id"] for record in objects(tmp_path, "store")] == [1, 2, 3]


def test_empty_stream_has_no_file_and_loses_the_older_ones(tmp_path):
    write_landing({"store": [STORE]}, tmp_path, envelope="jsonl", extracted_at=AT)
    write_landing({"store": []}, tmp_path, envelope="jsonl", extracted_at=AT + timedelta(days=7), generation=2)
    assert names(tmp_path) == []


def test_one_unfit_value_leaves_nothing_written(tmp_path):
    database = read_source("sample")
    database["store"][1]["last_update"] = "yesterday"
    with pytest.raises(SourceError, match=r"store\.last_update of store_id 2"):
        write_landing(database, tmp_path / "landing", envelope="jsonl", extracted_at=AT)
    assert not (tmp_path / "landing").exists()


def test_line_breaks_and_quotes_in_a_text_stay_in_their_line(tmp_path):
    odd = 'a\r\n"b"\t\\ \u2028 Ünïcode'
    row = {"category_id": "1", "name": odd, "last_update": None}
    write_landing({"category": [row]}, tmp_path, envelope="jsonl_flat", extracted_at=AT)
    (line,) = lines(tmp_path, "category")
    assert '"name":"a\\r\\n\\"b\\"\\t\\\\ \u2028 Ünïcode"' in line
    assert json.loads(line)["name"] == odd
