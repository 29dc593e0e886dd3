import re
import uuid
from datetime import datetime, timedelta, timezone

import duckdb
import pytest
from deltalake import DeltaTable

from dvdrental.bronze.envelope import v2_table_name
from dvdrental.local.landing import Change, SourceError, append_landing, read_source, write_landing
from dvdrental.local.landing.schema import TABLES
from tests.local.landing.landed import AT, FILE_ENVELOPES, STORE, columns, lines, payloads, read


def query(folder, stream, select):
    landed = DeltaTable(folder / v2_table_name("public", stream)).to_pyarrow_table()  # noqa: F841
    return duckdb.sql(f"SELECT {select} FROM (SELECT _airbyte_data AS d FROM landed)").fetchone()


@pytest.fixture(scope="module")
def landing(sample, tmp_path_factory):
    folder = tmp_path_factory.mktemp("landing")
    write_landing(sample, folder, extracted_at=AT, generation=3)
    return folder


@pytest.fixture(scope="module")
def real_landing(dump, tmp_path_factory):
    folder = tmp_path_factory.mktemp("landing")
    write_landing(dump, folder, extracted_at=AT)
    return folder


@pytest.mark.parametrize(
    ("namespace", "stream", "name"),
    [
        ("public", "film", "public_raw__stream_film"),
        ("public", "film_actor", "public_raw__stream_film_actor"),
        ("a__b", "c", "a__b_raw___stream_c"),
        ("a_", "_b", "a__raw___stream__b"),
        ("a", "b___c", "a_raw____stream_b___c"),
        ("Public", "Film-Actor é", "public_raw__stream_film_actor__"),
    ],
)
def test_raw_table_name(namespace, stream, name):
    assert v2_table_name(namespace, stream) == name


def test_v2_has_one_table_a_stream_with_the_columns_of_3x(landing):
    assert {path.name for path in landing.iterdir()} == {f"public_raw__stream_{stream}" for stream in TABLES}
    assert columns(landing, "public_raw__stream_store") == [
        ("_airbyte_raw_id", "string"),
        ("_airbyte_extracted_at", "timestamp"),
        ("_airbyte_loaded_at", "timestamp"),
        ("_airbyte_data", "string"),
        ("_airbyte_meta", "string"),
        ("_airbyte_generation_id", "long"),
    ]


def test_v2_row(landing):
    row = read(landing, "public_raw__stream_store")[0]
    assert uuid.UUID(row.pop("_airbyte_raw_id")).version == 5
    assert row == {
        "_airbyte_extracted_at": AT,
        "_airbyte_loaded_at": None,
        "_airbyte_data": '{"store_id":1,"manager_staff_id":1,"address_id":1,"last_update":"2006-02-15T09:45:30"}',
        "_airbyte_meta": '{"sync_id":3,"changes":[]}',
        "_airbyte_generation_id": 3,
    }


def test_v1_row_and_columns(sample, tmp_path):
    write_landing(sample, tmp_path, envelope="v1", extracted_at=AT)
    assert {path.name for path in tmp_path.iterdir()} == {f"_airbyte_raw_{stream}" for stream in TABLES}
    assert columns(tmp_path, "_airbyte_raw_category") == [
        ("_airbyte_ab_id", "string"),
        ("_airbyte_data", "string"),
        ("_airbyte_emitted_at", "timestamp"),
    ]
    row = read(tmp_path, "_airbyte_raw_category")[0]
    assert row["_airbyte_data"] == '{"category_id":1,"name":"Action","last_update":"2006-02-15T10:09:17"}'
    assert row["_airbyte_emitted_at"] == AT


@pytest.mark.parametrize(
    ("envelope", "missing"),
    [("v2_bare", {"_airbyte_meta", "_airbyte_generation_id"}), ("v2_2x", {"_airbyte_generation_id"})],
)
def test_v2_of_2x_is_v2_with_columns_less(sample, landing, tmp_path, envelope, missing):
    write_landing(sample, tmp_path, envelope=envelope, extracted_at=AT, generation=3)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in landing.iterdir()}
    for name in ("public_raw__stream_store", "public_raw__stream_film"):
        kept = [(column, kind) for column, kind in columns(landing, name) if column not in missing]
        assert columns(tmp_path, name) == kept
        assert read(tmp_path, name) == [
            {column: value for column, value in row.items() if column not in missing} for row in read(landing, name)
        ]


def texts(folder, envelope, stream):
    """The payloads as they stand in the table or file."""
    if envelope == "v1":
        return [row["_airbyte_data"] for row in read(folder, f"_airbyte_raw_{stream}")]
    if envelope == "jsonl_flat":
        return ["{" + re.fullmatch(r'{.+?"_airbyte_generation_id":\d+,(.+)', line)[1] for line in lines(folder, stream)]
    if envelope in FILE_ENVELOPES:
        return [re.fullmatch(r'{.+?"_airbyte_data":(.+)}', line)[1] for line in lines(folder, stream)]
    return payloads(folder, stream)


