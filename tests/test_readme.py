"""The README shows what there is: commands that exist, files that are there, the first things first."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dvdrental.bronze.streams import STREAMS
from dvdrental.local.cli import parser
from dvdrental.tables import TABLES, VIEWS
from tests.conftest import ROOT
from tests.sizes import size

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```bash\n(.+?)```", re.DOTALL)
PROMISE = re.compile(r"^\| (\d+) \|(.+)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
COMMAND = ".venv/bin/dvdrental"
PLACEHOLDERS = {"<run id>": "local-20260101-000000", "<customer id>": "1"}


def lines(page: Path) -> list[list[str]]:
    """Words of each line of shell that calls what is of this project; a comment is none."""
    told = "\n".join(BLOCK.findall(page.read_text(encoding="utf-8"))).replace("\\\n", " ")
    for placeholder, value in PLACEHOLDERS.items():
        told = told.replace(placeholder, value)
    return [shlex.split(line, comments=True) for line in told.splitlines() if line.startswith(("make ", COMMAND))]


def of_ours(page: Path) -> list[list[str]]:
    return [words[1:] for words in lines(page) if words[0] == COMMAND]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_those_that_there_are(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {words[1] for words in lines(page) if words[0] == "make"}
    assert asked <= targets
    for words in of_ours(page):
        parser().parse_args(words)  # ends the test where it cannot


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    assert [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()] == []


def test_first_screen_has_what_it_is_a_picture_and_two_commands_with_what_they_say() -> None:
    screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40])
    for shown in ("──> dashboard", "make run", "make test", "quality checks passed"):
        assert shown in screen


def test_each_table_and_view_that_people_read_is_named_and_their_number_is_right() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Tables\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"\w+", section))
    assert {thing.name for thing in (*TABLES.values(), *VIEWS.values()) if thing.layer in ("silver", "gold")} <= named
    assert f"bronze.`<stream>` ({len(STREAMS)})" in section
    marts = sum(table.layer == "gold" for table in TABLES.values()) - 1
    views = sum(view.layer == "gold" for view in VIEWS.values())
    assert f"{marts} marts, {views} views" in readme


def test_the_readme_has_commands_to_check() -> None:
    assert len(of_ours(ROOT / "README.md")) >= 10


@pytest.mark.parametrize("command", ["sql", *size([], ["profile", "status", "export"])])
def test_command_that_only_looks_works(made_lake: Path, tmp_path: Path, command: str) -> None:
    asked = next(words for words in of_ours(ROOT / "README.md") if words[0] == command)
    call = [sys.executable, "-m", "dvdrental.local.cli", *asked, "--lake", made_lake]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr


def test_promises_are_those_that_tests_hold() -> None:
    page = (ROOT / "docs/promises.md").read_text(encoding="utf-8")
    promised = {int(number): set(re.findall(r"`(\S+\.py)`", row)) for number, row in PROMISE.findall(page)}
    held: dict[int, set[str]] = {number: set() for number in range(1, 29)}
    for file in (ROOT / "tests").rglob("test_*.py"):
        for number in re.findall(r"^def test_promise_(\d+)_", file.read_text(encoding="utf-8"), re.MULTILINE):
            held[int(number)].add(str(file.relative_to(ROOT / "tests")))
    assert promised == held


@pytest.mark.skipif(not size(False, True), reason="runs the job six times: DVDRENTAL_LONG=1 asks for it")
def test_commands_work_one_after_the_other(tmp_path: Path) -> None:
    """As they stand in the README, from its top to its end, in a checkout of their own."""
    for name in ("databricks.yml", "resources", "notebooks"):
        (tmp_path / name).symlink_to(ROOT / name)
    run_id = ""
    for words in [["run"], *of_ours(ROOT / "README.md")]:
        asked = [run_id if word in PLACEHOLDERS.values() and not word.isdigit() else word for word in words]
        done = subprocess.run([ROOT / COMMAND, *asked], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{asked}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        run_id = next(iter(re.findall(r"local-\d{8}-\d{6}", done.stdout)), run_id)
