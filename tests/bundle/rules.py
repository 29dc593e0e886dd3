"""What must hold in the bundle and what neither the CLI nor a workspace would tell us, or only at night.

Each rule takes the loaded bundle and returns the faults that it found.
"""

import json
import re
from dataclasses import fields
from graphlib import CycleError, TopologicalSorter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from databricks.bundles.alerts import Alert
from databricks.bundles.dashboards import Dashboard
from databricks.bundles.jobs import Job
from databricks.bundles.schemas import Schema
from databricks.bundles.volumes import Volume
from pathspec import GitIgnoreSpec

from dvdrental.ledger_views import FRESHNESS
from dvdrental.ops import STEP
from dvdrental.settings import Settings
from tests import lvdash
from tests.bundle.loading import Bundle, JobFile, ancestors, strings, twice

CLASSES = {"alerts": Alert, "dashboards": Dashboard, "jobs": Job, "schemas": Schema, "volumes": Volume}
LAYERS = ("bronze", "silver", "gold", "ops")
INTEGRATION = "integration_test"
OF_THE_OWNER: dict[str, set[str]] = {"dev": set(), "staging": {"notification_email", "run_as_service_principal"}}
OF_THE_OWNER["prod"] = OF_THE_OWNER["staging"]
"""What nobody else can know: these have no value, so that the CLI asks for them by name."""
REFERENCE = re.compile(r"\$\{([^}]*)\}")
BUILT_IN = {"bundle.name", "bundle.target", "workspace.current_user.userName", "workspace.file_path"}
DYNAMIC = re.compile(r"\{\{\s*(.*?)\s*\}\}")
OF_TASK = re.compile(r"tasks\.(\w+)\.(?:result_state|values\.\w+)")
RUN_TIME = {
    *("job.id", "job.name", "job.run_id", "job.repair_count", "job.trigger.type"),
    *("job.start_time.iso_date", "job.start_time.iso_datetime", "job.start_time.timestamp_ms"),
    *("task.name", "task.run_id", "task.execution_count", "workspace.id", "workspace.url"),
}
MONDAY = ("MON", "2")  # Quartz counts from Sunday = 1
HEADER = "# Databricks notebook source"


# --- resources ---


def the_classes_accept_every_resource(bundle: Bundle) -> list[str]:
    """Unknown fields, bad enums, wrong types and missing required fields."""
    faults = []
    there = {(kind, key) for kind, key, _ in bundle.definitions}
    added = [one for _, one in bundle.changes if (one.kind, one.key) not in there]
    for kind, key, definition in [*bundle.definitions, *added]:
        try:
            CLASSES[kind].from_dict(definition)
        except (KeyError, TypeError, ValueError) as error:
            faults.append(f"{kind}.{key}: {error!r}")
    return faults


def every_include_matches_a_file(bundle: Bundle) -> list[str]:
    """Otherwise a deployment deletes everything without a word."""
    return [f"include {pattern} matches nothing" for pattern in bundle.main["include"] if not _any(bundle, pattern)]


def every_resource_is_defined_once(bundle: Bundle) -> list[str]:
    return [f"{name} is defined twice" for name in twice([f"{kind}.{key}" for kind, key, _ in bundle.definitions])]


def every_volume_has_a_type(bundle: Bundle) -> list[str]:
    volumes = [(key, volume) for kind, key, volume in bundle.definitions if kind == "volumes"]
    return [f"volume {key} has no volume_type" for key, volume in volumes if "volume_type" not in volume]


def schemas_are_named_by_reference(bundle: Bundle) -> list[str]:
    """Development mode renames schemas: a literal name would point to somebody else's."""
    wanted = {f"{layer}_schema": f"${{resources.schemas.{layer}.name}}" for layer in LAYERS}
    found = {parameter["name"]: parameter["default"] for parameter in bundle.pipeline.fields["parameters"]}
    faults = [f"parameter {name} is not {value}" for name, value in wanted.items() if found.get(name) != value]
    volumes = [(key, volume["schema_name"]) for kind, key, volume in bundle.definitions if kind == "volumes"]
    return faults + [f"volume {key} is in a literal schema" for key, name in volumes if name not in wanted.values()]


