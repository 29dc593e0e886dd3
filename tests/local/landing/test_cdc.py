import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from dvdrental.local.landing import Change, Unchanged, append_landing, write_landing
from tests.local.landing.landed import AT, STORE, columns, objects, payloads, read

COMMIT = datetime(2024, 1, 1, 0, 0, 0, 123000, tzinfo=UTC)
CATEGORY = {"category_id": "7", "name": "Drama", "last_update": "2006-02-15 09:46:27"}


def append(folder, *changes, **sync):
    append_landing(changes, folder, extracted_at=AT, **sync)


@pytest.mark.parametrize(
    ("spelling", "fields"),
    [
        ("jdbc", '"_ab_cdc_lsn":26469864,"_ab_cdc_updated_at":"2024-05-06T07:08:09.123456Z"'),
        ("v38", '"_ab_cdc_lsn":2.6469864E7,"_ab_cdc_updated_at":"2024-05-06T07:08:09.123456Z"'),
    ],
)
def test_snapshot_row_has_the_lsn_and_the_start_of_its_sync(tmp_path, spelling, fields):
    start = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    write_landing({"store": [STORE]}, tmp_path, extracted_at=start, lsn=26469864, spelling=spelling)
    assert payloads(tmp_path, "store") == [
        '{"store_id":1,"manager_staff_id":1,"address_id":1,"last_update":"2006-02-15T09:45:30",'
        + fields
        + ',"_ab_cdc_deleted_at":null}'
    ]


@pytest.mark.parametrize(
    ("spelling", "payload"),
    [
        (
            "wal",
            '{"category_id":7,"name":"Drama","last_update":"2006-02-15T09:46:27.000000","_ab_cdc_lsn":26469864,'
            '"_ab_cdc_updated_at":"2024-01-01T00:00:00.123Z","_ab_cdc_deleted_at":null}',
        ),
        (
            "v38",
            '{"category_id":7,"name":"Drama","last_update":"2006-02-15T09:46:27","_ab_cdc_lsn":2.6469864E7,'
            '"_ab_cdc_updated_at":"2024-01-01T00:00:00.123000Z","_ab_cdc_deleted_at":null}',
        ),
    ],
)
def test_change(tmp_path, spelling, payload):
    append(tmp_path, Change("category", CATEGORY, 26469864, COMMIT), spelling=spelling)
    assert payloads(tmp_path, "category") == [payload]


@pytest.mark.parametrize(
    ("spelling", "payload"),
    [
        (
            "wal",
            '{"payment_id":17503,"customer_id":0,"staff_id":0,"rental_id":0,"amount":"0","payment_date":null,'
            '"_ab_cdc_lsn":27,"_ab_cdc_updated_at":"2024-01-01T00:00:00.123Z",'
            '"_ab_cdc_deleted_at":"2024-01-01T00:00:00.123Z"}',
        ),
        (
            "v38",
            '{"payment_id":17503,"customer_id":0,"staff_id":0,"rental_id":0,"amount":0,"payment_date":null,'
            '"_ab_cdc_lsn":27.0,"_ab_cdc_updated_at":"2024-01-01T00:00:00.123000Z",'
            '"_ab_cdc_deleted_at":"2024-01-01T00:00:00.123000Z"}',
        ),
    ],
)
def test_delete_has_its_key_and_made_up_values(tmp_path, spelling, payload):
    row = {
        "payment_id": "17503",
        "customer_id": "341",
        "staff_id": "2",
        "rental_id": "1520",
        "amount": "7.99",
        "payment_date": "2007-02-15 22:25:46.996577",
    }
    append(tmp_path, Change("payment", row, 27, COMMIT, deleted=True), spelling=spelling)
    assert payloads(tmp_path, "payment") == [payload]


def test_delete_makes_up_a_value_of_each_type(tmp_path):
    append(tmp_path, Change("staff", {"staff_id": "2"}, 27, COMMIT, deleted=True))
    append(tmp_path, Change("film", {"film_id": "5"}, 28, COMMIT, deleted=True))
    append(tmp_path, Change("film_actor", {"actor_id": "1", "film_id": "5"}, 29, COMMIT, deleted=True))
    assert payloads(tmp_path, "staff")[0].startswith(
        '{"staff_id":2,"first_name":"","last_name":"","address_id":0,"email":"","store_id":0,"active":false,'
        '"username":"","password":"","last_update":null,"picture":null,"_ab_cdc_lsn":27,'
    )
    assert payloads(tmp_path, "film")[0].startswith(
        '{"film_id":5,"title":"","description":"","release_year":null,"language_id":0,"rental_duration":0,'
        '"rental_rate":"0","length":0,"replacement_cost":"0","rating":null,"last_update":null,'
        '"special_features":null,"fulltext":"","_ab_cdc_lsn":28,'
    )
    assert payloads(tmp_path, "film_actor")[0].startswith('{"actor_id":1,"film_id":5,"last_update":null,')


