"""The life of the bundle in each target: the real CLI against a workspace in memory. Skipped where there is no CLI."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import JobSettings
from pyspark.sql import SparkSession

from dvdrental.gold import rental_obt
from dvdrental.local.folder import land, open_lake, parameters
from dvdrental.local.landing import Database
from tests.bundle.deployed import graph, importing_only, missing, settings_of, with_the_local_runner
from tests.bundle.loading import Bundle
from tests.bundle.workspace import FakeWorkspace, serving

PRINCIPAL = "5f0e3d5a-0000-4000-8000-000000000001"
OWNERS = {
    "BUNDLE_VAR_notification_email": "data@example.com",
    "BUNDLE_VAR_run_as_service_principal": PRINCIPAL,
}
USERS = {"dev": "tester@example.com", "staging": PRINCIPAL, "prod": PRINCIPAL}
PREFIX = {"dev": "[dev tester] ", "staging": "", "prod": ""}
KEPT = {"schemas/dvd_prod.bronze", "schemas/dvd_prod.silver", "schemas/dvd_prod.gold", "schemas/dvd_prod.ops"}

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def program() -> str:
    program = shutil.which("databricks")
    if not program:
        pytest.skip("no `databricks` on the PATH: the CLI is a program of its own, not a Python package")
    said = subprocess.run([program, "version"], capture_output=True, text=True, timeout=60).stdout
    version = re.search(r"v(\d+)\.(\d+)", said)
    if not version or (int(version[1]), int(version[2])) < (1, 13):
        pytest.skip(f"{program} is no CLI 1.13 or later: {said.strip()}")
    return program


def cli(program: str, project: Path, url: str, **variables: str) -> Cli:
    """Knows this workspace only: a home of its own, none of the machine's profiles."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DATABRICKS", "BUNDLE"))}
    quiet = {"DATABRICKS_CLI_DISABLE_UPDATE_CHECK": "true", "no_proxy": "127.0.0.1"}
    quiet |= {"DATABRICKS_RATE_LIMIT": "1000"}  # 15 requests a second is for real workspaces
    where = {"DATABRICKS_HOST": url, "DATABRICKS_TOKEN": "any"} if url else {}
    environment = {**clean, **quiet, **where, **variables, "HOME": str(project / ".home"), "PATH": path}

    def call(*words: str, group: str = "bundle") -> subprocess.CompletedProcess[str]:
        given = {"cwd": project, "env": environment, "stdin": subprocess.DEVNULL, "timeout": 300}
        return subprocess.run([program, group, *words], capture_output=True, text=True, **given)

    return call


@dataclass
class Life:
    """What the CLI answered at each step, and what was in the workspace between deployment and destruction."""

    target: str
    workspace: FakeWorkspace
    answers: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    settings: JobSettings = field(default_factory=JobSettings)
    absent: list[str] = field(default_factory=list)
    dashboards: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module", params=["dev", "staging", "prod"])
def life(request: pytest.FixtureRequest, program: str, project: Path) -> Iterator[Life]:
    target = request.param
    with serving(FakeWorkspace(user=USERS[target], run=importing_only)) as workspace:
        life = Life(target, workspace)
        call = cli(program, project, workspace.url, **(OWNERS if target != "dev" else {}))

        def step(name: str, *words: str) -> None:
            life.answers[name] = call(*words, "-t", target)

        step("validate", "validate", "--strict")
        step("plan", "plan")
        step("deploy", "deploy")
        step("deploy again", "deploy")
        step("plan again", "plan")
        step("summary", "summary", "-o", "json")
        client = WorkspaceClient(host=workspace.url, token="any", auth_type="pat")
        life.settings = settings_of(client, "DVD Rental Pipeline")
        life.absent, life.files = missing(client, life.settings), set(workspace.files)
        life.dashboards = {key: item for key, item in workspace.items.items() if key.startswith("dashboards/")}
        step("run", "run", "dvd_rental_pipeline", "--params", "sync_mode=append")
        step("destroy", "destroy", "--auto-approve")
        yield life


def test_every_step_succeeds(life: Life) -> None:
    failed = {name: answer.stderr for name, answer in life.answers.items() if answer.returncode}
    assert failed.keys() == ({"destroy"} if life.target == "prod" else set())


def test_strict_validation_has_nothing_to_say(life: Life) -> None:
    assert "Validation OK!" in life.answers["validate"].stdout


def test_second_deployment_brings_a_wheel_to_the_jobs_and_changes_nothing_else(life: Life) -> None:
    assert re.search(r"Plan: [1-9]\d* to add, 0 to change, 0 to delete", life.answers["plan"].stdout)
    said = life.answers["deploy again"].stdout + life.answers["deploy again"].stderr
    with_wheel = {"jobs.dvd_rental_pipeline", "jobs.upkeep"}
    with_wheel |= {"jobs.integration_test"} if life.target == "staging" else set()
    assert set(re.findall(r"^Updated (\S+)", said, re.MULTILINE)) == with_wheel
    assert re.search(rf"0 created, {len(with_wheel)} changed, 0 deleted, [1-9]\d* unchanged", said)
    assert "Files: 0 uploaded, 0 deleted" in said
    again = f"Plan: 0 to add, {len(with_wheel)} to change, 0 to delete"
    assert again in life.answers["plan again"].stdout


