"""The gate: Great Expectations on staged rows. It never passes by accident: a suite always has a row-count rule, and
a rule that could not run counts as an error, not as a pass."""

import os
import threading
import uuid
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from dvdrental.errors import DvdRentalError, QualityError
from dvdrental.ops import Check
from dvdrental.quality.rules import Rule, ledger_name, rules_of, show_broken
from dvdrental.table import Table

_LOCK = threading.Lock()


def audit(table: Table, staged: DataFrame) -> list[Check]:
    """Run all rules of the table on its staged rows; values of rows stay out of the results. Only broken rules run once
    more to count the rows that break them, as counting costs a job per rule."""
    rules = rules_of(table)
    batch = _batch(table, staged)
    checks = _judge(batch, _suite(table, rules.values()), "BOOLEAN_ONLY")
    broken = [rules[check.rule] for check in checks if check.status != "pass"]
    if not broken:
        return checks
    counting = {"result_format": "SUMMARY", "exclude_unexpected_values": True}
    counted = _judge(batch, _suite(table, broken), counting)
    return [check for check in checks if check.status == "pass"] + counted


def _judge(batch: Any, suite: Any, result_format: str | dict[str, Any]) -> list[Check]:
    return [_check(single) for single in batch.validate(suite, result_format=result_format).results]


def refuse(table: Table, checks: list[Check], stage: str) -> None:
    """Raise QualityError if a critical rule failed or any rule could not run."""
    broken = [c for c in checks if c.status == "error" or (c.status == "fail" and c.severity == "critical")]
    if broken or not checks:
        lines = [f"{c.rule}: {c.status}, {c.failed or 'unknown number of'} rows" for c in broken]
        rules = rules_of(table)
        show = next((show_broken(rules[c.rule]) for c in broken if c.rule in rules), "")
        raise QualityError(
            f"{table.full_name} was not published: {'; '.join(lines) or 'no rule was run'}. The published table is "
            f"""unchanged. Look at the rows: spark.read.parquet("{stage}").filter("_op <> 'delete'"){show}"""
        )


def _suite(table: Table, rules: Iterable[Rule]) -> Any:
    gx = _great_expectations()
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    configurations = [
        ExpectationConfiguration(type=rule["type"], kwargs=rule["kwargs"], severity=rule.get("severity", "critical"))
        for rule in rules
    ]
    return gx.ExpectationSuite(name=table.full_name, expectations=configurations)


def _batch(table: Table, staged: DataFrame) -> Any:
    with _LOCK:
        asset = _spark_source().add_dataframe_asset(f"{table.full_name} {uuid.uuid4()}")
    definition = asset.add_batch_definition_whole_dataframe("staged")
    return definition.get_batch(batch_parameters={"dataframe": staged})


@cache
def _spark_source() -> Any:
    """`persist=False`: caching is refused on serverless, and Great Expectations would never release it."""
    gx = _great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context.data_sources.add_spark("spark", persist=False)


def _great_expectations() -> Any:
    """Imported when it is needed first, since that takes seconds."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    try:
        import great_expectations as gx
    except ModuleNotFoundError:
        raise DvdRentalError(
            "Great Expectations is not installed where this notebook runs, and nothing is published without it. Put a "
            f"cell `%pip install {Path(__file__).parents[3]}` above all others and run all again"
        ) from None
    return gx


def _check(single: Any) -> Check:
    config = single.expectation_config
    status = "pass" if single.success else "error" if _raised(single.exception_info) else "fail"
    failed = single.result.get("unexpected_count") if single.result else None
    return Check(
        rule=ledger_name(config.type, config.kwargs),
        severity=str(getattr(config.severity, "value", config.severity)),
        status=status,
        failed=failed,
    )


def _raised(info: dict[str, Any] | None) -> bool:
    """Great Expectations gives one exception record, or one per metric."""
    if not info:
        return False
    return bool(info.get("raised_exception")) or any(
        isinstance(v, dict) and v.get("raised_exception") for v in info.values()
    )
