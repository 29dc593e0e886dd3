"""The three weeks of the demonstration: what is new in each, and (in the long run) what it prints."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dvdrental.local import story
from dvdrental.local.landing import Database
from tests.local_lake import ROOT
from tests.sizes import size


def new(after: Database, before: Database, table: str) -> list[dict[str, str | None]]:
    return [row for row in after[table] if row not in before[table]]


def test_second_week_brings_five_returns_a_move_a_rental_and_a_broken_row(sample: Database) -> None:
    second = story.second_week(sample)
    (moved,) = new(second, sample, "customer")
    rentals = {row["rental_id"]: row for row in new(second, sample, "rental")}
    address = {row["address_id"]: row["city_id"] for row in sample["address"]}
    was = next(row for row in sample["customer"] if row["customer_id"] == moved["customer_id"])
    assert address[moved["address_id"]] != address[was["address_id"]]
    assert len(rentals) == 7
    assert rentals[story.AFTER]["rental_date"] > moved["last_update"]
    broken = rentals.pop(story.BROKEN)
    assert broken["return_date"] < broken["rental_date"]
    assert len(second["rental"]) == len(sample["rental"]) + 2


def test_third_week_brings_the_row_put_right_and_one_from_before_the_move(sample: Database) -> None:
    second = story.second_week(sample)
    right, late = new(story.third_week(second), second, "rental")
    (moved,) = new(second, sample, "customer")
    assert right["rental_id"] == story.BROKEN
    assert right["return_date"] > right["rental_date"]
    assert late["rental_id"] == story.BEFORE
    assert late["rental_date"] < moved["last_update"]
    assert late["customer_id"] == moved["customer_id"]


@pytest.mark.skipif(not size(False, True), reason="four runs of the job: DVDRENTAL_LONG=1 asks for it")
def test_demonstration_shows_the_city_of_the_day(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dvdrental.local.cli", "demo", "--lake", str(tmp_path / "lake")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    old, *later = re.findall(r"(?:90001|90003|90002) +│ [-\d]+ [:\d]+ │ (.+?) *│", done.stdout.split("09:50")[1])
    assert len(later) == 2
    assert old not in later
    assert re.findall(r"week-[-\w]+ +│ (\w+)", done.stdout) == ["succeeded", "succeeded", "abandoned", "succeeded"]
