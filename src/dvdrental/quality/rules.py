"""Quality rules: contract rules made from the table's contract, business rules from rules.yml."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

from dvdrental.errors import SettingsError
from dvdrental.names import literal
from dvdrental.table import Table

Rule = dict[str, Any]
"""`type` and `kwargs` in Great Expectations' vocabulary; `severity` is critical unless it says warning."""

OF_A_ROW = {
    "expect_column_values_to_not_be_null": {"column"},
    "expect_column_values_to_be_between": {"column", "min_value", "max_value", "strict_min", "strict_max"},
    "expect_column_values_to_be_in_set": {"column", "value_set"},
    "expect_column_values_to_not_be_in_set": {"column", "value_set"},
    "expect_column_values_to_match_regex": {"column", "regex"},
    "expect_column_pair_values_a_to_be_greater_than_b": {"column_A", "column_B", "or_equal"},
}
"""Rules that a single row can be judged by, with the arguments that `_predicate` knows."""


class RowRule(NamedTuple):
    """A rule that splits rows, good from quarantined."""

    name: str
    """As the quarantine stores it: column_values_to_be_between:amount."""
    predicate: str
    """SQL over the columns; a row breaks the rule where it is false, not where it is NULL."""
    columns: tuple[str, ...]


@cache
def _rule_file() -> dict[str, list[Rule]]:
    text = files("dvdrental.quality").joinpath("rules.yml").read_text(encoding="utf-8")
    rules: dict[str, list[Rule]] = yaml.safe_load(text)
    return rules


def rules_of(table: Table) -> dict[str, Rule]:
    """All rules of a table, by their names in the ledger."""
    rules = (*contract_rules(table), *business_rules(table))
    return {ledger_name(rule["type"], rule["kwargs"]): rule for rule in rules}


def business_rules(table: Table) -> list[Rule]:
    return _rule_file().get(table.full_name, [])


def contract_rules(table: Table) -> list[Rule]:
    """At least one row, unless the table may be empty; NOT NULL columns filled; the key unique; references resolved
    (see publish.py)."""
    least = 0 if table.may_be_empty else 1
    rules: list[Rule] = [{"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": least}}]
    required = [column.name for column in table.fields if column.required]
    for column in [*required, *(resolved(reference) for reference in table.references)]:
        rules.append({"type": "expect_column_values_to_not_be_null", "kwargs": {"column": column}})
    if len(table.key) == 1:
        rules.append({"type": "expect_column_values_to_be_unique", "kwargs": {"column": table.key[0]}})
    else:
        kwargs = {"column_list": list(table.key)}
        rules.append({"type": "expect_compound_columns_to_be_unique", "kwargs": kwargs})
    return rules


def ledger_name(kind: str, kwargs: Mapping[str, Any]) -> str:
    """How the ledger stores a rule: column_values_to_be_between(amount)."""
    columns = [value for key, value in kwargs.items() if key.startswith("column")]
    named = ",".join(str(c) if isinstance(c, str) else "+".join(c) for c in columns)
    return f"{kind.removeprefix('expect_')}({named})"


def resolved(column: str) -> str:
    """Name of the staged column that is NULL where a reference points nowhere."""
    return f"_resolved_{column}"


def show_broken(rule: Rule) -> str:
    """Python code to append to the DataFrame that was judged: it keeps the rows that break the rule."""
    kwargs = rule["kwargs"]
    if rule["type"] in ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"):
        columns = kwargs.get("column_list") or [kwargs["column"]]
        return f'.groupBy({", ".join(map(repr, columns))}).count().filter("count > 1")'
    return f'.filter("NOT ({_predicate(rule)})")' if rule["type"] in OF_A_ROW else ""


def row_rules(table: Table) -> list[RowRule]:
    """Business rules of a bronze table. Raises SettingsError for one that cannot split rows."""
    return [_row_rule(_checked(table, rule)) for rule in business_rules(table)]


def _checked(table: Table, rule: Rule) -> Rule:
    where, known = f"rules.yml, {table.full_name}: {rule['type']}", OF_A_ROW.get(rule["type"])
    if known is None:
        raise SettingsError(
            f"{where} does not judge single rows, as rules of bronze must: use one of {', '.join(OF_A_ROW)}"
        )
    if unknown := set(rule["kwargs"]) - known:
        raise SettingsError(f"{where}: {', '.join(sorted(unknown))} is not known here, where a rule splits rows")
    if rule.get("severity", "critical") != "critical":
        raise SettingsError(f"{where}: a row is set aside or not, there is no warning. Put the rule on a silver table")
    return rule


def _row_rule(rule: Rule) -> RowRule:
    columns = tuple(str(value) for key, value in rule["kwargs"].items() if key.startswith("column"))
    return RowRule(f"{rule['type'].removeprefix('expect_')}:{','.join(columns)}", _predicate(rule), columns)


def _predicate(rule: Rule) -> str:
    kwargs = rule["kwargs"]
    match rule["type"]:
        case "expect_column_values_to_not_be_null":
            return f"{kwargs['column']} IS NOT NULL"
        case "expect_column_values_to_be_between":
            least, most = (">" if kwargs.get("strict_min") else ">="), ("<" if kwargs.get("strict_max") else "<=")
            bounds = {least: kwargs.get("min_value"), most: kwargs.get("max_value")}
            return " AND ".join(f"{kwargs['column']} {sign} {_value(b)}" for sign, b in bounds.items() if b is not None)
        case "expect_column_values_to_be_in_set":
            return f"{kwargs['column']} IN ({', '.join(map(_value, kwargs['value_set']))})"
        case "expect_column_values_to_not_be_in_set":
            return f"{kwargs['column']} NOT IN ({', '.join(map(_value, kwargs['value_set']))})"
        case "expect_column_values_to_match_regex":
            return f"{kwargs['column']} RLIKE r'{kwargs['regex']}'"
        case "expect_column_pair_values_a_to_be_greater_than_b":
            return f"{kwargs['column_A']} {'>=' if kwargs.get('or_equal') else '>'} {kwargs['column_B']}"
        case other:
            raise ValueError(f"{other}: say here what it asks of a row")


def _value(bound: Any) -> str:
    """A number as it is; a text or a date as a text, which Spark casts to the type of the column."""
    return str(bound) if isinstance(bound, int | float) else literal(str(bound))
