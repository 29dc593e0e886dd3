from pathlib import Path

from tests.bundle.lineage import needed, read_by
from tests.bundle.loading import Bundle


def test_change_logs_come_from_the_ingest_task(tmp_path: Path) -> None:
    assert read_by(notebook(tmp_path, 'lake.changes("actor")')) == {"bronze_ingest"}


def test_tables_are_found_under_each_way_to_import_them(tmp_path: Path) -> None:
    code = """
        from dvdrental.silver import dim_film as film
        from dvdrental.gold.preset_rental_obt import VIEW
        build(films=lake.read(film.TABLE), rentals=lake.read(VIEW).limit(20))
    """
    assert read_by(notebook(tmp_path, code)) == {"silver_dim_film", "gold_preset_rental_obt"}


def test_table_that_cannot_be_told_is_not_passed_over(tmp_path: Path) -> None:
    assert read_by(notebook(tmp_path, "lake.read(tables[0])")) == {"tables[0]"}


def test_reference_of_a_contract_counts_without_being_read(bundle: Bundle) -> None:
    """Publishing looks the keys up. The notebook of the bridge reads change logs only."""
    assert needed(bundle)["silver_bridge_film_actor"] == {"ops_begin", "bronze_ingest", "silver_dim_actor"}


def test_view_needs_the_table_that_it_renames(bundle: Bundle) -> None:
    assert "gold_rental_obt" in needed(bundle)["gold_preset_rental_obt"]


def notebook(folder: Path, code: str) -> Path:
    path = folder / "notebook.py"
    path.write_text("\n".join(line.strip() for line in code.splitlines()), encoding="utf-8")
    return path
