"""Every bronze table against the dump: on a first landing the change log holds each source row once."""

import pytest

from tests.golden.compare import assert_same_rows

ROWS = {
    "actor": "SELECT * FROM source.actor",
    "address": "SELECT * FROM source.address",
    "category": "SELECT * FROM source.category",
    "city": "SELECT * FROM source.city",
    "country": "SELECT * FROM source.country",
    "customer": "SELECT * FROM source.customer",
    "film": "SELECT * EXCLUDE (language, category_id, category) FROM expected.film",
    "film_actor": "SELECT * FROM source.film_actor",
    "film_category": "SELECT * FROM source.film_category",
    "inventory": "SELECT * FROM source.inventory",
    "language": "SELECT * REPLACE (rtrim(name) AS name) FROM source.language",
    "payment": "SELECT * FROM source.payment",
    "rental": "SELECT * FROM source.rental",
    "staff": "SELECT * EXCLUDE (password, picture) FROM source.staff",
    "store": "SELECT * FROM source.store",
}


@pytest.mark.parametrize("stream", ROWS)
def test_whole_stream_equals_the_rows_of_the_dump(db, stream):
    business = [column for column in db.table(f"bronze.{stream}").columns if not column.startswith("_")]
    assert_same_rows(db, ROWS[stream], f"SELECT {', '.join(business)} FROM bronze.{stream}")


@pytest.mark.parametrize("stream", ROWS)
def test_no_event_is_a_delete_or_lost_a_value(db, stream):
    query = f"SELECT count(*) FROM bronze.{stream} WHERE _is_delete OR len(_changes) > 0"
    assert db.execute(query).fetchone() == (0,)
