import re
import sys
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dvdrental.errors import DvdRentalError, QualityError, SettingsError
from dvdrental.ops import Check
from dvdrental.quality import gate, rules
from dvdrental.silver import fact_rentals
from dvdrental.table import Table
from tests import contracts
from tests.cost import counts_jobs, jobs_so_far
from tests.rows import relation

TABLE = Table(
    layer="silver",
    name="gated",
    grain="one row per thing",
    key=("id",),
    columns="""
        id INT NOT NULL COMMENT 'Key',
        size INT COMMENT 'Size'
    """,
)


def statuses(spark: SparkSession, values: list[tuple[int, int | None]], columns: str = "id INT, size INT") -> set[str]:
    return {check.status for check in gate.audit(TABLE, relation(spark, values, columns))}


@pytest.fixture
def rule(monkeypatch: pytest.MonkeyPatch) -> list[rules.Rule]:
    """Business rules of the table, to be filled by the test."""
    own: list[rules.Rule] = []
    monkeypatch.setattr(rules, "_rule_file", lambda: {TABLE.full_name: own})
    return own


@pytest.mark.parametrize(
    ("kind", "kwargs", "asked"),
    [
        ("values_to_be_between", {"column": "size", "min_value": 1, "strict_min": True}, "size > 1"),
        ("values_to_be_between", {"column": "at", "max_value": "2005-01-01"}, "at <= '2005-01-01'"),
        ("pair_values_a_to_be_greater_than_b", {"column_A": "a", "column_B": "b"}, "a > b"),
        ("pair_values_a_to_be_greater_than_b", {"column_A": "a", "column_B": "b", "or_equal": True}, "a >= b"),
        ("values_to_be_in_set", {"column": "name", "value_set": ["it's", 2]}, r"name IN ('it\'s', 2)"),
    ],
)
def test_rule_of_a_row_asks_what_great_expectations_would(
    rule: list[rules.Rule], kind: str, kwargs: dict[str, Any], asked: str
) -> None:
    rule.append({"type": f"expect_column_{kind}", "kwargs": kwargs})
    assert [rule.predicate for rule in rules.row_rules(TABLE)] == [asked]


def test_return_in_the_future_is_warned_of_and_an_open_rental_is_not(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = [rule for rule in rules.business_rules(fact_rentals.TABLE) if "return_date" in rule["kwargs"].values()]
    monkeypatch.setattr(rules, "_rule_file", lambda: {TABLE.full_name: own})
    days = [(1, "2026-01-05", "2026-01-05"), (2, "2026-01-05", None), (3, "2026-01-05", "2205-06-05")]
    judged = relation(spark, days, "id INT, _loaded_at STRING, return_date STRING")
    moments = {day: F.col(day).cast("timestamp_ntz") for day in ("_loaded_at", "return_date")}
    found = [check for check in gate.audit(TABLE, judged.withColumns(moments)) if "return_date" in check.rule]
    assert [(check.severity, check.status, check.failed) for check in found] == [("warning", "fail", 1)]


@pytest.mark.parametrize(
    "refused",
    [
        {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "size"}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "size", "mostly": 0.9}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "size"}, "severity": "warning"},
    ],
)
def test_rule_that_cannot_split_rows_is_refused_and_not_read_as_another(
    rule: list[rules.Rule], refused: rules.Rule
) -> None:
    rule.append(refused)
    with pytest.raises(SettingsError, match=r"rules\.yml, silver\.gated: expect_column_values_to_"):
        rules.row_rules(TABLE)


def test_good_rows_pass(spark: SparkSession) -> None:
    assert statuses(spark, [(1, 5), (2, None)]) == {"pass"}


def test_promise_16_no_rows_fail(spark: SparkSession) -> None:
    assert "fail" in statuses(spark, [])


def test_promise_16_missing_column_is_an_error_and_blocks(spark: SparkSession) -> None:
    checks = gate.audit(TABLE, relation(spark, [(5,)], "size INT"))
    assert "error" in {check.status for check in checks}
    with pytest.raises(QualityError):
        gate.refuse(TABLE, checks, "stage")


def test_promise_16_rule_that_cannot_run_is_an_error_and_blocks(spark: SparkSession, rule: list[rules.Rule]) -> None:
    rule.append({"type": "expect_column_values_to_be_between", "kwargs": {"column": "nowhere", "min_value": 0}})
    rule[0]["severity"] = "warning"
    checks = gate.audit(TABLE, relation(spark, [(1, 5)], "id INT, size INT"))
    with pytest.raises(QualityError, match=r"column_values_to_be_between\(nowhere\): error"):
        gate.refuse(TABLE, checks, "stage")


def test_critical_rule_blocks_and_counts_the_rows(spark: SparkSession, rule: list[rules.Rule]) -> None:
    rule.append({"type": "expect_column_values_to_be_between", "kwargs": {"column": "size", "min_value": 0}})
    checks = gate.audit(TABLE, relation(spark, [(1, -5), (2, 5)], "id INT, size INT"))
    with pytest.raises(QualityError, match=r"column_values_to_be_between\(size\): fail, 1 rows"):
        gate.refuse(TABLE, checks, "stage")


def test_promise_16_warning_is_recorded_and_does_not_block(spark: SparkSession, rule: list[rules.Rule]) -> None:
    kwargs = {"column": "size", "min_value": 0}
    rule.append({"type": "expect_column_values_to_be_between", "kwargs": kwargs, "severity": "warning"})
    checks = gate.audit(TABLE, relation(spark, [(1, -5)], "id INT, size INT"))
    gate.refuse(TABLE, checks, "stage")
    assert [(c.severity, c.status) for c in checks if "size" in c.rule] == [("warning", "fail")]


