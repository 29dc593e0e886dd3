"""A large landing of which one row in a hundred is new: only those are parsed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import write_deltalake

from dvdrental.bronze.ingest import ingest
from dvdrental.lake import Lake
from dvdrental.local.session import register
from dvdrental.ops import Step
from tests.landing import MORNING, folder, syncing
from tests.sizes import size

pytestmark = pytest.mark.skipif(
    not size(False, True), reason="a million rows (few are read in test_modes.py): DVDRENTAL_LONG=1 asks for it"
)

ROWS = 1_000_000
NEW = ROWS // 100


def land_cities(lake: Lake, *parts: pa.Table, mode: str) -> None:
    write_deltalake(folder(lake) / "public_raw__stream_city", pa.concat_tables(parts), mode=mode)
    register(lake.spark, folder(lake).parent)


def cities(keys: Sequence[int], name: str, at: datetime) -> pa.Table:
    """Rows of a raw table, whose ids differ from sync to sync."""
    numbers = pc.cast(pa.array(keys, pa.int32()), pa.string())
    rest = f' {name}","country_id":1,"last_update":"2006-02-15T09:45:25"}}'
    payloads = pc.binary_join_element_wise('{"city_id":', numbers, ',"city":"', numbers, rest, "")
    columns = {
        "_airbyte_raw_id": pc.binary_join_element_wise(numbers, str(at), "/"),
        "_airbyte_extracted_at": pa.repeat(pa.scalar(at, pa.timestamp("us", tz="UTC")), len(keys)),
        "_airbyte_data": payloads,
    }
    return pa.table(columns)


def take_in(lake: Lake) -> Step:
    return ingest(lake, ["city"])[0]


def test_of_an_appended_landing_only_the_new_rows_are_parsed(lake: Lake) -> None:
    lake = syncing(lake, "append")
    land_cities(lake, cities(range(NEW, ROWS), "old", MORNING), mode="overwrite")
    assert take_in(lake).rows_inserted == ROWS - NEW
    land_cities(lake, cities(range(NEW), "new", MORNING + timedelta(days=1)), mode="append")
    step = take_in(lake)
    assert (step.rows_landed, step.rows_parsed, step.rows_inserted) == (NEW, NEW, NEW)
    assert lake.changes("city").count() == ROWS


def test_of_a_snapshot_only_the_changed_payloads_are_parsed(lake: Lake) -> None:
    land_cities(lake, cities(range(ROWS), "old", MORNING), mode="overwrite")
    assert take_in(lake).rows_inserted == ROWS
    later = MORNING + timedelta(days=1)
    land_cities(lake, cities(range(NEW, ROWS), "old", later), cities(range(NEW), "new", later), mode="overwrite")
    step = take_in(lake)
    assert (step.rows_landed, step.rows_parsed, step.rows_duplicate) == (ROWS, NEW, ROWS - NEW)
    assert (step.rows_inserted, step.rows_after) == (NEW, ROWS)
    assert lake.changes("city").count() == ROWS + NEW
