import re
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from dvdrental.bronze.streams import STREAMS
from dvdrental.errors import ContractError
from dvdrental.lake import Lake
from dvdrental.ops import QUARANTINE, STEP
from dvdrental.silver import dim_customer
from dvdrental.table import Table
from tests import contracts
from tests.conftest import ROOT, empty_lake

TABLES = [*contracts.TABLES.values(), *(stream.table for stream in STREAMS.values()), STEP, QUARANTINE]


def types(schema: StructType) -> list[tuple[str, str]]:
    return [(field.name, field.dataType.simpleString()) for field in schema]


@pytest.mark.parametrize("table", contracts.TABLES.values(), ids=lambda table: table.full_name)
def test_every_table_has_its_cases_and_its_meaning_in_plain_sql(table: Table) -> None:
    cases = f"tests/{table.layer}/test_{table.name}.py"
    meaning = f"tests/golden/expected/{table.layer}/{table.name}.sql"
    assert [file for file in (cases, meaning) if not (ROOT / file).is_file()] == []


@pytest.mark.parametrize("module", list(contracts.modules()), ids=lambda module: module.TABLE.full_name)
def test_build_yields_its_contract(spark: SparkSession, module: ModuleType) -> None:
    """On empty inputs: types are what counts here. `_loaded_at` is added when the table is published."""
    kind = module.TABLE.name.partition("_")[0]
    inputs = {
        name: spark.createDataFrame([], contracts.of_parameter(name, kind).schema)
        for name in contracts.inputs_of(module)
    }
    wanted = spark.createDataFrame([], module.TABLE.schema).drop("_loaded_at")
    assert types(module.build(**inputs).schema) == types(wanted.schema)


@pytest.fixture(scope="module")
def lake_of_all(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with empty_lake(spark, tmp_path_factory.mktemp("lake")) as lake:
        yield lake


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_created_table_carries_the_contract(lake_of_all: Lake, table: Table) -> None:
    lake_of_all.create(table)
    made = {row.name: row for row in lake_of_all.spark.catalog.listColumns(lake_of_all.name(table.layer, table.name))}
    assert [(c.name, c.comment) for c in table.fields] == [(name, row.description) for name, row in made.items()]
    required = [field.name for field in lake_of_all.table(table).schema if not field.nullable]
    assert required == [c.name for c in table.fields if c.required]


def test_module_and_table_have_one_name() -> None:
    for module in contracts.modules():
        assert module.__name__ == f"dvdrental.{module.TABLE.full_name}"


def test_contract_without_a_comment_is_refused() -> None:
    with pytest.raises(ValueError, match="not of the form"):
        _ = Table(layer="silver", name="t", grain="one", key=("a",), columns="a INT NOT NULL").fields


def test_key_without_a_column_is_refused() -> None:
    with pytest.raises(ValueError, match=r"silver\.t: key, reference or untracked without a column: \['b'\]"):
        Table(layer="silver", name="t", grain="one", key=("b",), columns="a INT COMMENT 'A'")


def test_gold_holds_no_personal_data() -> None:
    personal = {c.name for t in TABLES for c in t.fields if "(personal)" in c.comment}
    assert {"email", "first_name", "phone"} <= personal
    actor = {"full_name"}  # actors are public
    gold = {c.name for t in TABLES if t.layer == "gold" for c in t.fields}
    assert not gold & (personal - actor)


def test_secrets_of_the_source_are_in_no_table() -> None:
    names = {c.name for t in TABLES for c in t.fields}
    assert not names & {secret for stream in STREAMS.values() for secret in stream.secrets}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_column_that_opens_no_version_says_so(table: Table) -> None:
    said = {column.name for column in table.fields if column.comment.endswith("updated in place")}
    assert said == set(table.untracked)


def test_what_to_do_about_columns_that_a_contract_lost_is_told_of_each(lake: Lake) -> None:
    key = "id INT NOT NULL COMMENT 'Key'"
    lost = "b INT NOT NULL COMMENT 'B', a INT NOT NULL COMMENT 'A'"
    table = Table(layer="gold", name="thing", grain="one row per thing", key=("id",), columns=f"{key}, {lost}")
    lake.create(table)
    shorter = replace(table, columns=key)
    with pytest.raises(ContractError, match=r"gold\.thing: a, b is NOT NULL") as refused:
        lake.follow_contract(shorter)
    for statement in re.findall(r"ALTER TABLE .*? DROP NOT NULL", str(refused.value)):
        lake.spark.sql(statement.replace("gold.thing", lake.name("gold", "thing")))
    lake.follow_contract(shorter)


def test_sample_of_a_table_shows_nothing_personal(lake: Lake) -> None:
    lake.create(dim_customer.TABLE)
    shown = set(lake.sample(dim_customer.TABLE).columns)
    assert {"customer_id", "city", "valid_from"} <= shown
    assert not shown & {"first_name", "last_name", "full_name", "email"}
