"""Each rule finds the fault that it is there for: one small change to a copy of the bundle each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.bundle import lineage, rules
from tests.bundle.loading import Bundle, read

Rule = Callable[[Bundle], list[str]]

MAIN = "databricks.yml"
JOB = "resources/dvd_rental_pipeline.job.yml"
SCHEMA = "resources/gold.schema.yml"
VOLUME = "resources/staging.volume.yml"
ALERT = "resources/stale_gold.alert.yml"
DASHBOARD = "resources/rentals.dashboard.yml"
DRAWN = "dashboards/aibi/rentals.lvdash.json"
INTEGRATION = "resources/integration_test.job.yml"
DIM_ACTOR = "{notebook_path: ../notebooks/silver/dim_actor.py}"
PRINCIPAL = '{service_principal_name: "${var.run_as_service_principal}", level'

# Rule -> what is wrong -> file, the text whose first occurrence is replaced, its replacement.
MUTATIONS: dict[Rule, dict[str, tuple[str, str, str]]] = {
    rules.the_classes_accept_every_resource: {
        "unknown job field": (JOB, "queue:", "queues:"),
        "unknown task field": (JOB, "{notebook_path:", "{notebook:"),
        "unknown metric": (JOB, "RUN_DURATION_SECONDS", "RUN_SECONDS"),
        "unknown performance target": (JOB, "STANDARD", "CHEAP"),
        "no time zone": (JOB, "timezone_id: America/New_York", ""),
        "schema without catalog": (SCHEMA, "catalog_name: ${var.catalog}", ""),
        "unknown volume type": (VOLUME, "MANAGED", "TEMPORARY"),
        "unknown kind": (SCHEMA, "schemas:", "schema:"),
        "unknown privilege": (SCHEMA, "SELECT]", "READ]"),
        "unknown field of the alert": (ALERT, "quartz_cron_schedule", "quartz_cron_expression"),
        "unknown comparison": (ALERT, "GREATER_THAN", "MORE_THAN"),
        "unknown field of the dashboard": (DASHBOARD, "dataset_catalog", "default_catalog"),
        "unknown field in one target": (INTEGRATION, "run_if:", "runs_if:"),
    },
    rules.every_include_matches_a_file: {
        "include without match": (MAIN, "- resources/*.yml", "- resources/*.yml\n  - jobs/*.yml"),
    },
    rules.every_resource_is_defined_once: {
        "schema in two files": (SCHEMA, "gold:", "silver:"),
    },
    rules.every_volume_has_a_type: {
        "volume without type": (VOLUME, "volume_type: MANAGED", ""),
    },
    rules.schemas_are_named_by_reference: {
        "volume in a literal schema": (VOLUME, "${resources.schemas.ops.name}", "ops"),
        "literal schema as parameter": (JOB, "${resources.schemas.gold.name}", "gold"),
        "schema of another layer": (JOB, "schemas.gold.name", "schemas.silver.name"),
    },
    rules.every_reference_resolves: {
        "undeclared variable": (JOB, "${var.landing}", "${var.landings}"),
        "unknown resource": (JOB, "volumes.staging.name", "volumes.stage.name"),
        "unknown field of a resource": (JOB, "volumes.staging.name", "volumes.staging.path"),
    },
    rules.every_variable_is_used: {
        "unused variable": (JOB, "${var.namespace}", "public"),
    },
    rules.every_variable_is_described: {
        "variable without description": (MAIN, "description: Schema of dimensions and facts", 'description: ""'),
    },
    rules.only_what_the_owner_must_give_has_no_value: {
        "target without catalog": (MAIN, "catalog: dvd_staging", "namespace: public"),
        "placeholder as principal": (
            MAIN,
            "      readers: account",
            "      run_as_service_principal: x\n      readers: account",
        ),
        "dev asks for an address": (MAIN, "      notification_email: ${workspace.current_user.userName}\n", ""),
        "target sets an unknown variable": (MAIN, "catalog: dvd_dev", "catalog: dvd_dev\n      catalogue: x"),
    },
    rules.every_dynamic_reference_is_known: {
        "misspelt dynamic reference": (JOB, "{{job.run_id}}", "{{job.runid}}"),
        "unknown job parameter": (JOB, "{{job.run_id}}", "{{job.parametrs.catalog}}"),
        "value of a task that is not upstream": (
            JOB,
            DIM_ACTOR,
            DIM_ACTOR[:-1] + ', base_parameters: {n: "{{tasks.silver_dim_film.values.n}}"}}',
        ),
    },
    rules.every_notebook_is_deployed: {
        "notebook path without .py": (JOB, "dim_actor.py", "dim_actor"),
        "path not relative to the file": (JOB, "../notebooks/silver", "notebooks/silver"),
        "notebook without header": ("notebooks/silver/dim_actor.py", "# Databricks", "# Databrick"),
        "notebook not synced": (MAIN, "- tests/**", "- notebooks/gold/**"),
        "notebook ignored by git": (".gitignore", "", "gold/\n"),
    },
    rules.every_sql_file_is_there: {
        "no such file": (INTEGRATION, "tear_down.sql", "drop.sql"),
    },
    rules.every_sync_pattern_matches: {
        "sync pattern without match": (MAIN, "- tests/**", "- nowhere/**"),
    },
    rules.every_environment_installs_the_built_wheel: {
        "wheel of another folder": (JOB, "../dist/*.whl", "./dist/*.whl"),
        "sources instead of the wheel": (JOB, "../dist/*.whl", "--editable ../"),
        "wheel that nobody builds": (MAIN, "build: python -m build --wheel --no-isolation", ""),
    },
    rules.every_package_is_the_one_that_is_tested: {
        "another version": (INTEGRATION, "deltalake==1", "deltalake==0"),
    },
    rules.tasks_form_a_graph: {
        "dependency on no task in one target": (INTEGRATION, "[{task_key: pipeline}]", "[{task_key: run}]"),
        "task twice": (JOB, "task_key: silver_dim_actor", "task_key: silver_dim_film"),
        "dependency on no task": (JOB, "[{task_key: silver_dim_actor}]", "[{task_key: dim_actor}]"),
        "cycle": (JOB, "[{task_key: ops_airbyte_sync}]", "[{task_key: gold_rental_obt}]"),
    },
    rules.every_task_has_one_type: {
        "task without type": (JOB, "notebook_task: {notebook_path: ../notebooks/ops/begin.py}", ""),
        "task of two types": (
            JOB,
            f"notebook_task: {DIM_ACTOR}",
            f"notebook_task: {DIM_ACTOR}\n          run_job_task: {{job_id: 1}}",
        ),
    },
    rules.every_notebook_task_has_a_defined_environment: {
        "task without environment": (JOB, "          environment_key: default\n", ""),
        "task without environment in one target": (INTEGRATION, "              environment_key: default\n", ""),
        "undefined environment": (JOB, "- environment_key: default", "- environment_key: serverless"),
    },
    rules.job_parameters_are_the_settings: {
        "setting without parameter": (JOB, "{name: namespace,", "{name: name_space,"),
        "parameter twice": (JOB, "{name: namespace,", "{name: landing,"),
        "parameter of the job in a task": (JOB, DIM_ACTOR, DIM_ACTOR[:-1] + ", base_parameters: {catalog: x}}"),
    },
    rules.the_schedule_is_monday_half_past_nine_in_new_york: {
        "Tuesday": (JOB, "* MON", "* TUE"),
        "unix weekday": (JOB, "* MON", "* 1"),
        "unix cron": (JOB, "0 30 9 ? * MON", "30 9 * * MON"),
        "no question mark": (JOB, "9 ? *", "9 * *"),
        "unknown time zone": (JOB, "America/New_York", "America/NewYork"),
        "other time zone": (JOB, "America/New_York", "UTC"),
        "two triggers": (JOB, "      schedule:", "      continuous: {pause_status: PAUSED}\n      schedule:"),
    },
    rules.every_schedule_fires_in_prod_only: {
        "alert that is always on": (ALERT, "${var.schedule_pause_status}", "UNPAUSED"),
        "hard UNPAUSED": (JOB, "${var.schedule_pause_status}", "UNPAUSED"),
        "no pause status": (JOB, "pause_status: ${var.schedule_pause_status}", ""),
        "unpaused by default": (MAIN, "default: PAUSED", "default: UNPAUSED"),
        "prod paused": (MAIN, "      schedule_pause_status: UNPAUSED", ""),
    },
    rules.every_task_ends_by_itself: {
        "task without limit": (JOB, "          timeout_seconds: 1800 ", "          # "),
        "task that outlives the job": (JOB, "timeout_seconds: 3900", "timeout_seconds: 10800"),
        "tried for ever": (JOB, "max_retries: 1", "max_retries: -1"),
        "hangs again": (JOB, "retry_on_timeout: false", "retry_on_timeout: true"),
        "tried by serverless": (JOB, "          disable_auto_optimization: true", "          #"),
        "test without limit": (INTEGRATION, "              timeout_seconds: 7200\n", ""),
    },
    rules.somebody_hears_of_failed_and_slow_runs: {
        "mail to nobody": (JOB, 'on_failure: ["${var.notification_email}"]', "on_failure: []"),
        "slow after its end": (JOB, "value: 3600", "value: 10800"),
        "never slow": (JOB, "      health:", "      description2:"),
    },
    rules.one_run_at_a_time: {
        "two runs": (JOB, "max_concurrent_runs: 1", "max_concurrent_runs: 2"),
        "runs are lost": (JOB, "queue: {enabled: true}", "queue: {enabled: false}"),
    },
    rules.the_alert_asks_the_ledger: {
        "another schema": (ALERT, "schemas.ops.name}`.`step", "schemas.gold.name}`.`step"),
        "another view": (ALERT, "`freshness`", "`age`"),
        "unknown column": (ALERT, "max(started_at)", "max(finished_at)"),
        "another result": (ALERT, "AS days", "AS age"),
    },
    rules.every_dashboard_reads_gold_of_its_target: {
        "schema written out": (DASHBOARD, "${resources.schemas.gold.name}", "gold"),
        "schema before development renames it": (DASHBOARD, "${resources.schemas.gold.name}", "${var.gold_schema}"),
        "another catalog": (DASHBOARD, "${var.catalog}", "main"),
        "written warehouse": (DASHBOARD, "${var.warehouse_id}", "1234567890abcdef"),
        "rights of the deployer": (DASHBOARD, "embed_credentials: false", "embed_credentials: true"),
        "rights left open": (DASHBOARD, "      embed_credentials: false", "      #"),
    },
    rules.every_dashboard_file_is_sound: {
        "no such file": (DASHBOARD, "rentals.lvdash.json", "rental.lvdash.json"),
        "broken file": (DRAWN, '"datasets": [', '"datasets": [,'),
        "table with its schema": (DRAWN, "FROM rental_obt", "FROM gold.rental_obt"),
        "table with catalog and schema": (DRAWN, "FROM inventory_status", "FROM dvd_prod.gold.inventory_status"),
        "table of silver": (DRAWN, "FROM customer_value", "FROM dim_customer"),
        "catalog of a dataset": (DRAWN, '"displayName": "Copies",', '"displayName": "Copies", "catalog": "main",'),
        "no such dataset": (DRAWN, '"datasetName": "rentals"', '"datasetName": "rental"'),
        "dataset without its measures": (DRAWN, '"datasetName": "copies"', '"datasetName": "films"'),
        "measure that is not there": (DRAWN, "MEASURE(`Revenue`)", "MEASURE(`Turnover`)"),
        "formula in a widget": (DRAWN, "MEASURE(`Revenue`)", "SUM(amount)"),
        "field that nobody asks for": (DRAWN, '"fieldName": "measure(Revenue)"', '"fieldName": "sum(amount)"'),
        "filter of a query that is not there": (DRAWN, '"queryName": "rentals_category"', '"queryName": "rentals"'),
        "widget over another": (DRAWN, '"x": 2,', '"x": 1,'),
        "widget out of the page": (DRAWN, '"x": 4,', '"x": 5,'),
        "version that is not drawn": (DRAWN, '"version": 2,', '"version": 1,'),
        "dataset twice": (DRAWN, '"name": "copies"', '"name": "rentals"'),
    },
    rules.readers_get_gold_and_nothing_else: {
        "no reader": (SCHEMA, "${var.readers}", "users"),
        "readers write": (SCHEMA, "SELECT]", "SELECT, MODIFY]"),
        "readers of silver": (
            "resources/silver.schema.yml",
            "      comment:",
            '      grants: [{principal: "${var.readers}", privileges: [SELECT]}]\n      comment:',
        ),
    },
    rules.only_prod_keeps_its_data: {
        "prod loses bronze": (MAIN, "bronze: {lifecycle: {prevent_destroy: true}}", "bronze: {lifecycle: {}}"),
        "dev cannot be cleared": (SCHEMA, "      comment:", "      lifecycle: {prevent_destroy: true}\n      comment:"),
    },
    rules.the_integration_test_has_a_schema_of_its_own: {
        "the real gold": (INTEGRATION, "gold_schema: integration_{{job.run_id}}", "gold_schema: gold"),
        "the real landing": (INTEGRATION, "landing: /Volumes/${var.catalog}/integration_{{job.run_id}}", "landing: /x"),
        "drops another": (
            INTEGRATION,
            "`${var.catalog}`.integration_{{job.run_id}}",
            "`${var.catalog}`.gold",
        ),
        "pipeline elsewhere": (INTEGRATION, "job_parameters: *own", "job_parameters: {catalog: x}"),
    },
    rules.the_integration_test_clears_away: {
        "schema stays after a failure": (INTEGRATION, "run_if: ALL_DONE", "run_if: ALL_SUCCESS"),
        "test in prod": (INTEGRATION, "  staging:", "  prod:"),
    },
    rules.dev_is_the_only_default_target: {
        "two default targets": (MAIN, "mode: production", "mode: production\n    default: true"),
        "dev without mode": (MAIN, "mode: development", ""),
    },
    rules.prod_says_where_and_as_whom_it_runs: {
        "prod without mode": (MAIN, "mode: production", ""),
        "prod without root path": (MAIN, "root_path: /Workspace/Users/${var", "file_path: /Workspace/Users/${var"),
        "prod as whoever deploys": (MAIN, "    run_as:\n      service_principal_name", "    run_as:\n      user_name"),
        "permission for nobody": (MAIN, PRINCIPAL, "{level"),
    },
    rules.targets_fit_any_workspace: {
        "written host": (MAIN, "bundle:", "workspace: {host: https://example.com}\nbundle:"),
        "shared root path": (MAIN, "/Users/${workspace.current_user.userName}/", "/Shared/"),
        "name prefix": (MAIN, "tags: {environment: staging}", "name_prefix: staging"),
    },
    lineage.every_task_runs_the_notebook_of_its_name: {
        "task runs another notebook": (JOB, "dim_actor.py", "dim_film.py"),
    },
    lineage.every_table_has_a_module_a_notebook_and_a_task: {
        "table without task": (JOB, "task_key: silver_dim_actor\n", "task_key: silver_actor\n"),
        "table without notebook": ("src/dvdrental/gold/new.py", "", "TABLE = Table()\n"),
        "notebook without table": ("notebooks/gold/new.py", "", rules.HEADER),
    },
    lineage.every_task_waits_for_what_it_needs: {
        "forgotten dependency": (JOB, "            - {task_key: silver_dim_film}\n", ""),
        "forgotten reference": (JOB, "[{task_key: silver_dim_actor}]", "[{task_key: bronze_ingest}]"),
        "another read": ("notebooks/silver/dim_actor.py", 'lake.changes("actor")', "lake.read(dim_film.TABLE)"),
        "nothing reconciled": (JOB, "            - {task_key: silver_dim_address}\n", ""),
    },
    lineage.every_dependency_has_a_reason: {
        "dependency without reason": (
            JOB,
            "[{task_key: silver_fact_rentals}]",
            "[{task_key: silver_fact_rentals}, {task_key: silver_dim_actor}]",
        ),
    },
    lineage.no_dependency_follows_from_another: {
        "dependency that follows": (
            JOB,
            "[{task_key: silver_dim_actor}]",
            "[{task_key: silver_dim_actor}, {task_key: bronze_ingest}]",
        ),
    },
}


@pytest.mark.parametrize(
    ("rule", "file", "old", "new"),
    [
        pytest.param(rule, *change, id=f"{rule.__name__}-{name}")
        for rule, changes in MUTATIONS.items()
        for name, change in changes.items()
    ],
)
def test_rule_finds_the_fault(checkout: Path, rule: Rule, file: str, old: str, new: str) -> None:
    with changed(checkout / file, old, new):
        assert rule(Bundle.load(checkout)) != []


@contextmanager
def changed(path: Path, old: str, new: str) -> Iterator[None]:
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    assert old in before
    path.write_text(before.replace(old, new, 1), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8") if before else path.unlink()


def test_every_rule_can_fail() -> None:
    assert MUTATIONS.keys() == {*rules.RULES, *lineage.RULES}


def test_copy_without_a_change_keeps_every_rule(checkout: Path) -> None:
    copy = Bundle.load(checkout)
    assert [fault for rule in MUTATIONS for fault in rule(copy)] == []


def test_key_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.yml"
    path.write_text("tasks: {a: 1, b: {c: 1, c: 2}}", encoding="utf-8")
    with pytest.raises(yaml.YAMLError, match="twice: c"):
        read(path)
