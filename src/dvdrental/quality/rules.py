"""Quality rules: contract rules made from the table's contract, business rules from rules.yml."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from dvdrental.table import Table

Rule = dict[str, Any]
"""`type` and `kwargs` in Great Expectations' vocabulary; `severity` is critical unless it says warning."""


@cache
def _rule_file() -> dict[str, list[Rule]]:
    text = files("dvdrental.quality").joinpath("rules.yml").read_text(encoding="utf-8")
    rules: dict[str, list[Rule]] = yaml.safe_load(text)
    return rules


def business_rules(table: Table) -> list[Rule]:
    return _rule_file().get(table.full_name, [])


def contract_rules(table: Table) -> list[Rule]:
    """At least one row; NOT NULL columns filled; the key unique; references resolved (see publish.py)."""
    rules: list[Rule] = [{"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}]
    required = [column.name for column in table.fields if column.required]
    for column in [*required, *(resolved(reference) for reference in table.references)]:
        rules.append({"type": "expect_column_values_to_not_be_null", "kwargs": {"column": column}})
    if len(table.key) == 1:
        rules.append({"type": "expect_column_values_to_be_unique", "kwargs": {"column": table.key[0]}})
    else:
        kwargs = {"column_list": list(table.key)}
        rules.append({"type": "expect_compound_columns_to_be_unique", "kwargs": kwargs})
    return rules


def resolved(column: str) -> str:
    """Name of the staged column that is NULL where a reference points nowhere."""
    return f"_resolved_{column}"


def row_rules(table: Table) -> list[tuple[str, str]]:
    """Business rules of a bronze table as (name, SQL predicate): they split rows, good from quarantined."""
    return [(_rule_name(rule), _predicate(rule)) for rule in business_rules(table)]


def _rule_name(rule: Rule) -> str:
    columns = [str(value) for key, value in rule["kwargs"].items() if key.startswith("column")]
    return f"{rule['type'].removeprefix('expect_')}:{','.join(columns)}"


def _predicate(rule: Rule) -> str:
    kwargs = rule["kwargs"]
    match rule["type"]:
        case "expect_column_values_to_not_be_null":
            return f"{kwargs['column']} IS NOT NULL"
        case "expect_column_values_to_be_between":
            return f"{kwargs['column']} >= {kwargs['min_value']}"
        case "expect_column_pair_values_a_to_be_greater_than_b":
            return f"{kwargs['column_A']} >= {kwargs['column_B']}"
        case other:
            raise ValueError(f"{other} cannot split rows: use it on a silver or gold table")
