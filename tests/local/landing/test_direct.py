import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from deltalake import DeltaTable

from dvdrental.local.landing import Change, Unchanged, append_landing, write_landing
from dvdrental.local.landing.schema import TABLES
from tests.local.landing.landed import AT, STORE, columns, read

FILM = {
    "film_id": "384",
    "title": "Grosse Wonderful",
    "description": 'A Epic Drama of a Côte "d\'Or"',
    "release_year": "2006",
    "language_id": "1",
    "rental_duration": "5",
    "rental_rate": "4.99",
    "length": None,
    "replacement_cost": "19.00",
    "rating": "R",
    "last_update": "2013-05-26 14:50:58.951",
    "special_features": '{Trailers,"Deleted Scenes",NULL}',
    "fulltext": "'drama':5 'epic':4",
}
CUSTOMER = {
    "customer_id": "1",
    "store_id": "1",
    "first_name": "Mary",
    "last_name": "Smith",
    "email": None,
    "address_id": "5",
    "activebool": "t",
    "create_date": "2006-02-14",
    "last_update": "2013-05-26 14:49:45.738",
    "active": "1",
}


def land(folder, stream, row, **sync):
    write_landing({stream: [row]}, folder, envelope="direct", extracted_at=AT, **sync)
    return read(folder, stream)[0]


def without_technical(row):
    return {name: value for name, value in row.items() if not name.startswith("_airbyte")}


def test_one_table_a_stream_with_typed_columns(sample, tmp_path):
    write_landing(sample, tmp_path, envelope="direct", extracted_at=AT)
    assert {path.name for path in tmp_path.iterdir()} == set(TABLES)
    assert columns(tmp_path, "film") == [
        ("_airbyte_raw_id", "string"),
        ("_airbyte_extracted_at", "timestamp"),
        ("_airbyte_meta", "string"),
        ("_airbyte_generation_id", "long"),
        ("film_id", "long"),
        ("title", "string"),
        ("description", "string"),
        ("release_year", "string"),
        ("language_id", "long"),
        ("rental_duration", "long"),
        ("rental_rate", "decimal(38,10)"),
        ("length", "long"),
        ("replacement_cost", "decimal(38,10)"),
        ("rating", "string"),
        ("last_update", "timestamp_ntz"),
        ("special_features", "string"),
        ("fulltext", "string"),
    ]
    assert dict(columns(tmp_path, "customer"))["activebool"] == "boolean"
    assert dict(columns(tmp_path, "customer"))["create_date"] == "date"
    assert dict(columns(tmp_path, "staff"))["picture"] == "string"
    assert {stream: len(read(tmp_path, stream)) for stream in TABLES} == {
        stream: len(rows) for stream, rows in sample.items()
    }


def test_technical_columns(tmp_path):
    row = land(tmp_path, "store", STORE, generation=3)
    assert uuid.UUID(row["_airbyte_raw_id"]).version == 5
    assert row["_airbyte_extracted_at"] == AT
    assert row["_airbyte_meta"] == '{"sync_id":3,"changes":[]}'
    assert row["_airbyte_generation_id"] == 3


def test_timestamps_without_zone_are_a_feature_of_the_table(tmp_path):
    land(tmp_path, "store", STORE)
    protocol = DeltaTable(tmp_path / "store").protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (3, 7)
    assert protocol.reader_features == protocol.writer_features == ["timestampNtz"]