@pytest.mark.parametrize("envelope", ["v1", "v2_bare", "v2_2x", *FILE_ENVELOPES])
@pytest.mark.parametrize("spelling", ["jdbc", "wal", "v38"])
def test_every_envelope_has_the_same_payload_text(sample, tmp_path, envelope, spelling):
    sync = {"extracted_at": AT, "spelling": spelling, "lsn": 26469864}
    write_landing(sample, tmp_path / "v2", **sync)
    write_landing(sample, tmp_path / "other", envelope=envelope, **sync)
    for stream in TABLES:
        assert texts(tmp_path / "other", envelope, stream) == payloads(tmp_path / "v2", stream)


@pytest.mark.parametrize("envelope", ["v1", "v2_bare", "v2_2x", *FILE_ENVELOPES])
def test_every_envelope_has_the_same_changes(tmp_path, envelope):
    changes = [Change("store", STORE, 27, AT), Change("store", {"store_id": "1"}, 28, AT, deleted=True)]
    append_landing(changes, tmp_path / "v2", extracted_at=AT)
    append_landing(changes, tmp_path / "other", envelope=envelope, extracted_at=AT)
    assert texts(tmp_path / "other", envelope, "store") == payloads(tmp_path / "v2", "store")


def test_real_rows_as_airbyte_spells_them(real_landing):
    assert (
        '{"customer_id":524,"store_id":1,"first_name":"Jared","last_name":"Ely",'
        '"email":"jared.ely@sakilacustomer.org","address_id":530,"activebool":true,"create_date":"2006-02-14",'
        '"last_update":"2013-05-26T14:49:45.738","active":1}'
    ) in payloads(real_landing, "customer")
    assert (
        '{"film_id":384,"title":"Grosse Wonderful",'
        '"description":"A Epic Drama of a Cat And a Explorer who must Redeem a Moose in Australia",'
        '"release_year":"2006","language_id":1,"rental_duration":5,'
        '"rental_rate":4.99,"length":49,"replacement_cost":19.99,"rating":"R",'
        '"last_update":"2013-05-26T14:50:58.951","special_features":["Behind the Scenes"],"fulltext":"'
        "'australia':18 'cat':8 'drama':5 'epic':4 'explor':11 'gross':1 "
        "'moos':16 'must':13 'redeem':14 'wonder':2"
        '"}'
    ) in payloads(real_landing, "film")
    assert payloads(real_landing, "payment")[0] == (
        '{"payment_id":17503,"customer_id":341,"staff_id":2,"rental_id":1520,"amount":7.99,'
        '"payment_date":"2007-02-15T22:25:46.996577"}'
    )
    assert payloads(real_landing, "language")[0] == (
        '{"language_id":1,"name":"English             ","last_update":"2006-02-15T10:02:19"}'
    )
    assert payloads(real_landing, "staff")[0] == (
        '{"staff_id":1,"first_name":"Mike","last_name":"Hillyer","address_id":3,'
        '"email":"Mike.Hillyer@sakilastaff.com","store_id":1,"active":true,"username":"Mike",'
        '"password":"8cb2237d0679ca88db6464eac60da96345513964","last_update":"2006-05-16T16:13:11.793280",'
        '"picture":"\\\\x89504e470d0a5a0a"}'
    )
    assert payloads(real_landing, "address")[0] == (
        '{"address_id":1,"address":"47 MySakila Drive","address2":null,"district":"Alberta","city_id":300,'
        '"postal_code":"","phone":"","last_update":"2006-02-15T09:45:30"}'
    )


@pytest.mark.parametrize(
    ("stream", "select", "expected"),
    [
        ("rental", "count(*), count(*) FILTER (d->>'return_date' IS NULL)", (16044, 183)),
        (
            "rental",
            "min(d->>'rental_date'), max(d->>'rental_date')",
            ("2005-05-24T22:53:30", "2006-02-14T15:16:03"),
        ),
        ("rental", "count(*) FILTER (d->>'rental_date' LIKE '%:00.000000')", (285,)),
        ("payment", "count(*), sum((d->>'amount')::DECIMAL(7,2))::VARCHAR", (14596, "61312.04")),
        ("payment", "count(*) FILTER (d->>'payment_date' LIKE '2007-04%')", (6754,)),
        ("payment", "count(*) FILTER (d->>'amount' IN ('0.0', '0.00'))", (24,)),
        ("customer", "count(*), count(*) FILTER (d->>'active' = '1')", (599, 584)),
        ("customer", "count(*) FILTER (d->>'activebool' = 'true')", (599,)),
        ("inventory", "count(*), count(DISTINCT d->>'film_id')", (4581, 958)),
        ("film", "count(*), count(DISTINCT d->>'title')", (1000, 1000)),
        ("city", "count(*) FILTER (d->>'city' = 'London')", (2,)),
    ],
)
def test_golden_figures_of_the_real_dump_in_landing(real_landing, stream, select, expected):
    assert query(real_landing, stream, select) == expected


