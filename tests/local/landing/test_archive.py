import os

import pytest

from dvdrental.local.landing import SourceError, read_source

from .archives import dump_members, pack


@pytest.fixture(scope="module")
def members(sample):
    return dump_members(sample)


def refused(path):
    with pytest.raises(SourceError) as caught:
        read_source(str(path))
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def outcome(path):
    try:
        return read_source(str(path))
    except SourceError:
        return "refused"


def test_real_dump_has_all_rows_in_key_order(dump):
    counts = {table: len(rows) for table, rows in dump.items()}
    assert counts == {
        "actor": 200,
        "address": 603,
        "category": 16,
        "city": 600,
        "country": 109,
        "customer": 599,
        "film": 1000,
        "film_actor": 5462,
        "film_category": 1000,
        "inventory": 4581,
        "language": 6,
        "payment": 14596,
        "rental": 16044,
        "staff": 2,
        "store": 2,
    }
    assert [row["rental_id"] for row in dump["rental"][:4]] == ["1", "2", "3", "4"]
    assert dump["rental"][-1]["rental_id"] == "16049"


def test_real_dump_keeps_null_beside_empty_text(dump):
    addresses = dump["address"]
    assert [row["address_id"] for row in addresses if row["address2"] is None] == ["1", "2", "3", "4"]
    assert sum(row["address2"] == "" for row in addresses) == 599
    assert sum(row["postal_code"] == "" for row in addresses) == 4
    assert sum(row["return_date"] is None for row in dump["rental"]) == 183
    assert [row["picture"] for row in dump["staff"]] == [r"\x89504e470d0a5a0a", None]


def test_real_row_as_it_stands_in_the_dump(dump):
    assert dump["store"][0] == {
        "store_id": "1",
        "manager_staff_id": "1",
        "address_id": "1",
        "last_update": "2006-02-15 09:57:12",
    }


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_packed_rows_come_back(members, sample, tmp_path, mode):
    assert read_source(str(pack(members, tmp_path / "dvdrental.tar", mode))) == sample


def test_rows_are_sorted_by_key(members, sample, tmp_path):
    turned = {table: rows[::-1] for table, rows in sample.items()}
    assert read_source(str(pack(dump_members(turned), tmp_path / "a.tar"))) == sample


def test_older_script_other_column_order_and_further_columns_are_read(sample, tmp_path):
    changed = {table: [dict(reversed(row.items())) | {"note": "x"} for row in rows] for table, rows in sample.items()}
    members = dump_members(changed | {"extra": [{"a": "1"}]})
    members["restore.sql"] = members["restore.sql"].replace(b"COPY public.", b"COPY ").replace(b"\n", b"\r\n")
    database = read_source(str(pack(members, tmp_path / "a.tar")))
    assert database == sample
    assert list(database["rental"][0]) == list(sample["rental"][0])


def test_archive_packed_from_its_folder_is_read(members, sample, tmp_path):
    dotted = {f"./{name}": content for name, content in members.items()}
    assert read_source(str(pack(dotted, tmp_path / "a.tar"))) == sample


def test_missing_file(tmp_path):
    assert "no such file; give `sample`" in refused(tmp_path / "nothing.tar")


def test_folder_names_the_way_to_pack_it(tmp_path):
    assert f"tar -cf dvdrental.tar -C {tmp_path} ." in refused(tmp_path)


def test_file_without_permission(tmp_path):
    path = tmp_path / "locked.tar"
    path.touch(mode=0o000)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        message = refused(path)
    finally:
        if root:
            os.seteuid(0)
    assert "Permission denied" in message


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"", "not a tar archive"),
        (b"CREATE TABLE actor ();\n" * 100, "not a tar archive"),
        (b"PGDMP\x01\x0e\x00" + b"x" * 2000, "custom format: name another file, or dump again"),
        (b"PK\x03\x04" + b"x" * 2000, "a zip file: unzip it"),
    ],
)
def test_no_tar(tmp_path, content, hint):
    path = tmp_path / "dvdrental.tar"
    path.write_bytes(content)
    assert hint in refused(path)