@pytest.mark.parametrize("spelling", ["jdbc", "wal", "v38"])
def test_values(tmp_path, spelling):
    assert without_technical(land(tmp_path, "film", FILM, spelling=spelling)) == {
        "film_id": 384,
        "title": "Grosse Wonderful",
        "description": 'A Epic Drama of a Côte "d\'Or"',
        "release_year": "2006",
        "language_id": 1,
        "rental_duration": 5,
        "rental_rate": Decimal("4.9900000000"),
        "length": None,
        "replacement_cost": Decimal("19.0000000000"),
        "rating": "R",
        "last_update": datetime(2013, 5, 26, 14, 50, 58, 951000),
        "special_features": '["Trailers","Deleted Scenes",null]',
        "fulltext": "'drama':5 'epic':4",
    }
    assert without_technical(land(tmp_path, "customer", CUSTOMER, spelling=spelling)) == {
        "customer_id": 1,
        "store_id": 1,
        "first_name": "Mary",
        "last_name": "Smith",
        "email": None,
        "address_id": 5,
        "activebool": True,
        "create_date": date(2006, 2, 14),
        "last_update": datetime(2013, 5, 26, 14, 49, 45, 738000),
        "active": 1,
    }


@pytest.mark.parametrize("odd", ["infinity", "3004-10-19 10:23:54.123456 BC"])
def test_value_that_the_type_cannot_hold_is_null_and_reported(tmp_path, odd):
    row = land(tmp_path, "store", STORE | {"last_update": odd})
    assert row["last_update"] is None
    assert row["_airbyte_meta"] == (
        '{"sync_id":1,"changes":[{"field":"last_update","change":"NULLED","reason":"DESTINATION_SERIALIZATION_ERROR"}]}'
    )


def test_cdc_columns_are_a_number_and_two_texts(tmp_path):
    write_landing({"store": [STORE]}, tmp_path, envelope="direct", extracted_at=AT, lsn=26469864)
    deletion = AT + timedelta(minutes=1)
    append_landing(
        [Change("store", {"store_id": "1"}, 26469900, deletion, deleted=True)],
        tmp_path,
        envelope="direct",
        extracted_at=AT + timedelta(hours=1),
    )
    assert columns(tmp_path, "store")[-3:] == [
        ("_ab_cdc_lsn", "decimal(38,10)"),
        ("_ab_cdc_updated_at", "string"),
        ("_ab_cdc_deleted_at", "string"),
    ]
    snapshot, deleted = sorted(read(tmp_path, "store"), key=lambda row: row["_ab_cdc_lsn"])
    assert snapshot["_ab_cdc_lsn"] == Decimal(26469864)
    assert snapshot["_ab_cdc_updated_at"] == "2024-05-06T07:08:09.123Z"
    assert snapshot["_ab_cdc_deleted_at"] is None
    assert without_technical(deleted) == {
        "store_id": 1,
        "manager_staff_id": 0,
        "address_id": 0,
        "last_update": None,
        "_ab_cdc_lsn": Decimal(26469900),
        "_ab_cdc_updated_at": "2024-05-06T07:09:09.123Z",
        "_ab_cdc_deleted_at": "2024-05-06T07:09:09.123Z",
    }


@pytest.mark.parametrize(
    ("lsn", "number"), [(26469864, Decimal(26469864)), (9999999, Decimal(9999999)), (2**53 + 1, Decimal(2**53))]
)
def test_lsn_that_came_through_a_double(tmp_path, lsn, number):
    assert land(tmp_path, "store", STORE, lsn=lsn, spelling="v38")["_ab_cdc_lsn"] == number


def test_table_without_cdc_columns_gets_them_with_the_first_change(tmp_path):
    land(tmp_path, "store", STORE)
    append_landing([Change("store", STORE, 27, AT)], tmp_path, envelope="direct", extracted_at=AT, sync=2)
    append_landing([Change("store", STORE)], tmp_path, envelope="direct", extracted_at=AT, sync=3)
    rows = sorted(read(tmp_path, "store"), key=lambda row: row["_airbyte_meta"])
    assert [row["_ab_cdc_lsn"] for row in rows] == [None, Decimal(27), None]


def test_placeholders_are_texts(tmp_path):
    change = Change("film", FILM | {"description": Unchanged.TEXT, "special_features": Unchanged.ARRAY}, 27, AT)
    append_landing([change], tmp_path, envelope="direct", extracted_at=AT)
    (row,) = read(tmp_path, "film")
    assert row["description"] == "__debezium_unavailable_value"
    assert row["special_features"] == '["__debezium_unavailable_value"]'
