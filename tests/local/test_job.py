import time
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest

from dvdrental.bronze import ingest
from dvdrental.bronze.streams import STREAMS
from dvdrental.local.bundle import Bundle, BundleError, find_root
from dvdrental.local.folder import parameters
from dvdrental.local.job import Task, plan, run
from tests.conftest import ROOT

HEADER = "# Databricks notebook source\n"
MAIN = """
bundle: {name: b}
variables: {catalog: {description: c, default: cat}, nothing: {description: no default}}
"""


def bundle(folder: Path, tasks: Mapping[str, str], depends_on: Mapping[str, list[str]], run_if: str = "") -> Bundle:
    """A bundle whose job has one notebook per task, with this source."""
    (folder / "databricks.yml").write_text(MAIN)
    (folder / "resources").mkdir()
    lines = ["resources: {jobs: {j: {parameters: [{name: catalog, default: '${var.catalog}'}], tasks: ["]
    for key, source in tasks.items():
        (folder / f"{key}.py").write_text(HEADER + source)
        needs = ", ".join(f"{{task_key: {name}}}" for name in depends_on.get(key, []))
        rule = f", run_if: {run_if}" if run_if and key == "last" else ""
        lines.append(
            f"{{task_key: {key}, depends_on: [{needs}], notebook_task: {{notebook_path: ../{key}.py}}{rule}}},"
        )
    (folder / "resources" / "j.job.yml").write_text("\n".join(lines) + "]}}}")
    return Bundle(folder)


def states(tasks: list[Task]) -> dict[str, str]:
    return {task.key: task.state for task in tasks}


def test_tasks_run_in_the_order_of_their_dependencies(tmp_path: Path) -> None:
    out = tmp_path / "out"
    source = f"open({str(out)!r}, 'a').write('{{}}')"
    made = bundle(tmp_path, {"z": source.format("z"), "a": source.format("a")}, {"a": ["z"]})
    assert run(plan(made, "j", {}), None, lambda task: None)
    assert out.read_text() == "za"


def test_failed_task_stops_what_needs_it_and_nothing_else(tmp_path: Path) -> None:
    sources = {"bad": "1 / 0", "child": "", "grandchild": "", "other": ""}
    tasks = plan(bundle(tmp_path, sources, {"child": ["bad"], "grandchild": ["child"]}), "j", {})
    assert not run(tasks, None, lambda task: None)
    assert states(tasks) == {"bad": "failed", "child": "skipped", "grandchild": "skipped", "other": "success"}
    assert isinstance(next(task for task in tasks if task.key == "bad").error, ZeroDivisionError)


def test_task_that_runs_in_any_case_runs_after_a_failure(tmp_path: Path) -> None:
    tasks = plan(bundle(tmp_path, {"bad": "1 / 0", "last": ""}, {"last": ["bad"]}, "ALL_DONE"), "j", {})
    run(tasks, None, lambda task: None)
    assert states(tasks) == {"bad": "failed", "last": "success"}


def test_task_values_go_to_later_tasks_of_the_same_run_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    tell = "dbutils.jobs.taskValues.set(key='k', value=[1])"
    ask = f"open({str(out)!r}, 'a').write(str(dbutils.jobs.taskValues.get(taskKey='first', key='k', default='-')))"
    made = bundle(tmp_path, {"early": ask, "first": tell, "second": ask}, {"first": ["early"], "second": ["first"]})
    for _ in range(2):
        run(plan(made, "j", {}), None, lambda task: None)
    assert out.read_text() == "-[1]" * 2


def test_interruption_begins_no_task_that_waits_for_a_thread(tmp_path: Path) -> None:
    out = tmp_path / "out"
    source = f"import time; open({str(out)!r}, 'a').write('.'); time.sleep(0.2)"

    def interrupt(task: Task) -> None:
        if task.key == "t5":
            raise KeyboardInterrupt

    tasks = plan(bundle(tmp_path, {f"t{number}": source for number in range(6)}, {}), "j", {})
    with pytest.raises(KeyboardInterrupt):
        run(tasks, None, interrupt)
    assert out.read_text() == "...."


def test_interruption_begins_no_stream_that_waits_for_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[object] = []

    def one_stream(lake: object, stream: object, *_: object) -> None:
        begun.append(stream)
        time.sleep(0.2)

    def interrupted(tries: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ingest, "recording", lambda lake: nullcontext([]))
    monkeypatch.setattr(ingest, "_one_stream", one_stream)
    monkeypatch.setattr(ingest, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ingest._each_stream(None, tuple(STREAMS), lambda stream, step: None)
    assert len(begun) == ingest.THREADS == 4


def test_parameters_are_resolved_and_overridden(tmp_path: Path) -> None:
    made = bundle(tmp_path, {"a": ""}, {})
    assert plan(made, "j", {})[0].parameters == {"catalog": "cat"}
    assert plan(made, "j", {"catalog": "mine"})[0].parameters == {"catalog": "mine"}


def test_exit_value_becomes_the_steps_of_the_task(tmp_path: Path) -> None:
    source = """dbutils.notebook.exit('[{"status": "' + dbutils.widgets.get("catalog") + '"}]')"""
    tasks = plan(bundle(tmp_path, {"a": source}, {}), "j", {})
    run(tasks, None, lambda task: None)
    assert tasks[0].steps == [{"status": "cat"}]


def test_unknown_parameter_names_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no parameter catalogue; it has catalog"):
        plan(bundle(tmp_path, {"a": ""}, {}), "j", {"catalogue": "x"})


def test_dependency_on_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="depends on ghost"):
        plan(bundle(tmp_path, {"a": ""}, {"a": ["ghost"]}), "j", {})


@pytest.mark.parametrize("reference", ["${var.nothing}", "${var.ghost}", "${workspace.user}", "${resources.a.b.c}"])
def test_reference_without_a_value_is_named(tmp_path: Path, reference: str) -> None:
    with pytest.raises(BundleError, match="has no value on this machine"):
        bundle(tmp_path, {"a": ""}, {}).resolve(reference)


def test_job_of_the_project_can_be_planned(tmp_path: Path) -> None:
    tasks = plan(Bundle(find_root(Path(__file__))), "dvd_rental_pipeline", parameters(tmp_path, "x"))
    assert [tasks[0].key, tasks[-1].key] == ["ops_begin", "ops_finish"]
    assert tasks[0].parameters["bronze_schema"] == "bronze"
    assert all(task.notebook.is_file() for task in tasks)


def test_folder_without_a_bundle_says_so(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"databricks\.yml was not found"):
        find_root(tmp_path)
    assert find_root(ROOT / "notebooks") == ROOT
