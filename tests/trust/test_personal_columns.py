"""Which columns tell who a person is: said in the contracts, tagged on the platform, absent from gold."""

import re

from dvdrental.tables import TABLES
from tests.conftest import ROOT

TAG = re.compile(
    r"ALTER TABLE IDENTIFIER\(\{\{(\w+)\}\} \|\| '\.(\w+)'\) ALTER COLUMN (\w+) SET TAGS \('personal' = 'true'\);"
)
KNOWN = ("first_name", "last_name", "full_name", "email", "username", "address", "address2", "phone", "manager_name")
"""Of the source's customers, staff and addresses, and what is made of them. (Actors and shops are public.)"""

PUBLIC = ("bronze.actor", "silver.dim_actor", "silver.dim_store.address", "gold.actor_rentals")


def test_every_personal_column_is_tagged_and_no_other() -> None:
    personal = {(t.layer, t.name, c.name) for t in TABLES.values() for c in t.fields if c.personal}
    text = (ROOT / "notebooks" / "ops" / "tag_personal_columns.sql").read_text(encoding="utf-8")
    assert set(TAG.findall(text)) == personal
    assert len(TAG.findall(text)) == len(personal) == text.count("ALTER TABLE")


def test_columns_of_these_names_are_marked_wherever_they_are() -> None:
    unmarked = {
        f"{t.full_name}.{c.name}"
        for t in TABLES.values()
        for c in t.fields
        if c.name in KNOWN and not c.personal and not f"{t.full_name}.{c.name}".startswith(PUBLIC)
    }
    assert unmarked == set()


def test_promise_21_gold_has_no_personal_column() -> None:
    assert [t.full_name for t in TABLES.values() if t.layer == "gold" and any(c.personal for c in t.fields)] == []
