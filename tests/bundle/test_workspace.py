"""The pipeline's job in the fake workspace, put there and read back with the SDK: needs no CLI."""

import base64
import json
from collections.abc import Iterator, Mapping

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, NotImplemented
from databricks.sdk.service.jobs import JobSettings
from databricks.sdk.service.workspace import ImportFormat, Language

from tests.bundle.deployed import graph, missing, notebooks, settings_of, source, with_the_local_runner
from tests.bundle.loading import Bundle
from tests.bundle.workspace import FakeWorkspace, Json, serving

HEADER = "# Databricks notebook source\n"
ECHO = HEADER + """dbutils.notebook.exit('[{"said": "' + dbutils.widgets.get("word") + '"}]')"""


@pytest.fixture
def workspace() -> Iterator[FakeWorkspace]:
    with serving(FakeWorkspace(run=with_the_local_runner(None))) as workspace:
        yield workspace


@pytest.fixture
def client(workspace: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> WorkspaceClient:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return WorkspaceClient(host=workspace.url, token="any", auth_type="pat")


def put(client: WorkspaceClient, path: str, text: str) -> None:
    client.workspace.mkdirs(path.rpartition("/")[0])
    content = base64.b64encode(text.encode()).decode()
    client.workspace.import_(path, content=content, format=ImportFormat.SOURCE, language=Language.PYTHON)


def create(client: WorkspaceClient, fields: Json) -> int:
    number: int = client.api_client.do("POST", "/api/2.2/jobs/create", body=fields)["job_id"]
    return number


def job_of(client: WorkspaceClient, sources: Mapping[str, str], needs: Mapping[str, str]) -> int:
    """One task per notebook; `needs` says for which other one it waits."""
    for key, text in sources.items():
        put(client, f"/Shared/{key}", text)
    tasks = [
        {
            "task_key": key,
            "depends_on": [{"task_key": needs[key]}] if key in needs else [],
            "notebook_task": {"notebook_path": f"/Shared/{key}", "base_parameters": {"own": "{{job.run_id}}"}},
        }
        for key in sources
    ]
    return create(client, {"name": "j", "tasks": tasks, "parameters": [{"name": "word", "default": "hello"}]})


def states(client: WorkspaceClient, number: int, **request: object) -> dict[str, str]:
    run = client.jobs.get_run(client.jobs.run_now(number, **request).run_id)
    return {task.task_key: task.state.result_state.value for task in run.tasks or []}


def test_sdk_knows_every_field_of_every_job(bundle: Bundle) -> None:
    for job in bundle.jobs.values():
        text = json.dumps(job.fields).replace("${var.schedule_pause_status}", "PAUSED")
        fields = json.loads(text.replace('"${resources.jobs.dvd_rental_pipeline.id}"', "7"))
        assert JobSettings.from_dict(fields).as_dict() == fields


def test_pipeline_is_read_back_as_it_was_written(client: WorkspaceClient, bundle: Bundle) -> None:
    fields = {**bundle.pipeline.fields, "tasks": []}
    for task in bundle.pipeline.tasks:
        file = bundle.pipeline.notebooks[task["task_key"]]
        path = f"/Shared/{file.parent.name}/{file.stem}"
        put(client, path, file.read_text(encoding="utf-8"))
        fields["tasks"].append({**task, "notebook_task": {**task["notebook_task"], "notebook_path": path}})
    create(client, fields)
    settings = settings_of(client, "DVD Rental Pipeline")
    assert graph(settings) == bundle.pipeline.graph
    assert settings.schedule.quartz_cron_expression == "0 30 9 ? * MON"
    assert missing(client, settings) == []
    for key, path in notebooks(settings).items():
        assert source(client, path) == bundle.pipeline.notebooks[key].read_text(encoding="utf-8")


def test_missing_notebook_is_noticed(client: WorkspaceClient) -> None:
    settings = JobSettings.from_dict({"tasks": [{"task_key": "a", "notebook_task": {"notebook_path": "/Shared/a"}}]})
    with pytest.raises(NotFound):
        missing(client, settings)
    client.workspace.mkdirs("/Shared/a")
    assert missing(client, settings) == ["/Shared/a"]


def test_run_now_gives_the_job_to_the_local_runner(client: WorkspaceClient, workspace: FakeWorkspace) -> None:
    number = job_of(client, {"late": ECHO, "early": ECHO.replace("word", "own")}, {"late": "early"})
    assert states(client, number) == {"late": "SUCCESS", "early": "SUCCESS"}
    assert workspace.outputs["late"] == [{"said": "hello"}]
    assert workspace.outputs["early"][0]["said"].isdigit()
    states(client, number, job_parameters={"word": "bye"})
    assert workspace.outputs["late"] == [{"said": "bye"}]


def test_failed_task_fails_the_run(client: WorkspaceClient, workspace: FakeWorkspace) -> None:
    number = job_of(client, {"bad": HEADER + "1 / 0", "next": ECHO, "other": ECHO}, {"next": "bad"})
    assert states(client, number) == {"bad": "FAILED", "next": "UPSTREAM_FAILED", "other": "SUCCESS"}
    (run,) = workspace.runs.values()
    assert run["state"]["result_state"] == "FAILED"


def test_job_is_changed_and_deleted(client: WorkspaceClient) -> None:
    number = job_of(client, {"a": ECHO}, {})
    client.jobs.reset(number, JobSettings(name="other"))
    assert client.jobs.get(number).settings.name == "other"
    client.jobs.delete(number)
    with pytest.raises(NotFound):
        client.jobs.get(number)


def test_request_that_the_workspace_does_not_have_is_named(client: WorkspaceClient) -> None:
    with pytest.raises(NotImplemented, match="GET /clusters/list"):
        list(client.clusters.list())