def test_promise_16_suite_without_a_rule_blocks() -> None:
    with pytest.raises(QualityError, match="no rule was run"):
        gate.refuse(TABLE, [], "stage")


def test_results_hold_no_values_of_rows(spark: SparkSession, rule: list[rules.Rule]) -> None:
    rule.append({"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "size", "value_set": [1]}})
    checks = gate.audit(TABLE, relation(spark, [(1, 424242)], "id INT, size INT"))
    assert "424242" not in str(checks)


def test_compound_key_is_checked_as_one() -> None:
    table = Table(
        layer="gold",
        name="pairs",
        grain="one row per pair",
        key=("a", "b"),
        columns="a INT NOT NULL COMMENT 'A',\n b INT NOT NULL COMMENT 'B'",
    )
    assert {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["a", "b"]}} in (
        rules.contract_rules(table)
    )


def test_every_rule_of_the_file_names_a_table_and_its_columns() -> None:
    from dvdrental.bronze.streams import STREAMS
    from tests import contracts

    tables = contracts.TABLES | {stream.table.full_name: stream.table for stream in STREAMS.values()}
    for name, own in rules._rule_file().items():
        for rule in own:
            columns = {value for key, value in rule["kwargs"].items() if key.startswith("column")}
            assert columns <= set(tables[name].column_names), (name, rule)


def test_warning_of_a_check_is_worded() -> None:
    check = Check("rule", "critical", "fail", 3)
    with pytest.raises(
        QualityError, match=r'rule: fail, 3 rows\. .* unchanged\. Look .* spark\.read\.parquet\("here"\)'
    ):
        gate.refuse(TABLE, [check], "here")


BAD_ROWS = [(1, 5, "G"), (1, -1, "G"), (2, 9, "X")]
BROKEN_RULES: list[tuple[rules.Rule, list[tuple[int, ...]]]] = [
    ({"type": "expect_column_values_to_be_between", "kwargs": {"column": "size", "min_value": 0}}, [(1, -1)]),
    ({"type": "expect_column_values_to_be_between", "kwargs": {"column": "size", "max_value": 5}}, [(2, 9)]),
    ({"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "rating", "value_set": ["G"]}}, [(2, 9)]),
    ({"type": "expect_column_values_to_not_be_in_set", "kwargs": {"column": "id", "value_set": [2]}}, [(2, 9)]),
    ({"type": "expect_column_values_to_match_regex", "kwargs": {"column": "rating", "regex": "[A-W]"}}, [(2, 9)]),
    ({"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}}, [(1, 2)]),
    ({"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["id", "rating"]}}, [(1, 2)]),
]


@pytest.mark.parametrize(("broken", "shown"), BROKEN_RULES, ids=lambda given: str(given)[9:60])
def test_query_of_a_refusal_shows_the_rows_that_break_the_rule(
    spark: SparkSession, broken: rules.Rule, shown: list[tuple[int, ...]]
) -> None:
    rows = relation(spark, BAD_ROWS, "id INT, size INT, rating STRING")  # noqa: F841 (of the evaluated text)
    found = eval(f"rows{rules.show_broken(broken)}").collect()
    assert [tuple(value for value in row if isinstance(value, int)) for row in found] == shown


def test_rules_of_a_table_have_names_of_their_own() -> None:
    """The gate, the ledger and its views tell them apart by these."""
    for table in contracts.TABLES.values():
        every = [*rules.contract_rules(table), *rules.business_rules(table)]
        assert len(rules.rules_of(table)) == len(every)


def test_only_broken_rules_are_counted_again(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    judge, suites = gate._judge, []

    def noted(batch: Any, suite: Any, result_format: Any) -> list[Check]:
        suites.append([expectation.expectation_type for expectation in suite.expectations])
        return judge(batch, suite, result_format)

    monkeypatch.setattr(gate, "_judge", noted)
    rows = relation(spark, [(1, 1), (1, 2), (None, 3)], "id INT, size INT")
    failed = {check.rule: check.failed for check in gate.audit(TABLE, rows) if check.status != "pass"}
    assert failed == {"column_values_to_not_be_null(id)": 1, "column_values_to_be_unique(id)": 2}
    assert [len(suite) for suite in suites] == [3, 2]


def test_every_rule_of_silver_and_gold_can_be_shown() -> None:
    for table in contracts.TABLES.values():
        for rule in rules.rules_of(table).values():
            assert rules.show_broken(rule).startswith(".") or rule["type"].startswith("expect_table")


@counts_jobs
@pytest.mark.parametrize("name", ["silver.fact_rentals", "gold.category_country_share"])
def test_promise_17_audit_costs_few_jobs_and_caches_nothing(spark: SparkSession, name: str) -> None:
    """At most one job per rule, and for rules that are broken, as here, another one that counts rows."""
    table = contracts.TABLES[name]
    resolves = [f"{rules.resolved(column)} BOOLEAN" for column in table.references]
    staged = spark.createDataFrame([], ", ".join([table.schema, *resolves]))
    before = jobs_so_far(spark)
    checks = gate.audit(table, staged)
    jobs = jobs_so_far(spark) - before
    broken = sum(check.status != "pass" for check in checks)
    assert 0 < jobs <= len(checks) + 2 * broken
    assert spark._jsparkSession.sharedState().cacheManager().isEmpty()


def test_missing_library_is_named_with_the_cell_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "great_expectations", None)
    with pytest.raises(DvdRentalError, match=r"%pip install \S+") as caught:
        gate._great_expectations()
    checkout = Path(re.search(r"%pip install (\S+)`", str(caught.value))[1])
    assert (checkout / "pyproject.toml").is_file()
