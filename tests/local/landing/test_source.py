import pytest

from dvdrental.local.landing import SourceError, read_source
from dvdrental.local.landing.schema import TABLES


def refused(source):
    with pytest.raises(SourceError) as caught:
        read_source(source)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_each_reading_gives_rows_of_its_own():
    edited = read_source("sample")
    edited["film"][0]["title"] = "Other"
    del edited["payment"][0]
    again = read_source("sample")
    assert again["film"][0]["title"] != "Other"
    assert len(again["payment"]) == len(edited["payment"]) + 1


def test_all_tables_with_their_columns_in_schema_order():
    database = read_source("sample")
    assert list(database) == list(TABLES)
    for table, rows in database.items():
        assert {tuple(row) for row in rows} == {tuple(TABLES[table].columns)}


@pytest.mark.parametrize("source", ["", "  ", "mysql://host/db", "jdbc:postgresql://host/db", "Sample", "a\nb"])
def test_unknown_source_says_what_is_possible(source):
    assert "give `sample`, the path of a pg_dump tar archive, or postgresql://" in refused(source)


@pytest.mark.parametrize(
    "source",
    [
        "mysql://ann:hunter2@host/db",
        "mysql://ann:hun@ter:hunter2@host/db",
        "jdbc:postgresql://host/db?user=ann&password=hunter2",
        "ann:hunter2@host/db",
        "postgresql:/ann:hunter2@host/db",
        "host=localhost user=ann password=hunter2",
        "host=localhost PASSWORD = 'hunter2' user=ann",
    ],
)
def test_no_password_in_the_message(source):
    message = refused(source)
    assert "hunter2" not in message
    assert "ter:" not in message