# --- references and variables ---


def every_reference_resolves(bundle: Bundle) -> list[str]:
    known = BUILT_IN | {f"var.{name}" for name in bundle.main["variables"]}
    known |= {f"resources.{kind}.{key}.{field}" for kind, key, named in bundle.definitions for field in (*named, "id")}
    return [f"${{{name}}} is not known" for name in sorted(_references(bundle) - known)]


def every_variable_is_used(bundle: Bundle) -> list[str]:
    used = _references(bundle)
    return [f"variable {name} is never used" for name in bundle.main["variables"] if f"var.{name}" not in used]


def every_variable_is_described(bundle: Bundle) -> list[str]:
    return [
        f"variable {name} has no description"
        for name, v in bundle.main["variables"].items()
        if not v.get("description")
    ]


def only_what_the_owner_must_give_has_no_value(bundle: Bundle) -> list[str]:
    variables = bundle.main["variables"]
    required = {name for name, field in variables.items() if not {"default", "lookup"} & field.keys()}
    faults = []
    for target, definition in bundle.main["targets"].items():
        given = set(definition.get("variables", ()))
        faults += [
            f"{target}: {name} has no value, or a made up one" for name in required - given ^ OF_THE_OWNER[target]
        ]
        faults += [f"{target} sets {name}, which is not declared" for name in sorted(given - set(variables))]
    return faults


def every_dynamic_reference_is_known(bundle: Bundle) -> list[str]:
    """The Jobs service passes an unknown {{name}} on as text. Values of a task are there only after that task."""
    faults = []
    for name, job in bundle.jobs.items():
        shared = RUN_TIME | {f"job.parameters.{parameter['name']}" for parameter in job.fields.get("parameters", [])}
        places = [(name, {**job.fields, "tasks": []}), *((task["task_key"], task) for task in job.tasks)]
        for place, content in places:
            used = {name for text in strings(content) for name in DYNAMIC.findall(text)} - shared
            upstream = [OF_TASK.fullmatch(name) for name in used]
            known = {found[0] for found in upstream if found and found[1] in ancestors(job.graph, place)}
            faults += [f"{place}: {{{{{name}}}}} is not known" for name in sorted(used - known)]
    return faults


# --- files ---


def every_notebook_is_deployed(bundle: Bundle) -> list[str]:
    lines = [*(bundle.root / ".gitignore").read_text().splitlines(), *bundle.main["sync"]["exclude"]]
    excluded = GitIgnoreSpec.from_lines(lines)
    faults = []
    for task, path in [item for job in bundle.jobs.values() for item in job.notebooks.items()]:
        if not (path.is_relative_to(bundle.root) and path.is_file()):
            faults.append(f"{task}: no such file in the bundle: {path}")
        elif path.read_text(encoding="utf-8").partition("\n")[0] != HEADER:
            faults.append(f"{path} does not begin with {HEADER}")
        elif excluded.match_file(path.relative_to(bundle.root)):
            faults.append(f"{path} is not uploaded: sync.exclude or .gitignore leaves it out")
    return faults


def every_sql_file_is_there(bundle: Bundle) -> list[str]:
    tasks = [(job.folder, task) for job in bundle.jobs.values() for task in job.tasks if "sql_task" in task]
    files = [folder / task["sql_task"]["file"]["path"] for folder, task in tasks]
    return [f"there is no {file}" for file in files if not file.is_file()]


def every_sync_pattern_matches(bundle: Bundle) -> list[str]:
    """`bundle validate --strict` fails otherwise."""
    return [
        f"sync: {pattern} matches nothing" for pattern in bundle.main["sync"]["exclude"] if not _any(bundle, pattern)
    ]