def test_rows_of_a_cursor_sync_have_no_cdc_fields(tmp_path):
    append(tmp_path, Change("category", CATEGORY), spelling="jdbc")
    assert payloads(tmp_path, "category") == ['{"category_id":7,"name":"Drama","last_update":"2006-02-15T09:46:27"}']


@pytest.mark.parametrize(
    ("lsn", "in_37", "in_38"),
    [
        (27, "27", "27.0"),
        (9999999, "9999999", "9999999.0"),
        (10000000, "10000000", "1.0E7"),
        (26469864, "26469864", "2.6469864E7"),
        (117440512000, "117440512000", "1.17440512E11"),
        (9007199254740993, "9007199254740993", "9.007199254740992E15"),
    ],
)
def test_lsn(tmp_path, lsn, in_37, in_38):
    append(tmp_path, Change("category", CATEGORY, lsn, COMMIT), spelling="wal")
    append(tmp_path, Change("category", CATEGORY, lsn, COMMIT), spelling="v38", sync=2)
    landed = payloads(tmp_path, "category")
    assert sum(f'"_ab_cdc_lsn":{in_37},' in payload for payload in landed) == 1
    assert sum(f'"_ab_cdc_lsn":{in_38},' in payload for payload in landed) == 1


@pytest.mark.parametrize(
    ("at", "in_37", "in_38"),
    [
        (datetime(2024, 1, 1, tzinfo=UTC), "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000000Z"),
        (COMMIT, "2024-01-01T00:00:00.123Z", "2024-01-01T00:00:00.123000Z"),
        (COMMIT.replace(microsecond=120000), "2024-01-01T00:00:00.120Z", "2024-01-01T00:00:00.120000Z"),
        (COMMIT.replace(microsecond=123450), "2024-01-01T00:00:00.123450Z", "2024-01-01T00:00:00.123450Z"),
        (
            datetime(2024, 1, 1, 2, 0, 10, tzinfo=timezone(timedelta(hours=2))),
            "2024-01-01T00:00:10Z",
            "2024-01-01T00:00:10.000000Z",
        ),
    ],
)
def test_time_of_a_commit(tmp_path, at, in_37, in_38):
    append(tmp_path, Change("category", CATEGORY, 27, at), spelling="wal")
    append(tmp_path, Change("category", CATEGORY, 27, at), spelling="v38", sync=2)
    landed = {json.loads(payload)["_ab_cdc_updated_at"] for payload in payloads(tmp_path, "category")}
    assert landed == {in_37, in_38}


@pytest.mark.parametrize(
    ("placeholder", "stream", "column", "token"),
    [
        (Unchanged.TEXT, "film", "description", '"__debezium_unavailable_value"'),
        (Unchanged.TEXT, "customer", "email", '"__debezium_unavailable_value"'),
        (Unchanged.OBJECT, "film", "fulltext", '"java.lang.Object@2c5e36a7"'),
        (Unchanged.ARRAY, "film", "special_features", '["__debezium_unavailable_value"]'),
        (
            Unchanged.BYTEA,
            "staff",
            "picture",
            r'"\\x5f5f646562657a69756d5f756e617661696c61626c655f76616c7565"',
        ),
    ],
)
@pytest.mark.parametrize("spelling", ["wal", "v38"])
def test_value_that_was_not_sent(sample, tmp_path, spelling, placeholder, stream, column, token):
    row = sample[stream][0] | {column: placeholder}
    append(tmp_path, Change(stream, row, 27, COMMIT), spelling=spelling)
    assert f'"{column}":{token}' in payloads(tmp_path, stream)[0]