def test_job_has_the_tasks_and_edges_of_the_file(life: Life, bundle: Bundle) -> None:
    assert graph(life.settings) == bundle.pipeline.graph


def test_job_runs_on_monday_in_prod_only(life: Life) -> None:
    schedule = life.settings.schedule
    assert (schedule.quartz_cron_expression, schedule.timezone_id) == ("0 30 9 ? * MON", "America/New_York")
    assert schedule.pause_status.value == ("UNPAUSED" if life.target == "prod" else "PAUSED")


def test_names_tell_whose_copy_it_is(life: Life) -> None:
    assert life.settings.name == f"{PREFIX[life.target]}DVD Rental Pipeline"
    given = {parameter.name: parameter.default for parameter in life.settings.parameters}
    schema = "dev_tester_gold" if life.target == "dev" else "gold"
    assert given["gold_schema"] == schema
    assert given["staging"].startswith(f"/Volumes/dvd_{life.target}/{schema.replace('gold', 'ops')}/staging")


def test_strict_targets_run_as_the_service_principal(life: Life) -> None:
    run_as = life.settings.run_as and life.settings.run_as.service_principal_name
    assert run_as == (None if life.target == "dev" else PRINCIPAL)


def test_job_of_prod_belongs_to_the_principal_and_is_seen_by_all(life: Life) -> None:
    entries = [entry for what, rights in life.workspace.rights.items() if what.startswith("jobs/") for entry in rights]
    who = {e.get("group_name", e.get("service_principal_name")): e["all_permissions"][0] for e in entries}
    wanted = {"users": "CAN_VIEW", PRINCIPAL: "IS_OWNER"} if life.target == "prod" else {}
    assert {name: right["permission_level"] for name, right in who.items()} == wanted


def test_mails_go_to_the_owner(life: Life) -> None:
    wanted = USERS["dev"] if life.target == "dev" else OWNERS["BUNDLE_VAR_notification_email"]
    assert life.settings.email_notifications.on_failure == [wanted]


def test_readers_get_gold_and_nothing_else(life: Life) -> None:
    rights = {what: may for what, may in life.workspace.rights.items() if what.startswith("schema/")}
    gold = f"schema/dvd_{life.target}.{'dev_tester_gold' if life.target == 'dev' else 'gold'}"
    reader = "account users" if life.target == "prod" else USERS[life.target]
    assert {what: may for what, may in rights.items() if may} == {gold: {reader: ["SELECT", "USE_SCHEMA"]}}


def test_dashboard_is_published_and_reads_gold_of_its_target(life: Life, project: Path) -> None:
    draft, shown = sorted(life.dashboards.values(), key=lambda item: "warehouse_id" in item and "etag" not in item)
    assert draft["display_name"] == f"{PREFIX[life.target]}DVD Rental"
    assert draft["dataset_catalog"] == f"dvd_{life.target}"
    assert draft["dataset_schema"] == ("dev_tester_gold" if life.target == "dev" else "gold")
    assert (shown["warehouse_id"], shown["embed_credentials"]) == ("w1", False)
    assert shown["serialized_dashboard"] == draft["serialized_dashboard"]
    file = project / "dashboards" / "aibi" / "rentals.lvdash.json"
    assert json.loads(shown["serialized_dashboard"]) == json.loads(file.read_text(encoding="utf-8"))


def test_dashboard_of_prod_is_seen_by_all(life: Life) -> None:
    rights = life.workspace.rights.items()
    entries = [entry for what, given in rights if what.startswith("dashboards/") for entry in given]
    who = {e.get("group_name", e.get("service_principal_name")): e["all_permissions"][0] for e in entries}
    wanted = {"users": "CAN_READ", PRINCIPAL: "CAN_MANAGE"} if life.target == "prod" else {}
    assert {name: right["permission_level"] for name, right in who.items()} == wanted


def test_notebooks_and_wheel_are_there_and_tests_stay_at_home(life: Life) -> None:
    assert life.absent == []
    wheels = [name for name in life.settings.environments[0].spec.dependencies if name.endswith(".whl")]
    assert len(wheels) == 1
    assert set(wheels) <= life.files
    assert not [file for file in life.files if "stays_at_home" in file]


def test_every_notebook_imports_from_the_wheel(life: Life) -> None:
    assert "TERMINATED SUCCESS" in life.answers["run"].stdout + life.answers["run"].stderr
    assert life.workspace.outputs == {"imports": ""}


