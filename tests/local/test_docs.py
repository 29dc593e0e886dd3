"""The generated pages say what contracts, job and notebooks say; those that are committed are not out of date."""

import re

import pytest

from dvdrental.local.bundle import Bundle
from dvdrental.local.docs import pages
from tests.conftest import ROOT

PAGES = pages(Bundle(ROOT))


@pytest.mark.parametrize("name", PAGES)
def test_committed_page_is_what_would_be_written(name: str) -> None:
    committed = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert committed == PAGES[name], f"docs/{name} is out of date: run `dvdrental docs`"


def section(heading: str) -> str:
    return PAGES["dictionary.md"].partition(f"### {heading}\n")[2].partition("\n### ")[0].partition("\n## ")[0]


def test_table_with_history_tells_key_and_what_is_updated_in_place() -> None:
    facts = section("silver.dim_customer")
    assert "One row per customer and version of home store, name, activity or place" in facts
    assert "- Key: `customer_key`" in facts
    assert "Updated in place: `email`, `last_update`" in facts
    assert "No history" in section("silver.dim_actor")
    assert "istory" not in section("gold.rental_obt")


def test_column_tells_type_need_and_whether_it_is_personal() -> None:
    facts = section("silver.dim_customer")
    assert "| `email` | `STRING` |  | yes | E-mail address, updated in place |" in facts
    assert "| `customer_id` | `INT` | yes |  | Source key |" in facts


def test_reference_leads_to_the_table() -> None:
    facts = section("silver.fact_rentals")
    assert "- `return_date_key` is a key of [silver.dim_date](dictionary.md#silverdim_date)" in facts


def test_stream_tells_its_key_and_what_is_never_stored() -> None:
    facts = section("bronze.staff")
    assert "- Key in the source: `staff_id`" in facts
    assert "- Never stored: `password`, `picture`" in facts
    assert "| `password`" not in facts


def test_view_tells_each_expression_on_one_line() -> None:
    assert "| `name` | `category` |" in section("gold.preset_rental_obt")
    assert re.search(r"\| `status` \| `CASE WHEN .+ ELSE 'error' END` \|", section("ops.freshness"))
    assert "FROM ops.run_event WHERE event = 'started'" in section("ops.run")
    assert "{source}" not in PAGES["dictionary.md"]


def test_every_column_that_is_written_down_is_in_the_dictionary() -> None:
    """Against the text of the contracts, not what is parsed from them."""
    package = ROOT / "src" / "dvdrental"
    for layer in ("silver", "gold"):
        for module in (package / layer).glob("*.py"):
            code = module.read_text(encoding="utf-8")
            for column, comment in re.findall(r"^ +(\w+) [A-Z].* COMMENT '([^']+)',?$", code, re.MULTILINE):
                if module.stem == "dimension":
                    assert PAGES["dictionary.md"].count(f"| `{column}` |") >= 5
                    continue
                row = next(line for line in section(f"{layer}.{module.stem}").splitlines() if f"| `{column}` |" in line)
                assert row.endswith(
                    f"| {'yes' if '(personal)' in comment else ''} | {comment.replace(' (personal)', '')} |"
                )


def test_links_of_the_dictionary_lead_to_headings() -> None:
    headings = {line.removeprefix("### ").replace(".", "") for line in PAGES["dictionary.md"].splitlines()}
    links = {link for page in PAGES.values() for link in re.findall(r"\(dictionary\.md#(\w+)\)", page)}
    assert len(links) > 40
    assert links <= headings


@pytest.mark.parametrize(
    "line",
    [
        "dim_date |o--o{ fact_rentals : return_date_key",  # NULL while the copy is out
        "dim_store ||--o{ fact_rentals : inventory_store_key",
        "dim_inventory |o..o{ fact_rentals : inventory_key",  # not looked up
        "fact_rentals |o..o| rental_obt : rental_key",  # one row at most
        "dim_customer ||--o{ rental_obt : customer_key",
        "BIGINT rental_key PK, FK",
        "INT actor_id PK",
    ],
)
def test_diagram_tells_references_and_how_many_rows_they_join(line: str) -> None:
    assert f"    {line}\n" in PAGES["erd.md"]


def test_every_table_of_the_star_and_of_gold_is_in_the_diagram() -> None:
    tables = [path for layer in ("silver", "gold") for path in (ROOT / "notebooks" / layer).glob("*.py")]
    for table in tables:
        view = table.stem == "preset_rental_obt"
        assert (f'{table.stem}["{table.parent.name}.{table.stem}"]' in PAGES["erd.md"]) is not view


def arrows(name: str) -> set[str]:
    found = re.findall(rf"^ +(\w+) --> {name}$", PAGES["lineage.md"].partition("## The job")[0], re.MULTILINE)
    assert len(found) == len(set(found))
    return set(found)


def test_lineage_is_what_the_notebook_reads() -> None:
    """Not what its task waits for: the bridge waits for dim_actor, whose keys are looked up when it is published."""
    assert arrows("silver_bridge_film_actor") == {"bronze_film_actor"}
    assert arrows("gold_actor_rentals") == {"silver_bridge_film_actor", "silver_dim_actor", "gold_rental_obt"}
    assert arrows("gold_preset_rental_obt") == {"gold_rental_obt"}
    assert arrows("silver_fact_payments") == {
        "bronze_payment",
        "silver_dim_customer",
        "silver_dim_staff",
        "silver_dim_store",
        "silver_fact_rentals",
    }


def test_order_of_the_job_is_told() -> None:
    assert "    silver_dim_actor --> silver_bridge_film_actor\n" in PAGES["lineage.md"].partition("## The job")[2]
