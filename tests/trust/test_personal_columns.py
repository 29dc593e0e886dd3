"""Which columns tell who a person is: said in the contracts, absent from gold. (Tags: test_declare.py.)"""

from pathlib import Path

from dvdrental.bronze.streams import STREAMS
from dvdrental.lake import Lake
from dvdrental.local.session import CONFIG
from dvdrental.ops import utc_now
from dvdrental.tables import TABLES

STATISTICS = "spark.databricks.delta.stats.collect"

KNOWN = ("first_name", "last_name", "full_name", "email", "username", "address", "address2", "phone", "manager_name")
"""Of the source's customers, staff and addresses, and what is made of them. (Actors and shops are public.)"""

PUBLIC = ("bronze.actor", "silver.dim_actor", "silver.dim_store.address", "gold.actor_rentals")


def test_columns_of_these_names_are_marked_wherever_they_are() -> None:
    unmarked = {
        f"{t.full_name}.{c.name}"
        for t in TABLES.values()
        for c in t.fields
        if c.name in KNOWN and not c.personal and not f"{t.full_name}.{c.name}".startswith(PUBLIC)
    }
    assert unmarked == set(), "end their comments with (personal), or leave them out: gold has no personal column"


def test_promise_21_gold_has_no_personal_column() -> None:
    personal = [f"{t.full_name}.{c.name}" for t in TABLES.values() if t.layer == "gold" for c in t.fields if c.personal]
    assert personal == [], "leave them out: readers of gold get keys, and names from silver if they may"


def test_promise_22_log_of_a_table_keeps_numbers_and_no_text_of_a_person(lake: Lake) -> None:
    """Delta notes the least and the greatest value of a file in its log, which VACUUM does not touch: on the platform,
    as here."""
    table, now = STREAMS["customer"].table, utc_now()
    technical = {"_extracted_at": now, "_at": now, "_ingested_at": now, "_batch": 1, "_is_delete": False}
    texts = dict.fromkeys(("first_name", "last_name", "email", "_rescued"), "Quiddity")
    row = dict.fromkeys(table.column_names) | {"customer_id": 4711, "_raw_id": "1"} | technical | texts
    lake.spark.conf.set(STATISTICS, "true")
    try:
        lake.append_rows(table, [row])
    finally:
        lake.spark.conf.set(STATISTICS, CONFIG[STATISTICS])
    log = Path(lake.settings.staging).parent / lake.settings.bronze_schema / "customer" / "_delta_log"
    told = "".join(file.read_text() for file in log.glob("*.json"))
    assert '\\"minValues\\":{\\"customer_id\\":4711' in told
    assert "Quiddity" not in told
