"""Data Docs of Great Expectations, built from the ledger: any process that can read it can write them.

The ledger holds no values of rows, so the pages hold none: rules, results and counts. They need no scripts and load
nothing from elsewhere: `Page`, `Results` and `Index` replace what would. The configuration of the site names them,
the builders of Great Expectations call their `render`.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render import (
    RenderedDocumentContent,
    RenderedSectionContent,
    RenderedStringTemplateContent,
    RenderedTableContent,
)
from great_expectations.render.renderer.content_block import ExpectationSuiteBulletListContentBlockRenderer
from great_expectations.render.renderer.site_builder import SiteBuilder
from great_expectations.render.view import DefaultJinjaPageView
from great_expectations.validator.validation_statistics import calc_validation_statistics

from dvdrental.errors import DvdRentalError
from dvdrental.quality.rules import Rule, resolved, rules_of
from dvdrental.table import Table

Row = Mapping[str, Any]

_NEEDS_THE_WEB = re.compile(r"<(script|style|footer)\b.*?</\1>|<(link|img)\b[^>]*>", re.DOTALL)

_STYLE = """<style>
    body {font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em; color: #222}
    table {border-collapse: collapse; margin: .5em 0 1.5em}
    th, td {border-bottom: 1px solid #ddd; padding: .3em 1.5em .3em 0; text-align: left; vertical-align: top}
    h4, h5, h6, p, .alert p {margin: .2em 0; font-size: 1em}
    .alert {background: #f1f3f5; margin: 1em 0 .5em; padding: .6em 1em}
    .badge {background: #e9ecef; border-radius: 3px; padding: 0 .3em}
    .text-success {color: #176f2c}
    .text-danger {color: #b3261e}
    .breadcrumb li, .nav li {display: inline-block; margin-right: 1em}
    .breadcrumb, .nav {list-style: none; padding: 0}
    .card.mb-3, [data-toggle=collapse], [hidden], hr {display: none}
</style>"""

_VIEW = {"module_name": __name__, "class_name": "Page"}

_RESULTS = {
    "class_name": "ValidationResultsColumnSectionRenderer",
    "table_renderer": {"module_name": __name__, "class_name": "Results"},
}

_SECTIONS = {
    "expectations": {"view": _VIEW},
    "validations": {
        "view": _VIEW,
        "renderer": {"class_name": "ValidationResultsPageRenderer", "column_section_renderer": _RESULTS},
    },
    "profiling": "none",
}

_SHOWN = ("Not passed", "Rules", "Rows that differ", "Rows in all", "Outcome", "Run", "Started (UTC)")
"""What the index repeats of a page."""

_RUN = RunIdentifier("latest", datetime(1970, 1, 1, tzinfo=UTC))
"""Part of the address of each page of results: always the same, so that a newer page takes the place of an older."""


def write(folder: Path, steps: Sequence[Row], tables: Mapping[str, Table]) -> Path:
    """Write the site of the latest results of each table, over an earlier site in the folder; gives its index."""
    context = gx.get_context(mode="ephemeral")
    latest = _latest(steps)
    for step in latest:
        _add(context, step, _expectations(step, tables.get(step["table_name"])))
    site = SiteBuilder(
        context,
        {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.resolve())},
        site_index_builder={
            "class_name": "DefaultSiteIndexBuilder",
            "renderer": {"module_name": __name__, "class_name": "Index"},
            "view": _VIEW,
        },
        site_section_builders=_SECTIONS,
        show_how_to_buttons=False,
    )
    for section in site.site_section_builders.values():
        section.build()  # not `site.build()`: it copies 4 MB of fonts and pictures that these pages do not show
    if len(site.target_store.keys) != 2 * len(latest):
        raise DvdRentalError("the Data Docs lack a page: the log of Great Expectations says why")
    site.site_index_builder.build()
    return folder / "index.html"


def _latest(steps: Sequence[Row]) -> list[Row]:
    """Of each table the last step that judged something."""
    judged = sorted((step for step in steps if step["checks"]), key=lambda step: step["started_at"])
    return list({step["table_name"]: step for step in judged}.values())


def _expectations(step: Row, table: Table | None) -> list[ExpectationConfiguration]:
    """One per check of the step."""
    rules = _rules(table) if table else {}
    return [
        ExpectationConfiguration(**(rules.get(check["rule"]) or _own(check["rule"])), severity=check["severity"])
        for check in step["checks"]
    ]


def _rules(table: Table) -> dict[str, Rule]:
    """What Great Expectations judges of the table, by the name of the rule in the ledger."""
    references = {
        resolved(column): {"kwargs": {"column": column}, "description": f"points to a row of {target.full_name}"}
        for column, target in table.references.items()
    }
    return {
        name: {
            "type": rule["type"],
            "kwargs": dict(rule["kwargs"]),
            **references.get(rule["kwargs"].get("column"), {}),
        }
        for name, rule in rules_of(table).items()
    }


def _own(name: str) -> Rule:
    """A rule that this package judges by a query of its own; its name says what must hold. Great Expectations demands
    a query here, but never runs it."""
    words = escape(name if " " in name else name.replace("_", " "))
    kwargs = {"unexpected_rows_query": "{batch}"}
    return {"type": "unexpected_rows_expectation", "kwargs": kwargs, "description": words}


def _add(context: Any, step: Row, expectations: list[ExpectationConfiguration]) -> None:
    """Put the suite and its results where the builders of the site look for them."""
    name = step["table_name"]
    results = [_result(*pair) for pair in zip(expectations, step["checks"], strict=True)]
    statistics = calc_validation_statistics(results)
    result = ExpectationSuiteValidationResult(
        success=statistics.success,
        results=results,
        suite_name=name,
        statistics=statistics._asdict(),
        meta={
            "great_expectations_version": gx.__version__,
            # Great Expectations takes a run of digits alone for a date, and fails if that is out of range.
            "run_id": {"run_name": f"run {step['run_id']}", "run_time": step["started_at"].isoformat()},
            "batch_spec": _about(step),
        },
    )
    context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    key = ValidationResultIdentifier(ExpectationSuiteIdentifier(name), _RUN, "results")
    context.validation_results_store.set(key, result)


def _result(expectation: ExpectationConfiguration, check: Row) -> ExpectationValidationResult:
    return ExpectationValidationResult(
        success=check["status"] == "pass",
        expectation_config=expectation,
        result={"unexpected_count": check["failed"]},
        exception_info={"raised_exception": check["status"] == "error"},
    )


def _about(step: Row) -> dict[str, Any]:
    broken = Counter(check["severity"] for check in step["checks"] if check["status"] != "pass")
    counts = [step[count] for count in ("rows_inserted", "rows_updated", "rows_deleted")]
    differ = None if None in counts else sum(counts)
    return {
        "data_asset_name": step["table_name"],
        "Outcome": step["status"],
        "Rules": len(step["checks"]),
        "Not passed": ", ".join(f"{count} {severity}" for severity, count in sorted(broken.items())) or "none",
        "Rows that differ": _count(differ),
        "Rows in all": _count(step["rows_after"]),
        "What was judged": _scope(differ, step),
        "Run": step["run_id"],
        "Started (UTC)": f"{step['started_at']:%Y-%m-%d %H:%M}",
        "Version and its time": step["state"] or "-",
    }


def _scope(differ: int | None, step: Row) -> str:
    """Where some rows differ, the ledger does not say if the others were judged too (publish.py): the words allow for
    both. The reconciliation has no rows of its own."""
    rows = step["rows_after"]
    if differ is None:
        return "sums over whole tables"
    if differ and step["rows_inserted"] == rows:
        return f"all {_count(rows)} rows: none of them was published before"
    if differ == 0:
        return f"all {_count(rows)} rows, of which none differs from what was published before"
    return (
        f"the {_count(differ)} rows that differ from what was published before, of {_count(rows)}; the others passed "
        "earlier, and are judged again only if the code has changed"
    )


class Page:
    """A page as HTML that needs no scripts and nothing from elsewhere."""

    def __init__(self) -> None:
        self.view = DefaultJinjaPageView()

    def render(self, document: RenderedDocumentContent, **options: Any) -> str:
        page: str = _NEEDS_THE_WEB.sub("", self.view.render(document, **options))
        return page.replace("</head>", f"{_STYLE}</head>", 1)


class Results:
    """The rules of one column, or of the table, with their results in words."""

    @staticmethod
    def render(results: list[ExpectationValidationResult], **_options: Any) -> RenderedTableContent:
        return _table(["Result", "Rule", "Severity", "Rows that break it"], [_judged(result) for result in results])


def _judged(result: ExpectationValidationResult) -> list[Any]:
    rule = result.expectation_config
    words = ExpectationSuiteBulletListContentBlockRenderer.render([rule], include_column_name=False).bullet_list[0]
    status = "could not run" if result.exception_info["raised_exception"] else "failed"
    return [
        _coloured("passed" if result.success else status, result.success),
        words,
        rule.severity.value,
        _count(result.result["unexpected_count"]),
    ]


class Index:
    """One row per table."""

    @staticmethod
    def render(links: Mapping[str, Any]) -> RenderedDocumentContent:
        found = sorted(links.get("validations_links", []), key=lambda link: str(link["expectation_suite_name"]))
        table = _table(["Table", "Result", *_SHOWN], [_row(link) for link in found])
        table.header = (
            "What the last audit of each table found. It judges the rows that differ from what was published before; "
            "the others passed earlier, and are judged again only if the code has changed. A warning does not keep a "
            "table from being published."
        )
        section = RenderedSectionContent(section_name="Tables", content_blocks=[table])
        return RenderedDocumentContent(renderer_type="SiteIndexPageRenderer", sections=[section])


def _row(link: Mapping[str, Any]) -> list[Any]:
    passed = link["validation_success"]
    return [
        _text(link["expectation_suite_name"], "a", attributes={"href": link["filepath"]}),
        _coloured("passed" if passed else "failed", passed),
        *(str(link["batch_spec"][name]) for name in _SHOWN),
    ]


def _count(rows: int | None) -> str:
    return "-" if rows is None else f"{rows:,}"


def _coloured(words: str, good: bool) -> RenderedStringTemplateContent:
    return _text(words, "strong", classes=["text-success" if good else "text-danger"])


def _text(words: str, tag: str, **styling: Any) -> RenderedStringTemplateContent:
    return RenderedStringTemplateContent(string_template={"template": words, "tag": tag, "styling": styling})


def _table(header: list[str], rows: list[list[Any]]) -> RenderedTableContent:
    return RenderedTableContent(table=rows, header_row=header)
