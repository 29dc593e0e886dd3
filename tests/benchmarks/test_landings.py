"""The sample's landing blown up, and one sync later: what changes, and that nothing else does."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from benchmarks import landings
from benchmarks.peers.streams import COLUMNS, landed
from dvdrental.local.landing import Database, write_landing
from tests.landing import MORNING

COPIES = 3


@pytest.fixture
def landing(sample: Database, tmp_path: Path) -> Path:
    write_landing(sample, tmp_path / "landing", extracted_at=MORNING)
    return tmp_path / "landing"


@pytest.fixture
def grown(sample: Database, landing: Path, tmp_path: Path) -> Path:
    landings.grow(landing, tmp_path / "grown", COPIES * len(sample["rental"]))
    return tmp_path / "grown"


def rows(folder: Path, stream: str) -> list[dict[str, Any]]:
    return [dict(row) for row in DeltaTable(landed(folder, stream)).to_pyarrow_table().to_pylist()]


def payloads(folder: Path, stream: str) -> list[dict[str, Any]]:
    return [json.loads(row["_airbyte_data"]) for row in rows(folder, stream)]


def test_what_grows_has_ids_of_its_own_in_every_copy(sample: Database, grown: Path) -> None:
    for stream, ids in landings.SHIFTED.items():
        found = payloads(grown, stream)
        assert len({row[ids[0]] for row in found}) == len(found) == COPIES * len(sample[stream])
        assert len({row["_airbyte_raw_id"] for row in rows(grown, stream)}) == len(found)


def test_every_copy_refers_to_its_own_rows(sample: Database, grown: Path) -> None:
    """So that each join of the pipeline finds as much in every copy as in the sample."""
    for stream, column, parent in (
        ("rental", "customer_id", "customer"),
        ("rental", "inventory_id", "inventory"),
        ("payment", "rental_id", "rental"),
    ):
        used = Counter(row[column] for row in sample[stream])
        found = Counter(row[column] for row in payloads(grown, stream))
        assert Counter(found.values()) == Counter({n: COPIES * times for n, times in Counter(used.values()).items()})
        assert found.keys() <= {row[column] for row in payloads(grown, parent)}


def test_streams_of_films_and_places_stay(landing: Path, grown: Path) -> None:
    for stream in COLUMNS.keys() - landings.SHIFTED.keys():
        assert payloads(grown, stream) == payloads(landing, stream)


def test_a_refresh_lands_all_rows_again_and_changes_some_rentals(landing: Path) -> None:
    before = {stream: rows(landing, stream) for stream in COLUMNS}
    landings.refresh(landing, percent=1)
    for stream in COLUMNS:
        after = rows(landing, stream)
        assert not {row["_airbyte_raw_id"] for row in after} & {row["_airbyte_raw_id"] for row in before[stream]}
        assert min(row["_airbyte_extracted_at"] for row in after) > MORNING
        changed = differing(before[stream], after)
        chosen = [row for row in payloads(landing, "rental") if row["rental_id"] % 100 == 0]
        assert changed == (len(chosen) if stream == "rental" else 0)


def test_an_append_lands_the_changed_rentals_only(landing: Path) -> None:
    before = {stream: rows(landing, stream) for stream in COLUMNS}
    landings.append(landing, percent=1)
    added = [row for row in rows(landing, "rental") if row["_airbyte_extracted_at"] > MORNING]
    assert len(added) == sum(json.loads(row["_airbyte_data"])["rental_id"] % 100 == 0 for row in before["rental"])
    assert {json.loads(row["_airbyte_data"])["return_date"] for row in added} == {"2006-03-01T12:00:00"}
    assert all(rows(landing, stream) == before[stream] for stream in COLUMNS.keys() - {"rental"})


def differing(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> int:
    return (Counter(row["_airbyte_data"] for row in after) - Counter(row["_airbyte_data"] for row in before)).total()