def test_tar_of_something_else(tmp_path):
    assert "without restore.sql" in refused(pack({"holiday.jpg": b"x"}, tmp_path / "a.tar"))


def test_tar_of_the_extracted_folder_names_the_fix(members, tmp_path):
    folder = {f"dvdrental/{name}": content for name, content in members.items()}
    mac = {"._dvdrental": b"x", "dvdrental/._toc.dat": b"x"}
    path = pack(mac | folder, tmp_path / "a.tar")
    assert f"run `tar -xf {path}`, then `tar -cf fixed.tar -C dvdrental .`" in refused(path)


def test_tar_around_the_tar_names_the_fix(members, tmp_path):
    inner = pack(members, tmp_path / "dvdrental.tar").read_bytes()
    path = pack({"._dvdrental.tar": b"x", "dvdrental.tar": inner}, tmp_path / "a.tar")
    assert "give dvdrental.tar" in refused(path)


def test_missing_tables_and_columns_are_named(members, tmp_path):
    script = members["restore.sql"].replace(b"public.payment ", b"public.payment_p2022_01 ")
    script = script.replace(b"fulltext", b"search")
    message = refused(pack(members | {"restore.sql": script}, tmp_path / "pagila.tar"))
    assert "is not the DVD Rental database: it has no table payment, column film.fulltext;" in message
    assert "Pagila" in message


def test_dump_without_copy_data_says_how_to_dump_again(members, tmp_path):
    script = b"SET client_encoding = 'UTF8';\nCREATE TABLE public.actor (actor_id integer);\n\\i $$PATH$$/3001.dat\n"
    message = refused(pack(members | {"restore.sql": script}, tmp_path / "inserts.tar"))
    assert "holds no COPY data: dump again with `pg_dump --format=tar`, without --inserts" in message


def test_other_encoding_is_named(members, tmp_path):
    script = members["restore.sql"].replace(b"'UTF8'", b"'LATIN1'")
    message = refused(pack(members | {"restore.sql": script}, tmp_path / "a.tar"))
    assert "LATIN1: dump again with --encoding=UTF8" in message


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_archive_cut_anywhere_is_refused_or_complete(members, sample, tmp_path, mode):
    whole = pack(members, tmp_path / "whole.tar", mode).read_bytes()
    path = tmp_path / "cut.tar"
    for size in [*range(1000, len(whole), len(whole) // 25), len(whole) - 11]:
        path.write_bytes(whole[:size])
        assert outcome(path) in ("refused", sample)


@pytest.mark.parametrize("size", [300_000, 1_400_000, 2_700_000, 2_780_000, 2_790_000])
def test_real_dump_cut_off_is_refused(dump_path, tmp_path, size):
    path = tmp_path / "cut.tar"
    path.write_bytes(dump_path.read_bytes()[:size])
    assert "cut off or damaged: download it again" in refused(path)


@pytest.mark.parametrize(
    "content",
    [
        b"1\tEnglish\t2006-02-15 10:02:19\n",
        b"1\tEnglish\n\\.\n",
        b"1\t\xff\t2006-02-15 10:02:19\n\\.\n",
        b"one\tEnglish\t2006-02-15 10:02:19\n\\.\n",
        b"\\N\tEnglish\t2006-02-15 10:02:19\n\\.\n",
    ],
    ids=["no end mark", "too few fields", "not UTF-8", "key is no number", "key is null"],
)
def test_damaged_rows_name_their_table(members, sample, tmp_path, content):
    member = f"{3001 + list(sample).index('language')}.dat"
    message = refused(pack(members | {member: content}, tmp_path / "a.tar"))
    assert f"language ({member})" in message


def test_missing_data_member(members, tmp_path):
    path = pack({name: content for name, content in members.items() if name != "3003.dat"}, tmp_path / "a.tar")
    assert "cut off or damaged" in refused(path)
