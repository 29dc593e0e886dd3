"""GitHub's workflows: what they take from others is fixed to a commit, and a deployment has to be let through."""

import re
from typing import Any

import yaml

from tests.conftest import ROOT

FILES = [*(ROOT / ".github").rglob("*.yml")]
CI: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))


def test_actions_of_others_are_fixed_to_a_commit_that_is_named() -> None:
    lines = [
        line.strip() for file in FILES for line in file.read_text(encoding="utf-8").splitlines() if "uses:" in line
    ]
    others = [line for line in lines if "uses: ./" not in line]
    assert len(others) >= 5
    assert [line for line in others if not re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_cli_is_one_that_the_bundle_takes() -> None:
    constraint = yaml.safe_load((ROOT / "databricks.yml").read_text(encoding="utf-8"))["bundle"][
        "databricks_cli_version"
    ]
    versions = {found for file in FILES for found in re.findall(r"setup-cli@\w+ # v([\d.]+\d)", file.read_text())}
    assert len(versions) == 1
    assert [int(part) for part in versions.pop().split(".")] >= [int(n) for n in re.findall(r"\d+", constraint)]


def test_prod_follows_staging_follows_the_tests() -> None:
    jobs = CI["jobs"]
    assert (jobs["prod"]["needs"], jobs["staging"]["needs"]) == ("staging", "test")
    assert jobs["prod"]["environment"] == "prod"
    assert [step["run"] for step in jobs["staging"]["steps"] if "bundle run" in step.get("run", "")]


def test_pull_request_has_nothing_of_prod() -> None:
    plan = CI["jobs"]["plan"]
    assert plan["environment"] == "staging"
    assert [step["run"] for step in plan["steps"] if "prod" in step.get("run", "")] == []
    assert "env" not in CI  # the principal is that of each job's environment


def test_deployments_follow_one_another_and_wait_for_runs() -> None:
    assert [CI["jobs"][name]["concurrency"] for name in ("staging", "prod")] == ["staging", "prod"]
    deploys = [step["run"] for job in CI["jobs"].values() for step in job["steps"] if "deploy" in step.get("run", "")]
    assert len(deploys) == 2
    assert all("--fail-on-active-runs" in deploy for deploy in deploys)


def test_only_jobs_that_deploy_may_sign_in() -> None:
    assert CI["permissions"] == {"contents": "read"}
    signing = {name for name, job in CI["jobs"].items() if job.get("permissions", {}).get("id-token") == "write"}
    assert signing == {"plan", "staging", "prod"}
    assert "head.repo.full_name == github.repository" in CI["jobs"]["plan"]["if"]
