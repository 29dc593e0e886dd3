import builtins

import psycopg
import pytest

from dvdrental.local.landing import SourceError, postgres, read_source


@pytest.fixture
def copy_of_dump(restored):
    """A database of its own with the real dump, to be changed by one test."""
    with psycopg.connect(restored.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE changed TEMPLATE dvdrental")
    yield restored.url("changed")
    with psycopg.connect(restored.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE changed")


def execute(url, *statements):
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def refused(url, secret="s3cret"):
    with pytest.raises(SourceError) as caught:
        read_source(url)
    message = str(caught.value)
    assert "\n" not in message
    assert secret not in message
    return message


def test_server_gives_what_the_archive_gives(restored, dump):
    assert read_source(restored.url("dvdrental")) == dump


def test_settings_of_the_database_do_not_show(copy_of_dump, dump):
    execute(
        copy_of_dump,
        "ALTER DATABASE changed SET datestyle = 'SQL, DMY'",
        "ALTER DATABASE changed SET bytea_output = 'escape'",
        "ALTER DATABASE changed SET timezone = 'Asia/Tokyo'",
        "ALTER DATABASE changed SET search_path = 'nowhere'",
    )
    assert read_source(copy_of_dump) == dump


def test_odd_text_comes_through_the_server(copy_of_dump):
    odd = "tab\t newline\n backslash\\ \\N Ünïcode €"
    with psycopg.connect(copy_of_dump) as connection:
        connection.execute("UPDATE film SET description = %s WHERE film_id = 1", [odd])
        connection.execute("UPDATE film SET description = '' WHERE film_id = 2")
        connection.execute("UPDATE film SET description = NULL WHERE film_id = 3")
    execute(copy_of_dump, "ALTER DATABASE changed SET client_encoding = 'LATIN9'")
    films = read_source(copy_of_dump)["film"]
    assert [film["description"] for film in films[:3]] == [odd, "", None]


def test_all_tables_are_read_at_one_instant(copy_of_dump, dump, monkeypatch):
    parse_rows = postgres.copytext.parse_rows

    def parse_while_others_write(*arguments):
        execute(copy_of_dump, "UPDATE staff SET username = 'new'", "UPDATE store SET address_id = 5")
        return parse_rows(*arguments)

    monkeypatch.setattr(postgres.copytext, "parse_rows", parse_while_others_write)
    assert read_source(copy_of_dump) == dump


def test_integer_wider_than_in_the_dump_is_no_other_database(copy_of_dump, dump):
    execute(copy_of_dump, "ALTER TABLE rental ALTER customer_id TYPE bigint")
    assert read_source(copy_of_dump)["rental"] == dump["rental"]


def test_other_types_are_named(copy_of_dump):
    execute(copy_of_dump, "ALTER TABLE payment ALTER payment_date TYPE timestamptz")
    message = refused(copy_of_dump)
    assert "payment.payment_date is timestamp with time zone instead of timestamp without time zone" in message


def test_missing_table_and_column_are_named(copy_of_dump):
    execute(copy_of_dump, "ALTER TABLE payment RENAME TO payments", "ALTER TABLE staff DROP COLUMN picture")
    message = refused(copy_of_dump)
    assert "/changed is not the DVD Rental database: it has no table payment, column staff.picture;" in message


def test_empty_database(server):
    assert "it has no table actor, table address," in refused(server.url("postgres"))


def test_user_without_rights(restored):
    execute(restored.url("dvdrental"), "CREATE ROLE clerk LOGIN PASSWORD 's3cret-of-clerk'")
    message = refused(restored.url("dvdrental", user="clerk", password="s3cret-of-clerk"))
    assert "permission denied for table actor" in message
    assert "GRANT SELECT ON ALL TABLES" in message


def test_wrong_password(server):
    message = refused(server.url("postgres", password="s3cret-but-wrong"))
    assert f"postgresql://127.0.0.1:{server.port}/postgres" in message
    assert "password authentication failed" in message


def test_unknown_database(server):
    assert 'database "nowhere" does not exist' in refused(server.url("nowhere"))


def test_no_server():
    message = refused("postgresql://ann:s3cret@127.0.0.1:1/dvdrental")
    assert "postgresql://127.0.0.1:1/dvdrental: " in message
    assert "refused" in message


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:s3cret@s3cret@127.0.0.1/dvdrental",
        "postgresql://ann:s3cret/s3cret@127.0.0.1/dvdrental",
        "postgresql://ann:s3cret?s3cret@127.0.0.1/dvdrental",
        "postgresql://ann:s3cret#s3cret@127.0.0.1/dvdrental",
        "postgresql://ann:s3cret%zz@127.0.0.1/dvdrental",
        "postgresql://ann:s3cret@[127.0.0.1/dvdrental",
        "postgresql://127.0.0.1/dvdrental?passwort=s3cret",
    ],
)
def test_url_that_cannot_be_understood(url):
    assert "percent-encoded" in refused(url) or "write @ as %40" in refused(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:s3cret@127.0.0.1:port/dvdrental",
        "postgresql://127.0.0.1:1/dvdrental?password=s3cret&sslmode=s3cret",
        "postgresql://ann:s3cret@127.0.0.1:1/dvdrental?connect_timeout=x",
    ],
)
def test_odd_parameter_is_refused_without_showing_the_password(url):
    refused(url)


def test_missing_driver_is_named(monkeypatch):
    real_import = builtins.__import__

    def without_psycopg(name, *arguments):
        if name == "psycopg":
            raise ImportError(name)
        return real_import(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_psycopg)
    assert "pip install 'psycopg[binary]'" in refused("postgresql://127.0.0.1:1/dvdrental")