def test_changes_add_to_what_is_there(tmp_path):
    write_landing({"category": [CATEGORY]}, tmp_path, extracted_at=AT, lsn=20, generation=4)
    append(
        tmp_path,
        Change("category", CATEGORY | {"name": "Comedy"}, 27, COMMIT),
        Change("store", STORE, 27, COMMIT),
        Change("category", {"category_id": "7"}, 28, COMMIT, deleted=True),
        generation=4,
        sync=9,
    )
    landed = read(tmp_path, "public_raw__stream_category")
    by_lsn = {json.loads(row["_airbyte_data"])["_ab_cdc_lsn"]: row for row in landed}
    assert sorted(by_lsn) == [20, 27, 28]
    assert by_lsn[20]["_airbyte_meta"] == '{"sync_id":4,"changes":[]}'
    assert by_lsn[28]["_airbyte_meta"] == '{"sync_id":9,"changes":[]}'
    assert {row["_airbyte_generation_id"] for row in landed} == {4}
    assert {row["_airbyte_extracted_at"] for row in landed} == {AT}
    assert {row["_airbyte_loaded_at"] for row in landed} == {None}
    assert len(payloads(tmp_path, "store")) == 1


def test_changes_of_one_sync_come_in_their_order(tmp_path):
    changes = [Change("category", CATEGORY | {"name": name}, lsn, COMMIT) for lsn, name in enumerate("cab", start=27)]
    append(tmp_path, *changes, envelope="jsonl")
    assert [record["_airbyte_data"]["name"] for record in objects(tmp_path, "category")] == ["c", "a", "b"]


def raw_ids(folder, *changes, **sync):
    append(folder, *changes, **sync)
    return {row["_airbyte_raw_id"] for row in read(folder, "public_raw__stream_category")}


def test_redelivery_gets_new_raw_ids(tmp_path):
    change = Change("category", CATEGORY, 27, COMMIT)
    first = raw_ids(tmp_path / "first", change)
    assert raw_ids(tmp_path / "again", change) == first
    assert raw_ids(tmp_path / "sync", change, sync=2).isdisjoint(first)
    assert raw_ids(tmp_path / "generation", change, generation=2).isdisjoint(first)
    assert len(raw_ids(tmp_path / "twice", change, change)) == 2


def test_raw_ids_do_not_depend_on_the_order_of_changes(tmp_path):
    one, other = Change("category", CATEGORY, 27, COMMIT), Change("category", CATEGORY, 28, COMMIT)
    assert raw_ids(tmp_path / "first", one, other) == raw_ids(tmp_path / "second", other, one)


def test_both_kinds_of_rows_of_2x_and_3x_in_one_table(tmp_path):
    append(tmp_path, Change("category", CATEGORY), envelope="v2_bare")
    append(tmp_path, Change("category", CATEGORY), envelope="v2_2x", sync=2)
    append(tmp_path, Change("category", CATEGORY), envelope="v2", sync=3)
    rows = read(tmp_path, "public_raw__stream_category")
    assert {(row["_airbyte_meta"], row["_airbyte_generation_id"]) for row in rows} == {
        (None, None),
        ('{"sync_id":2,"changes":[]}', None),
        ('{"sync_id":3,"changes":[]}', 1),
    }
    assert [name for name, _ in columns(tmp_path, "public_raw__stream_category")] == [
        "_airbyte_raw_id",
        "_airbyte_extracted_at",
        "_airbyte_loaded_at",
        "_airbyte_data",
        "_airbyte_meta",
        "_airbyte_generation_id",
    ]


def test_38_gives_infinity_as_null_and_reports_it(tmp_path):
    row = CATEGORY | {"name": "infinity", "last_update": "-infinity"}
    append(tmp_path, Change("category", row), spelling="v38")
    (landed,) = read(tmp_path, "public_raw__stream_category")
    assert landed["_airbyte_data"] == '{"category_id":7,"name":"infinity","last_update":null}'
    assert landed["_airbyte_meta"] == (
        '{"sync_id":1,"changes":[{"field":"last_update","change":"NULLED","reason":"SOURCE_SERIALIZATION_ERROR"}]}'
    )


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"lsn": 27}, "belong together"),
        ({"at": COMMIT}, "belong together"),
        ({"deleted": True}, "only CDC sees deletes"),
        ({"lsn": 27, "at": datetime(2024, 1, 1)}, "time zone"),
    ],
)
def test_change_that_no_sync_delivers_is_refused(odd, reason):
    with pytest.raises(ValueError, match=reason):
        Change("category", CATEGORY, **odd)


def test_extracted_at_without_zone_is_refused(tmp_path):
    with pytest.raises(ValueError, match="extracted_at needs a time zone"):
        append_landing([Change("category", CATEGORY)], tmp_path, extracted_at=datetime(2024, 1, 1))
    assert list(tmp_path.iterdir()) == []