def test_summary_names_what_was_deployed(life: Life) -> None:
    """The integration test drops schemas: it stays in staging."""
    resources = json.loads(life.answers["summary"].stdout)["resources"]
    assert resources["jobs"].keys() == {
        "dvd_rental_pipeline",
        "rebuild",
        "upkeep",
        *(["integration_test"] if life.target == "staging" else []),
    }
    assert resources["schemas"].keys() == {"bronze", "silver", "gold", "ops"}


def test_nothing_is_left_but_the_data_of_prod(life: Life) -> None:
    left = {key for key in life.workspace.items if key.startswith("schemas/")}
    assert left == (KEPT if life.target == "prod" else set())
    if life.target == "prod":
        kept = re.findall(r"resources\.(\S+) has lifecycle.prevent_destroy", life.answers["destroy"].stderr)
        assert kept == ["schemas.bronze", "schemas.gold", "schemas.ops", "schemas.silver", "volumes.landing"]
        assert len(life.workspace.jobs) == len({"dvd_rental_pipeline", "rebuild", "upkeep"})
    else:
        assert (life.workspace.items, life.workspace.jobs, life.workspace.files) == ({}, {}, {})


@pytest.mark.parametrize("variable", OWNERS)
@pytest.mark.parametrize("target", ["staging", "prod"])
def test_what_only_the_owner_knows_is_asked_for(program: str, project: Path, target: str, variable: str) -> None:
    others = {name: value for name, value in OWNERS.items() if name != variable}
    with serving(FakeWorkspace()) as workspace:
        answer = cli(program, project, workspace.url, **others)("validate", "-t", target)
    assert answer.returncode == 1
    assert f"required variable {variable.removeprefix('BUNDLE_VAR_')}" in answer.stderr


def test_missing_warehouse_is_named(program: str, project: Path) -> None:
    with serving(FakeWorkspace(warehouses=[])) as workspace:
        answer = cli(program, project, workspace.url)("validate")
        assert answer.returncode == 1
        assert "failed to resolve warehouse: Serverless Starter Warehouse" in answer.stderr
        answer = cli(program, project, workspace.url, BUNDLE_VAR_warehouse_id="mine")("validate", "--strict")
        assert answer.returncode == 0


def test_missing_catalog_is_named(program: str, project: Path) -> None:
    with serving(FakeWorkspace(catalogs=())) as workspace:
        answer = cli(program, project, workspace.url)("deploy")
    assert answer.returncode == 1
    assert "Catalog 'dvd_dev' does not exist" in answer.stderr


def test_missing_workspace_is_said(program: str, project: Path) -> None:
    answer = cli(program, project, "")("validate")
    assert answer.returncode == 1
    assert "cannot configure default credentials" in answer.stderr


def test_renamed_schema_does_not_take_the_data_of_prod_along(program: str, project: Path) -> None:
    shutil.rmtree(project / ".databricks", ignore_errors=True)  # what it knows of the workspace of another test
    with serving(FakeWorkspace(user=PRINCIPAL)) as workspace:
        assert cli(program, project, workspace.url, **OWNERS)("deploy", "-t", "prod").returncode == 0
        renamed = cli(program, project, workspace.url, **OWNERS, BUNDLE_VAR_bronze_schema="raw")
        answer = renamed("deploy", "-t", "prod", "--auto-approve")
        assert answer.returncode == 1
        assert "resources.schemas.bronze has lifecycle.prevent_destroy" in answer.stderr
        assert "schemas/dvd_prod.bronze" in workspace.items


def test_run_is_done_by_the_local_runner(
    program: str, project: Path, spark: SparkSession, sample: Database, tmp_path: Path
) -> None:
    """As deployed in dev, on this machine's Spark: each table of the job is filled."""
    land(sample, tmp_path, "v2")
    lake = open_lake(spark, tmp_path)
    names = {f"{layer}_schema": layer for layer in ("bronze", "silver", "gold", "ops")}
    given = ",".join(f"{name}={value}" for name, value in {**parameters(tmp_path, "cli"), **names}.items())
    with serving(FakeWorkspace(run=with_the_local_runner(spark))) as workspace:
        call = cli(program, project, workspace.url)
        assert call("deploy").returncode == 0
        answer = call("run", "dvd_rental_pipeline", "--params", given)
    assert answer.returncode == 0, workspace.outputs
    assert lake.read(rental_obt.TABLE).count() == len(sample["rental"])


def test_landing_of_this_machine_is_copied_into_the_volume(program: str, project: Path, tmp_path: Path) -> None:
    file = tmp_path / "landing" / "public" / "category" / "1.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text('{"_airbyte_raw_id":"1"}\n')
    with serving(FakeWorkspace()) as workspace:
        workspace.create_item("volumes", catalog_name="dvd_dev", schema_name="bronze", name="landing")
        volume = "/Volumes/dvd_dev/bronze/landing"
        copied = cli(program, project, workspace.url)(
            "cp", "-r", str(tmp_path / "landing"), f"dbfs:{volume}", group="fs"
        )
        assert copied.returncode == 0, copied.stderr
        assert workspace.files[f"{volume}/public/category/1.jsonl"] == file.read_bytes()