def test_raw_ids_are_unique_and_depend_on_sync_and_namespace_only(sample, tmp_path):
    def raw_ids(name, **sync):
        folder = tmp_path / name
        write_landing({"store": sample["store"], "staff": sample["staff"]}, folder, **sync)
        return frozenset(
            row["_airbyte_raw_id"] for table in sorted(folder.iterdir()) for row in read(folder, table.name)
        )

    first = raw_ids("first", extracted_at=AT)
    others = [
        raw_ids("later", extracted_at=AT + timedelta(seconds=1)),
        raw_ids("generation", extracted_at=AT, generation=2),
        raw_ids("namespace", extracted_at=AT, namespace="other"),
    ]
    assert raw_ids("again", extracted_at=AT) == first
    assert len(first.union(*others)) == 4 * len(first) == 16


def test_second_landing_replaces_the_first_in_one_commit(tmp_path):
    database = read_source("sample")
    write_landing(database, tmp_path, extracted_at=AT)
    database["film"] = [row | {"title": "Other"} for row in database["film"][:7]]
    write_landing(database, tmp_path, extracted_at=AT + timedelta(days=7), generation=2)
    films = read(tmp_path, "public_raw__stream_film")
    assert len(films) == 7
    assert {row["_airbyte_generation_id"] for row in films} == {2}
    assert all('"title":"Other"' in row["_airbyte_data"] for row in films)
    assert DeltaTable(tmp_path / "public_raw__stream_film").version() == 1


@pytest.mark.parametrize(
    ("envelope", "name"),
    [("v1", "_airbyte_raw_store"), ("v2", "public_raw__stream_store"), ("direct", "store")],
)
def test_interrupted_sync_leaves_the_table_as_it_was(tmp_path, envelope, name):
    later = {"envelope": envelope, "extracted_at": AT + timedelta(days=7), "generation": 2}
    write_landing({"store": [STORE]}, tmp_path, envelope=envelope, extracted_at=AT)
    before = read(tmp_path, name)

    write_landing({"store": [STORE, STORE]}, tmp_path, **later, interrupted=True)
    assert read(tmp_path, name) == before
    assert len(read(tmp_path, f"{name}_airbyte_tmp")) == 2

    write_landing({"store": [STORE, STORE]}, tmp_path, **later)
    assert len(read(tmp_path, name)) == 2
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_overwrite_replaces_the_columns_of_an_older_version_too(tmp_path):
    write_landing({"store": [STORE]}, tmp_path, envelope="v2_2x", extracted_at=AT)
    write_landing({"store": [STORE]}, tmp_path, extracted_at=AT)
    assert columns(tmp_path, "public_raw__stream_store")[-1] == ("_airbyte_generation_id", "long")
    assert [row["_airbyte_generation_id"] for row in read(tmp_path, "public_raw__stream_store")] == [1]


@pytest.mark.parametrize("envelope", ["v1", "v2_bare", "v2_2x", "v2", "direct"])
def test_empty_stream_gets_its_columns(sample, tmp_path, envelope):
    write_landing({"store": sample["store"]}, tmp_path / "full", envelope=envelope, extracted_at=AT)
    write_landing({"store": []}, tmp_path / "empty", envelope=envelope, extracted_at=AT)
    (name,) = (path.name for path in (tmp_path / "empty").iterdir())
    assert columns(tmp_path / "empty", name) == columns(tmp_path / "full", name)


def test_empty_stream_gets_its_table(tmp_path):
    write_landing({"payment": []}, tmp_path, extracted_at=AT)
    assert read(tmp_path, "public_raw__stream_payment") == []


def test_one_unfit_value_leaves_nothing_written(tmp_path):
    database = read_source("sample")
    database["store"][1]["last_update"] = "yesterday"
    with pytest.raises(SourceError, match=r"store\.last_update of store_id 2"):
        write_landing(database, tmp_path / "landing", extracted_at=AT)
    assert not (tmp_path / "landing").exists()


def test_extracted_at_of_another_zone_is_one_instant_in_milliseconds(sample, tmp_path):
    local = datetime(2024, 5, 6, 9, 8, 9, 123999, tzinfo=timezone(timedelta(hours=2)))
    write_landing({"store": sample["store"]}, tmp_path, extracted_at=local)
    assert {row["_airbyte_extracted_at"] for row in read(tmp_path, "public_raw__stream_store")} == {AT}


def test_extracted_at_without_zone_is_refused(sample, tmp_path):
    with pytest.raises(ValueError, match="time zone"):
        write_landing(sample, tmp_path, extracted_at=datetime(2024, 5, 6))
