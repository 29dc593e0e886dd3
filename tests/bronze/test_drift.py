"""Fields of the landing that the stream does not have, lacks, or has with another type."""

from datetime import timedelta

from dvdrental.bronze.drift import fields_of, sql_type, warnings
from dvdrental.bronze.ingest import ingest
from dvdrental.bronze.streams import STREAMS, column_names
from dvdrental.lake import Lake
from dvdrental.ops import STEP
from tests.landing import MORNING, land_raw

OLD = '{"category_id":1,"name":"A","last_update":"2006-02-15T09:46:27"}'
WIDER = '{"category_id":1,"name":"A","last_update":"2006-02-15T09:46:27","sort order":7,"note":"x-ray"}'
NARROWER = '{"category_id":1,"last_update":"2006-02-15T09:46:27"}'


def test_promise_23_new_field_is_kept_and_reported_with_the_line_to_add(lake: Lake) -> None:
    land_raw(lake, "category", [OLD])
    ingest(lake, ["category"])
    land_raw(lake, "category", [WIDER], MORNING + timedelta(days=7))
    step = ingest(lake, ["category"])[0]
    assert step.warnings == [
        "new field 'sort order', kept in _rescued; for a column add to category in streams.py: "
        "sort_order BIGINT COMMENT '...'",
        "new field 'note', kept in _rescued; for a column add to category in streams.py: note STRING COMMENT '...'",
    ]
    kept = lake.changes("category").filter("_batch = 2").collect()[0]._rescued
    assert kept == '{"sort order":"7","note":"x-ray"}'
    assert lake.table(STEP).filter("size(warnings) = 2").count() == 1


def test_missing_field_is_reported() -> None:
    assert warnings(fields_of(NARROWER), STREAMS["category"]) == [
        "field 'name' is missing: its column is NULL from now on"
    ]


def test_field_of_another_type_is_reported_with_its_count(lake: Lake) -> None:
    rows = [f'{{"category_id":{n},"name":"A","last_update":"yesterday"}}' for n in (1, 2)]
    land_raw(lake, "category", rows)
    assert ingest(lake, ["category"])[0].warnings == [
        "column last_update: 2 values are no TIMESTAMP_NTZ and became NULL; "
        "if the source changed its type, correct it in category in streams.py and drop "
        "bronze.category: it is made anew, but for what is no longer in the landing"
    ]


def test_secret_and_airbyte_fields_are_no_news() -> None:
    staff = STREAMS["staff"]
    fields = dict.fromkeys([*staff.source_names, *staff.secrets, "_ab_cdc_cursor", "_airbyte_raw_id"])
    assert warnings(fields, staff) == []


def test_type_is_read_from_the_value() -> None:
    numbers = [True, 7, 1.5, ["a"], None]
    assert [sql_type(value) for value in numbers] == ["BOOLEAN", "BIGINT", "DECIMAL(38,10)", "ARRAY<STRING>", "STRING"]
    texts = ["2006-02-15", "2006-02-15T09:46:27", "2006-02-15T09:46:27Z", "x"]
    assert [sql_type(value) for value in texts] == ["DATE", "TIMESTAMP_NTZ", "TIMESTAMP", "STRING"]


def test_column_names_are_plain_and_differ() -> None:
    assert column_names(["a b", "a_b", "A-B", "c"]) == {"a b": "a_b", "a_b": "a_b_1", "A-B": "A_B_2", "c": "c"}
