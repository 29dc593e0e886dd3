"""Names and values that somebody may put where a name is asked for: refused in words, or quoted; never run, never taken
for a path."""

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession

from dvdrental.airbyte import Airbyte
from dvdrental.bronze.ingest import ingest
from dvdrental.bronze.streams import chosen
from dvdrental.errors import DvdRentalError, SettingsError
from dvdrental.lake import Lake
from dvdrental.local.bundle import Bundle
from dvdrental.local.cli import main
from dvdrental.local.commands import common, rebuild, run
from dvdrental.local.folder import LAKES, default_folder, land
from dvdrental.local.job import plan
from dvdrental.local.notebook import run_notebook
from dvdrental.local.session import register
from dvdrental.names import ident, literal
from dvdrental.settings import Settings
from tests.conftest import ROOT
from tests.landing import MORNING, category, folder, syncing

HOSTILE = [
    "x; DROP TABLE victim",
    "x` CASCADE; --",
    "' OR '1' = '1",
    '"; SELECT 1 --',
    "x\ny",
    "x\x00",
    "text.`/etc/hostname`",
    "../../etc",
    "x/../y",
    "a.b.c.d",
    "$" + "{var.catalog}",
    "{{job.parameters.catalog}}",
    "%s{0}",
    "[/red]",
    "имя",
    "\u202etxet",
    "²",
    "9" * 5000,
    "x" * 100_000,
]
FIELDS = [field.name for field in fields(Settings)]
NOTEBOOKS = sorted(path.relative_to(ROOT) for path in (ROOT / "notebooks").rglob("*.py"))
SHORT = 700
"""Characters of a message that somebody reads."""