def every_environment_installs_the_built_wheel(bundle: Bundle) -> list[str]:
    """A relative path that is not a wheel passes the CLI's checks and means something else in the workspace."""
    artifacts = [a for a in bundle.main["artifacts"].values() if a["type"] == "whl" and a.get("build")]
    folders = {(bundle.root / artifact["path"]).resolve() / "dist" for artifact in artifacts}
    faults = []
    for job in bundle.jobs.values():
        for environment in job.environments:
            key, dependencies = environment["environment_key"], environment["spec"]["dependencies"]
            wheels = [name for name in dependencies if name.endswith(".whl")]
            if {(job.folder / wheel).resolve().parent for wheel in wheels} - folders or not wheels:
                faults.append(f"environment {key} does not install the wheel that the bundle builds: {dependencies}")
            others = set(dependencies) - set(wheels)
            faults += [f"environment {key}: {name} is no package" for name in sorted(others) if ".." in name]
    return faults


def every_package_is_the_one_that_is_tested(bundle: Bundle) -> list[str]:
    tested = (bundle.root / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    specs = [environment["spec"] for job in bundle.jobs.values() for environment in job.environments]
    packages = {name for spec in specs for name in spec["dependencies"] if not name.endswith(".whl")}
    return [f"{name} is not in requirements-dev.txt" for name in sorted(packages - set(tested))]


# --- job ---


def tasks_form_a_graph(bundle: Bundle) -> list[str]:
    return [fault for job in bundle.jobs.values() for fault in _graph_faults(job)]


def _graph_faults(job: JobFile) -> list[str]:
    keys = [task["task_key"] for task in job.tasks]
    faults = [f"task {key} is there twice" for key in twice(keys)]
    for key, on in job.graph.items():
        faults += [f"{key} depends on {missing}, which is no task" for missing in sorted(on - set(keys))]
    try:
        TopologicalSorter(job.graph).prepare()
    except CycleError as error:
        faults.append(f"tasks wait for each other: {error.args[1]}")
    return faults


def every_task_has_one_type(bundle: Bundle) -> list[str]:
    types = {task["task_key"]: [field for field in task if field.endswith("_task")] for task in _tasks(bundle)}
    return [f"{key} has {len(names)} task types: {names}" for key, names in types.items() if len(names) != 1]


def every_notebook_task_has_a_defined_environment(bundle: Bundle) -> list[str]:
    faults = []
    for job in bundle.jobs.values():
        defined = [environment["environment_key"] for environment in job.environments]
        faults += [f"environment {key} is there twice" for key in twice(defined)]
        for task in job.tasks:
            if "notebook_task" in task and task.get("environment_key") not in defined:
                faults.append(f"{task['task_key']} runs in {task.get('environment_key')}, which is not defined")
    return faults


def job_parameters_are_the_settings(bundle: Bundle) -> list[str]:
    """A job parameter silently wins over a task's parameter of the same name."""
    given = [parameter["name"] for parameter in bundle.pipeline.fields["parameters"]]
    wanted = [field.name for field in fields(Settings)]
    faults = [f"parameter {name} is there twice" for name in twice(given)]
    faults += [f"{name} is a parameter or a setting, not both" for name in sorted(set(given) ^ set(wanted))]
    for task in bundle.pipeline.tasks:
        own = task.get("notebook_task", {}).get("base_parameters", {})
        faults += [f"{task['task_key']} repeats the job's parameter {name}" for name in own if name in given]
    return faults


def the_schedule_is_monday_half_past_nine_in_new_york(bundle: Bundle) -> list[str]:
    if {"schedule", "trigger", "triggers", "continuous"} & bundle.pipeline.fields.keys() != {"schedule"}:
        return ["the job needs a schedule and no other trigger"]
    schedule = bundle.pipeline.fields["schedule"]
    return _cron_faults(schedule["quartz_cron_expression"]) + _zone_faults(schedule.get("timezone_id", "UTC"))


def _cron_faults(cron: str) -> list[str]:
    parts = cron.split()
    if len(parts) != 6:
        return [f"{cron}: Quartz wants second, minute, hour, day, month, weekday"]
    second, minute, hour, day, month, weekday = parts
    if [day, weekday].count("?") != 1:
        return [f"{cron}: Quartz wants ? in one of the two day fields"]
    right = (second, minute, hour, month) == ("0", "30", "9", "*") and weekday.upper() in MONDAY
    return [] if right else [f"{cron} is not Monday 09:30"]


def _zone_faults(name: str) -> list[str]:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return [f"there is no time zone {name}"]
    return [] if name == "America/New_York" else [f"{name} is not New York"]


def every_schedule_fires_in_prod_only(bundle: Bundle) -> list[str]:
    """A pause_status that is missing means UNPAUSED; a literal one wins over development mode."""
    faults = []
    for kind, key, definition in bundle.definitions:
        status = definition.get("schedule", {}).get("pause_status", "UNPAUSED")
        firing = [target for target in bundle.main["targets"] if _value(bundle, target, status) != "PAUSED"]
        faults += [f"{kind}.{key} fires in {firing}"] if "schedule" in definition and firing != ["prod"] else []
    return faults


def every_task_ends_by_itself(bundle: Bundle) -> list[str]:
    """When the limit of the job ends a run, nobody learns which task hung."""
    faults = []
    for job in bundle.jobs.values():
        for task in job.tasks:
            key, seconds, retries = task["task_key"], task.get("timeout_seconds", 0), task.get("max_retries", -1)
            faults += [] if 0 < seconds < job.fields["timeout_seconds"] else [f"{key} may run for {seconds} s"]
            faults += [] if 0 <= retries <= 3 else [f"{key} is tried again {retries} times"]
            faults += [f"{key} hangs again and again"] if task.get("retry_on_timeout") else []
            unasked = "environment_key" in task and not task.get("disable_auto_optimization")
            faults += [f"{key} is tried again by serverless itself"] if unasked else []
    return faults


def somebody_hears_of_failed_and_slow_runs(bundle: Bundle) -> list[str]:
    mails, wanted = bundle.pipeline.fields.get("email_notifications", {}), ["${var.notification_email}"]
    events = ("on_failure", "on_duration_warning_threshold_exceeded")
    faults = [f"nobody hears of {event}" for event in events if mails.get(event) != wanted]
    limits = [rule["value"] for rule in bundle.pipeline.fields.get("health", {}).get("rules", [])]
    slow = limits and max(limits) < bundle.pipeline.fields["timeout_seconds"]
    return faults if slow else [*faults, "a run is stopped before it counts as slow"]


def one_run_at_a_time(bundle: Bundle) -> list[str]:
    """And who comes second waits."""
    right = {"queue": {"enabled": True}, "max_concurrent_runs": 1}
    return [f"{key}: {right}" for key, job in bundle.jobs.items() if not right.items() <= job.fields.items()]


# --- data ---


def the_alert_asks_the_ledger(bundle: Bundle) -> list[str]:
    """A column that the ledger does not have would only show in a workspace."""
    faults, known = [], {*STEP.column_names, *FRESHNESS.columns}
    for kind, key, alert in bundle.definitions:
        if kind == "alerts":
            query = alert["query_text"]
            for asked in (STEP, FRESHNESS):
                if f"`${{var.catalog}}`.`${{resources.schemas.ops.name}}`.`{asked.name}`" not in query:
                    faults.append(f"alert {key} does not read {asked.full_name}")
            words = set(re.findall(r"\b[a-z]+_[a-z]+\b(?![.(`'])", re.sub(r"`[^`]*`", "", query)))
            faults += [f"alert {key}: the ledger has no {word}" for word in sorted(words - known)]
            name = alert["evaluation"]["source"]["name"]
            faults += [] if f" AS {name}" in query else [f"alert {key}: the query has no {name}"]
    return faults


def every_dashboard_reads_gold_of_its_target(bundle: Bundle) -> list[str]:
    """A schema that is written out is somebody else's in dev; with the deployer's rights everybody could read gold."""
    wanted = {
        "warehouse_id": "${var.warehouse_id}",
        "dataset_catalog": "${var.catalog}",
        "dataset_schema": "${resources.schemas.gold.name}",
        "embed_credentials": False,
    }
    return [
        f"dashboard {key}: {field} is not {value}"
        for _, (kind, key, definition) in [*(("", one) for one in bundle.definitions), *bundle.changes]
        if kind == "dashboards"
        for field, value in wanted.items()
        if definition.get(field) != value
    ]


def every_dashboard_file_is_sound(bundle: Bundle) -> list[str]:
    """The CLI sends what there is, and a workspace takes it: tables named with a schema, links that lead nowhere."""
    faults = []
    for path, file in bundle.files.items():
        for key, definition in file.get("resources", {}).get("dashboards", {}).items():
            try:
                content = json.loads((path.parent / definition["file_path"]).read_text(encoding="utf-8"))
            except (OSError, KeyError, ValueError) as error:
                faults.append(f"dashboard {key}: {error!r}")
            else:
                faults += [f"dashboard {key}: {fault}" for fault in lvdash.faults(content)]
    return faults


def readers_get_gold_and_nothing_else(bundle: Bundle) -> list[str]:
    wanted = {"schemas.gold": [{"principal": "${var.readers}", "privileges": ["USE_SCHEMA", "SELECT"]}]}
    found = {f"{kind}.{key}": fields["grants"] for kind, key, fields in bundle.definitions if "grants" in fields}
    return [
        f"{what}: {found.get(what)}" for what in wanted.keys() | found.keys() if found.get(what) != wanted.get(what)
    ]


def only_prod_keeps_its_data(bundle: Bundle) -> list[str]:
    """Nothing takes the tables and landed files of prod along; dev and staging can be cleared away."""
    keep = {("prod", "volumes.landing"), *(("prod", f"schemas.{layer}") for layer in LAYERS)}
    everywhere = [("every target", one) for one in bundle.definitions]
    kept = {
        (target, f"{kind}.{key}")
        for target, (kind, key, fields) in [*everywhere, *bundle.changes]
        if fields.get("lifecycle", {}).get("prevent_destroy")
    }
    return [f"{target}: {what} is kept or can be destroyed, the wrong way round" for target, what in kept ^ keep]


# --- targets ---


def dev_is_the_only_default_target(bundle: Bundle) -> list[str]:
    targets = bundle.main["targets"]
    default = [name for name, target in targets.items() if target.get("default")]
    faults = [] if default == ["dev"] else [f"default targets: {default}"]
    return faults if targets["dev"].get("mode") == "development" else [*faults, "dev is not in development mode"]


def prod_says_where_and_as_whom_it_runs(bundle: Bundle) -> list[str]:
    prod = bundle.main["targets"]["prod"]
    faults = [] if prod.get("mode") == "production" else ["prod is not in production mode"]
    if "root_path" not in prod.get("workspace", {}):
        faults.append("prod has no root_path")
    if not prod.get("run_as", {}).get("service_principal_name"):
        faults.append("prod does not run as a service principal")
    nobody = [entry for entry in prod.get("permissions", [{}]) if len(entry.keys() - {"level"}) != 1]
    return faults + [f"prod has permissions for nobody: {entry}" for entry in nobody]


def targets_fit_any_workspace(bundle: Bundle) -> list[str]:
    """No host; no path that all users may write to; no prefix, as it would rename the schemas too."""
    faults = []
    for name, target in {"the bundle": bundle.main, **bundle.main["targets"]}.items():
        workspace = target.get("workspace", {})
        faults += [f"{name} writes down a host"] if "host" in workspace else []
        faults += [f"{name} deploys to /Workspace/Shared"] if "/Shared/" in workspace.get("root_path", "") else []
        faults += [f"{name} renames the schemas"] if "name_prefix" in target.get("presets", {}) else []
    return faults


# --- integration test ---


def the_integration_test_has_a_schema_of_its_own(bundle: Bundle) -> list[str]:
    own = "integration_{{job.run_id}}"
    wanted = {f"{layer}_schema": own for layer in LAYERS}
    wanted |= {volume: f"/Volumes/${{var.catalog}}/{own}/{volume}" for volume in ("landing", "staging", "reports")}
    tasks = {task["task_key"]: task for task in bundle.jobs[INTEGRATION].tasks}
    given = {key: tasks[key]["notebook_task"]["base_parameters"] for key in ("land", "verify")}
    given["pipeline"] = tasks["pipeline"]["run_job_task"]["job_parameters"]
    faults = [f"{task}: not in its schema" for task, values in given.items() if not wanted.items() <= values.items()]
    dropped = tasks["tear_down"]["sql_task"]["parameters"]
    return faults if dropped == {"schema": f"`${{var.catalog}}`.{own}"} else [*faults, f"it drops {dropped}"]


def the_integration_test_clears_away(bundle: Bundle) -> list[str]:
    """After a failure too, and never in prod, where nothing should drop a schema."""
    found = [target for target, one in bundle.changes if (one.kind, one.key) == ("jobs", INTEGRATION)]
    faults = [] if found == ["staging"] else [f"the integration test is in {found}"]
    last = bundle.jobs[INTEGRATION].tasks[-1]
    cleared = (last["task_key"], last.get("run_if")) == ("tear_down", "ALL_DONE")
    return faults if cleared else [*faults, "what a failed test made stays"]


def _any(bundle: Bundle, pattern: str) -> bool:
    return any(bundle.root.glob(pattern))


def _tasks(bundle: Bundle) -> list[dict[str, Any]]:
    return [task for job in bundle.jobs.values() for task in job.tasks]


def _references(bundle: Bundle) -> set[str]:
    return {name for text in strings([bundle.main, *bundle.files.values()]) for name in REFERENCE.findall(text)}


def _value(bundle: Bundle, target: str, text: str) -> Any:
    """`text`, or the value in that target of the variable that it is."""
    reference = REFERENCE.fullmatch(text)
    if not reference:
        return text
    name = reference[1].removeprefix("var.")
    return bundle.main["targets"][target].get("variables", {}).get(name, bundle.main["variables"][name].get("default"))


RULES = (
    the_classes_accept_every_resource,
    every_include_matches_a_file,
    every_resource_is_defined_once,
    every_volume_has_a_type,
    schemas_are_named_by_reference,
    every_reference_resolves,
    every_variable_is_used,
    every_variable_is_described,
    only_what_the_owner_must_give_has_no_value,
    every_dynamic_reference_is_known,
    every_notebook_is_deployed,
    every_sql_file_is_there,
    every_sync_pattern_matches,
    every_environment_installs_the_built_wheel,
    every_package_is_the_one_that_is_tested,
    tasks_form_a_graph,
    every_task_has_one_type,
    every_notebook_task_has_a_defined_environment,
    job_parameters_are_the_settings,
    the_schedule_is_monday_half_past_nine_in_new_york,
    every_schedule_fires_in_prod_only,
    every_task_ends_by_itself,
    somebody_hears_of_failed_and_slow_runs,
    one_run_at_a_time,
    the_alert_asks_the_ledger,
    every_dashboard_reads_gold_of_its_target,
    every_dashboard_file_is_sound,
    readers_get_gold_and_nothing_else,
    only_prod_keeps_its_data,
    dev_is_the_only_default_target,
    prod_says_where_and_as_whom_it_runs,
    targets_fit_any_workspace,
    the_integration_test_has_a_schema_of_its_own,
    the_integration_test_clears_away,
)
