"""Which columns tell who a person is: said in the contracts, absent from gold. (Tags: test_declare.py.)"""

from dvdrental.tables import TABLES

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
    assert unmarked == set()


def test_promise_21_gold_has_no_personal_column() -> None:
    assert [t.full_name for t in TABLES.values() if t.layer == "gold" and any(c.personal for c in t.fields)] == []
