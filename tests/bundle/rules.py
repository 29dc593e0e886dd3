"""What must hold in the bundle and what neither the CLI nor a workspace would tell us, or only at night.

Each rule takes the loaded bundle and returns the faults that it found.
"""

import re
from dataclasses import fields
from graphlib import CycleError, TopologicalSorter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from databricks.bundles.jobs import Job
from databricks.bundles.schemas import Schema
from databricks.bundles.volumes import Volume
from pathspec import GitIgnoreSpec

from dvdrental.settings import Settings
from tests.bundle.loading import Bundle, ancestors, strings, twice

CLASSES = {"jobs": Job, "schemas": Schema, "volumes": Volume}
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
    for kind, key, definition in bundle.definitions:
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
    wanted = {f"{p}_schema": f"${{resources.schemas.{p}.name}}" for p in ("bronze", "silver", "gold", "ops")}
    found = {parameter["name"]: parameter["default"] for parameter in bundle.job["parameters"]}
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


def every_target_gives_every_variable_a_value(bundle: Bundle) -> list[str]:
    variables = bundle.main["variables"]
    required = {name for name, field in variables.items() if not {"default", "lookup"} & field.keys()}
    faults = []
    for target, definition in bundle.main["targets"].items():
        given = set(definition.get("variables", ()))
        faults += [f"{target} gives {name} no value" for name in sorted(required - given)]
        faults += [f"{target} sets {name}, which is not declared" for name in sorted(given - set(variables))]
    return faults


def every_dynamic_reference_is_known(bundle: Bundle) -> list[str]:
    """The Jobs service passes an unknown {{name}} on as text. Values of a task are there only after that task."""
    shared = RUN_TIME | {f"job.parameters.{parameter['name']}" for parameter in bundle.job["parameters"]}
    places = [("job", {**bundle.job, "tasks": []}), *((task["task_key"], task) for task in bundle.job["tasks"])]
    faults = []
    for place, content in places:
        upstream = ancestors(bundle.graph, place)
        for name in {name for text in strings(content) for name in DYNAMIC.findall(text)} - shared:
            of_task = OF_TASK.fullmatch(name)
            if not of_task or of_task[1] not in upstream:
                faults.append(f"{place}: {{{{{name}}}}} is not known")
    return faults


# --- files ---


def every_notebook_is_deployed(bundle: Bundle) -> list[str]:
    lines = [*(bundle.root / ".gitignore").read_text().splitlines(), *bundle.main["sync"]["exclude"]]
    excluded = GitIgnoreSpec.from_lines(lines)
    faults = []
    for task, path in bundle.notebooks.items():
        if not (path.is_relative_to(bundle.root) and path.is_file()):
            faults.append(f"{task}: no such file in the bundle: {path}")
        elif path.read_text(encoding="utf-8").partition("\n")[0] != HEADER:
            faults.append(f"{path} does not begin with {HEADER}")
        elif excluded.match_file(path.relative_to(bundle.root)):
            faults.append(f"{path} is not uploaded: sync.exclude or .gitignore leaves it out")
    return faults


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
    for environment in bundle.job["environments"]:
        key, dependencies = environment["environment_key"], environment["spec"]["dependencies"]
        wheels = [name for name in dependencies if name.endswith(".whl")]
        if {(bundle.job_folder / wheel).resolve().parent for wheel in wheels} - folders or not wheels:
            faults.append(f"environment {key} does not install the wheel that the bundle builds: {dependencies}")
        others = set(dependencies) - set(wheels)
        faults += [f"environment {key}: {name} is no package" for name in sorted(others) if ".." in name]
    return faults


# --- job ---


def tasks_form_a_graph(bundle: Bundle) -> list[str]:
    keys = [task["task_key"] for task in bundle.job["tasks"]]
    faults = [f"task {key} is there twice" for key in twice(keys)]
    for key, on in bundle.graph.items():
        faults += [f"{key} depends on {missing}, which is no task" for missing in sorted(on - set(keys))]
    try:
        TopologicalSorter(bundle.graph).prepare()
    except CycleError as error:
        faults.append(f"tasks wait for each other: {error.args[1]}")
    return faults


def every_task_has_one_type(bundle: Bundle) -> list[str]:
    types = {task["task_key"]: [field for field in task if field.endswith("_task")] for task in bundle.job["tasks"]}
    return [f"{key} has {len(names)} task types: {names}" for key, names in types.items() if len(names) != 1]


def every_notebook_task_has_a_defined_environment(bundle: Bundle) -> list[str]:
    defined = [environment["environment_key"] for environment in bundle.job["environments"]]
    faults = [f"environment {key} is there twice" for key in twice(defined)]
    for task in bundle.job["tasks"]:
        if "notebook_task" in task and task.get("environment_key") not in defined:
            faults.append(f"{task['task_key']} runs in {task.get('environment_key')}, which is not defined")
    return faults


def job_parameters_are_the_settings(bundle: Bundle) -> list[str]:
    """A job parameter silently wins over a task's parameter of the same name."""
    given = [parameter["name"] for parameter in bundle.job["parameters"]]
    wanted = [field.name for field in fields(Settings)]
    faults = [f"parameter {name} is there twice" for name in twice(given)]
    faults += [f"{name} is a parameter or a setting, not both" for name in sorted(set(given) ^ set(wanted))]
    for task in bundle.job["tasks"]:
        own = task.get("notebook_task", {}).get("base_parameters", {})
        faults += [f"{task['task_key']} repeats the job's parameter {name}" for name in own if name in given]
    return faults


def the_schedule_is_monday_half_past_nine_in_new_york(bundle: Bundle) -> list[str]:
    if {"schedule", "trigger", "triggers", "continuous"} & bundle.job.keys() != {"schedule"}:
        return ["the job needs a schedule and no other trigger"]
    schedule = bundle.job["schedule"]
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


def the_schedule_fires_in_prod_only(bundle: Bundle) -> list[str]:
    """A pause_status that is missing means UNPAUSED; a literal one wins over development mode."""
    status = bundle.job["schedule"].get("pause_status", "UNPAUSED")
    firing = [target for target in bundle.main["targets"] if _value(bundle, target, status) != "PAUSED"]
    return [] if firing == ["prod"] else [f"the schedule fires in {firing}"]


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


def _any(bundle: Bundle, pattern: str) -> bool:
    return any(bundle.root.glob(pattern))


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
    every_target_gives_every_variable_a_value,
    every_dynamic_reference_is_known,
    every_notebook_is_deployed,
    every_sync_pattern_matches,
    every_environment_installs_the_built_wheel,
    tasks_form_a_graph,
    every_task_has_one_type,
    every_notebook_task_has_a_defined_environment,
    job_parameters_are_the_settings,
    the_schedule_is_monday_half_past_nine_in_new_york,
    the_schedule_fires_in_prod_only,
    dev_is_the_only_default_target,
    prod_says_where_and_as_whom_it_runs,
    targets_fit_any_workspace,
)
