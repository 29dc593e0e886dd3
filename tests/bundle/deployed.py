"""A job as the workspace has it, read with the platform's own SDK, and two ways to run it on this machine."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import JobSettings
from databricks.sdk.service.workspace import ObjectType
from pyspark.sql import SparkSession

from dvdrental.local.job import Task, run
from tests.bundle.workspace import FakeWorkspace, Json, Run

RESULT = {"success": "SUCCESS", "failed": "FAILED", "skipped": "UPSTREAM_FAILED"}

IMPORTS = """
import ast, runpy, sys
wheel, *notebooks = sys.argv[1:]
sys.path.insert(0, wheel)
for notebook in notebooks:
    tree = ast.parse(open(notebook).read())
    tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(tree, notebook, "exec"), {})
assert sys.modules["dvdrental"].__file__.startswith(wheel)
"""


def settings_of(client: WorkspaceClient, name: str) -> JobSettings:
    """Of the only job whose name ends like this."""
    (number,) = [job.job_id for job in client.jobs.list() if str(job.settings.name).endswith(name)]
    settings = client.jobs.get(number).settings
    assert settings is not None
    return settings


def graph(settings: JobSettings) -> dict[str, set[str]]:
    return {task.task_key: {on.task_key for on in task.depends_on or []} for task in settings.tasks or []}


def notebooks(settings: JobSettings) -> dict[str, str]:
    tasks = [task for task in settings.tasks or [] if task.notebook_task]
    return {task.task_key: task.notebook_task.notebook_path for task in tasks}


def missing(client: WorkspaceClient, settings: JobSettings) -> list[str]:
    """Notebooks of the job that the workspace does not have as notebooks."""
    kinds = {path: client.workspace.get_status(path).object_type for path in notebooks(settings).values()}
    return [path for path, kind in kinds.items() if kind != ObjectType.NOTEBOOK]


def source(client: WorkspaceClient, path: str) -> str:
    return base64.b64decode(str(client.workspace.export(path).content)).decode()


def with_the_local_runner(spark: SparkSession | None) -> Run:
    """The notebooks of the workspace, in the order and with the parameters of the job that it holds."""

    def act(workspace: FakeWorkspace, settings: Json, request: Json) -> dict[str, str]:
        with _files(workspace, settings) as files:
            tasks = [_task(settings, task, files[task["task_key"]], request) for task in settings["tasks"]]
            run(tasks, spark, lambda task: None)
        workspace.outputs = {task.key: task.steps or repr(task.error) for task in tasks}
        return {task.key: RESULT[task.state] for task in tasks}

    return act


def importing_only(workspace: FakeWorkspace, settings: Json, request: Json) -> dict[str, str]:
    """The imports of every notebook, from the wheel that the job's environment names and from nowhere else."""
    (wheel,) = [name for name in settings["environments"][0]["spec"]["dependencies"] if name.endswith(".whl")]
    with _files(workspace, settings) as files, TemporaryDirectory() as folder:
        copy = Path(folder, Path(wheel).name)
        copy.write_bytes(workspace.files[wheel])
        command = [sys.executable, "-c", IMPORTS, str(copy), *map(str, files.values())]
        tried = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder)
    workspace.outputs = {"imports": tried.stderr}
    return {task["task_key"]: "FAILED" if tried.returncode else "SUCCESS" for task in settings["tasks"]}


@contextmanager
def _files(workspace: FakeWorkspace, settings: Json) -> Iterator[dict[str, Path]]:
    """Task -> its notebook as a file."""
    with TemporaryDirectory() as folder:
        files = {task["task_key"]: Path(folder, f"{task['task_key']}.py") for task in settings["tasks"]}
        files = {key: file for key, file in files.items() if _notebook(settings, key)}
        for key, file in files.items():
            file.write_bytes(workspace.files[_notebook(settings, key)])
        yield files


def _notebook(settings: Json, key: str) -> str:
    return next(t.get("notebook_task", {}).get("notebook_path", "") for t in settings["tasks"] if t["task_key"] == key)


def _task(settings: Json, task: Json, notebook: Path, request: Json) -> Task:
    shared = {parameter["name"]: parameter["default"] for parameter in settings.get("parameters", [])}
    values = task["notebook_task"].get("base_parameters", {}) | shared | request.get("job_parameters", {})
    filled = json.loads(json.dumps(values).replace("{{job.run_id}}", str(request["run_id"])))
    upstream = [on["task_key"] for on in task.get("depends_on", [])]
    return Task(task["task_key"], notebook, filled, upstream, task.get("run_if", "ALL_SUCCESS"))