class NoSpark:
    """Fails when it is used."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"Spark was asked for {name}")


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(DvdRentalError) as refused:
        act()
    assert len(str(refused.value)) < SHORT
    return str(refused.value)


@pytest.mark.parametrize("field", FIELDS)
def test_promise_20_no_parameter_takes_a_hostile_value(field: str) -> None:
    for value in HOSTILE:
        with pytest.raises(SettingsError) as refused:
            Settings(**{field: value})
        assert len(str(refused.value)) < SHORT


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_promise_20_every_notebook_refuses_before_it_asks_spark(notebook: Path) -> None:
    for field in FIELDS:
        refusal(lambda field=field: run_notebook(ROOT / notebook, NoSpark(), {field: HOSTILE[0]}))  # type: ignore


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:20])
@pytest.mark.parametrize(
    ("notebook", "widget"),
    [
        ("ops/forget", "customer_id"),
        ("ops/restore", "table"),
        ("bronze/ingest", "streams"),
        ("bronze/replay", "streams"),
    ],
)
def test_promise_20_widgets_of_single_notebooks_refuse(notebook: str, widget: str, value: str) -> None:
    path = ROOT / "notebooks" / f"{notebook}.py"
    assert widget.rstrip("s") in refusal(lambda: run_notebook(path, NoSpark(), {widget: value}))  # type: ignore


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:20])
def test_promise_20_names_of_streams_modes_and_job_parameters_are_known_ones(value: str) -> None:
    refusal(lambda: chosen(f"rental,{value}"))
    refusal(lambda: Settings(sync_mode=f"overwrite, {value}=cdc"))
    refusal(lambda: Settings(sync_mode=f"overwrite, rental={value}"))
    refusal(lambda: plan(Bundle(ROOT), "dvd_rental_pipeline", {value: "x"}))
    refusal(lambda: ident("a", value))


@pytest.mark.parametrize("api", ["file:///etc/hostname#", "ftp://x/v1", "javascript:1", "//x", "", "http://", *HOSTILE])
def test_address_of_airbyte_is_one_of_the_web(api: str) -> None:
    assert "airbyte_api" in refusal(lambda: Airbyte(api, "id", "secret"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a lake of its own, in which Spark is never asked."""
    for name in ("databricks.yml", "resources", "notebooks"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    land(category({1: "A"}), tmp_path / LAKES / "sample", "v2", MORNING)
    for command in (common, rebuild, run):
        monkeypatch.setattr(command, "start_session", lambda *_, **__: NoSpark())
    monkeypatch.setattr(common.lakes, "open_lake", lambda *_: Lake(NoSpark(), Settings()))  # type: ignore[arg-type]
    return tmp_path


@pytest.mark.parametrize("value", [value for value in HOSTILE if "\x00" not in value], ids=lambda v: ascii(v)[:20])
def test_promise_20_command_line_refuses_in_one_line(
    home: Path, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    before = sorted(home.rglob("*"))
    for arguments in (
        *(("run", "-p", f"{field}={value}") for field in (FIELDS if value == HOSTILE[0] else ["landing"])),
        ("run", "-p", f"{value}=x"),
        ("rebuild", "-p", f"catalog={value}"),
        ("run", "--source", value),
        ("land", "--source", value),
        ("sql", "select 1", "--lake", value[:200]),
        ("restore", value, "x"),
        ("forget", value),
    ):
        assert main(arguments) == 2, arguments
        told = capsys.readouterr().err
        assert told.startswith("dvdrental: ")
        assert "--source" in arguments or len(told) < SHORT, arguments
    assert sorted(path for path in home.rglob("*") if path.name != ".lock") == before


@pytest.mark.parametrize("database", ["../../x", "a/../../../x", "x\ny", "a;b", "имя"])
def test_lake_of_any_database_is_a_folder_beside_the_others(database: str) -> None:
    assert default_folder(f"postgresql://me@host/{database}").resolve().parent == LAKES.resolve()


def test_promise_20_text_stays_text(spark: SparkSession) -> None:
    texts = [value for value in HOSTILE if len(value) < 1000] + ["\\", "\\'", "''", "\\u0041", "a\\nb", "%_"]
    (row,) = spark.sql(f"SELECT {', '.join(map(literal, texts))}").collect()
    assert list(row) == texts


def test_folders_without_the_name_of_a_schema_or_table_are_left_alone(lake: Lake, tmp_path: Path) -> None:
    gold = lake.settings.gold_schema
    for name in ("exports-2026/film", ".cache/film", f"{gold}/film.bak", f"{gold}/film"):
        write_deltalake(tmp_path / name, pa.table({"film_id": [1]}))
    register(lake.spark, tmp_path)
    assert [row.tableName for row in lake.spark.sql(f"SHOW TABLES IN {gold}").collect()] == ["film"]


def test_lake_may_lie_in_a_folder_of_any_name(spark: SparkSession, tmp_path: Path) -> None:
    home = tmp_path / "José's lakes"
    write_deltalake(home / "anywhere" / "film", pa.table({"film_id": [1]}))
    register(spark, home)
    spark.table("anywhere.film").write.format("delta").saveAsTable("anywhere.copy")
    assert DeltaTable(home / "anywhere" / "copy").to_pyarrow_table().to_pylist() == [{"film_id": 1}]
    spark.sql("DROP SCHEMA anywhere CASCADE")


def test_promise_20_columns_of_a_landing_may_have_any_name(lake: Lake) -> None:
    """Those that the stream does not know are kept beside it, under their names."""
    names = [value for value in HOSTILE if len(value) < 200 and "\x00" not in value] + ["a`b", "Foo.Bar", "select", "*"]
    known = {"category_id": [1], "name": ["A"], "last_update": ["2006-02-15T09:46:27"]}
    columns = (
        {"_airbyte_raw_id": ["id-1"], "_airbyte_extracted_at": [MORNING]} | known | {name: [name] for name in names}
    )
    write_deltalake(folder(lake) / "category", pa.table(columns))
    register(lake.spark, folder(lake).parent)
    (step,) = ingest(syncing(lake, "append"), ["category"])
    assert (step.rows_landed, step.rows_inserted) == (1, 1)
    (row,) = lake.changes("category").select("name", "_rescued").collect()
    assert row.name == "A"
    assert json.loads(row._rescued) == {name: name for name in names}
