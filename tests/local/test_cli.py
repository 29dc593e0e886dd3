"""The command as a user meets it when something is wrong: one clear line, exit code 2, nothing half written."""

import errno
import fcntl
import json
import os
import re
import shlex
from pathlib import Path

import pytest

from dvdrental.errors import DvdRentalError
from dvdrental.local import cli, folder
from dvdrental.local.cli import main
from dvdrental.local.commands import demo, rebuild, work
from dvdrental.local.folder import default_folder, find_lake, lake_with_ledger, land
from dvdrental.local.job import Task
from dvdrental.local.landing import Database
from dvdrental.ops import STEP
from tests.conftest import ROOT
from tests.landing import MORNING, category


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout whose lakes are thrown away."""
    for name in ("databricks.yml", "resources", "notebooks"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


@pytest.mark.parametrize("source", ["nowhere.tar", "databricks.yml", "notebooks", "ftp://x", ""])
def test_wrong_source_is_named_and_nothing_is_written(capsys: pytest.CaptureFixture[str], source: str) -> None:
    assert source in complaint(capsys, "run", "--source", source)
    assert not Path("lake").exists()


def test_server_that_does_not_answer_is_named_without_the_password(capsys: pytest.CaptureFixture[str]) -> None:
    error = complaint(capsys, "run", "--source", "postgresql://me:topsecret@127.0.0.1:1/db")
    assert "127.0.0.1" in error
    assert "topsecret" not in error


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ("ghost=1", "no parameter ghost"),
        ("bronze_schema", "bronze_schema: '' is not a plain name"),
        ("gold_schema=x; DROP TABLE y", "gold_schema: 'x; DROP TABLE y' is not a plain name"),
        ("max_delete_percent=many", "max_delete_percent: use a whole number from 0 to 100"),
    ],
)
def test_unknown_or_hostile_parameter_is_named(
    capsys: pytest.CaptureFixture[str], parameter: str, message: str
) -> None:
    assert message in complaint(capsys, "run", "-p", parameter)
    assert not Path("lake").exists()


def test_query_without_a_lake_says_what_to_do_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert "run `make run` first" in complaint(capsys, "sql", "select 1")


def test_outside_of_a_checkout_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert "databricks.yml was not found" in complaint(capsys, "run")


def test_second_run_on_the_same_lake_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").mkdir()
    with Path("mine/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another run is working on mine" in complaint(capsys, "land", "--lake", "mine")
        assert folder.in_use(Path("mine"))
    assert not folder.in_use(Path("mine"))


def test_file_system_without_locks_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlockable(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(folder.fcntl, "flock", unlockable)
    message = "mine: this file system cannot lock (No locks available): put the lake on a local disk (--lake)"
    assert message in complaint(capsys, "land", "--lake", "mine")
    assert not folder.in_use(Path("mine"))


def test_landing_says_how_much_and_where(capsys: pytest.CaptureFixture[str], sample: Database) -> None:
    rows = f"{sum(map(len, sample.values())):,} rows of 15 tables"
    assert main(["land"]) == 0
    assert f"{rows} landed in lake/sample" in capsys.readouterr().out
    assert main(["land"]) == 0
    assert f"{rows} are landed already in lake/sample" in capsys.readouterr().out


def test_program_gets_the_result_alone(capsys: pytest.CaptureFixture[str], sample: Database) -> None:
    rows = sum(map(len, sample.values()))
    assert main(["land", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"lake": "lake/sample", "landed": True, "tables": 15, "rows": rows}
    assert "15 tables landed" in captured.err
    assert main(["land"]) == 0
    assert "15 tables are landed already" in capsys.readouterr().out


def test_each_change_of_the_source_is_a_sync_of_its_own(tmp_path: Path) -> None:
    assert land(category({1: "A"}), tmp_path, "v2", MORNING)
    assert not land(category({1: "A"}), tmp_path, "v2", MORNING)
    assert land(category({1: "B"}), tmp_path, "v2", MORNING)


@pytest.mark.parametrize(
    ("source", "name"),
    [("sample", "sample"), ("/x/dvdrental.tar", "dvdrental"), ("postgresql://me:pw@host:5432/shop", "host_shop")],
)
def test_each_source_has_its_own_lake(source: str, name: str) -> None:
    assert default_folder(source) == Path("lake") / name


def test_rebuild_runs_the_whole_job_on_what_is_landed(monkeypatch: pytest.MonkeyPatch, sample: Database) -> None:
    worked: list[Task] = []
    monkeypatch.setattr(rebuild, "start_session", lambda folder: None)
    monkeypatch.setattr(rebuild, "work", lambda tasks, *_: worked.extend(tasks) or {"status": "success"})
    assert main(["land"]) == 0
    assert main(["rebuild"]) == 0
    assert {task.parameters["rebuild"] for task in worked} == {"yes"}
    keys = {task.key for task in worked}
    assert {"ops_begin", "silver_dim_customer", "silver_fact_rentals", "gold_rental_obt", "ops_reconcile"} <= keys
    assert "ops_finish" in keys


def test_rebuild_without_a_lake_says_what_to_do_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert "run `make run` first" in complaint(capsys, "rebuild")


@pytest.mark.parametrize("command", [("rebuild",), ("replay",), ("sql", "select 1")])
def test_folder_that_is_no_lake_is_named_and_left_alone(
    capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    Path("mine").mkdir()
    assert "mine is no lake" in complaint(capsys, *command, "--lake", "mine")
    assert list(Path("mine").iterdir()) == []


def test_lakes_that_there_are_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["land"]) == 0
    assert "lake/smaple is no lake: name one of lake/sample" in complaint(
        capsys, "sql", "select 1", "--lake", "lake/smaple"
    )


def test_usual_lake_is_the_last_one_that_was_worked_on() -> None:
    for name in ("a", "b", "c"):
        assert main(["land", "--lake", f"lake/{name}"]) == 0
    for name in ("b", "a"):
        Path("lake", name, STEP.layer, STEP.name).mkdir(parents=True)
    assert lake_with_ledger(None) == Path("lake/b")
    assert find_lake(None) == Path("lake/c")


@pytest.mark.parametrize(
    "command", [["sql", "select 1"], ["status"], ["profile"], ["export", "gold", "--to", "x"], ["forget", "1"]]
)
def test_lake_on_which_nothing_has_run_is_told(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert main(["land"]) == 0
    assert "nothing has run on lake/sample yet: `.venv/bin/dvdrental rebuild --lake lake/sample`" in complaint(
        capsys, *command
    )


def test_name_that_is_too_long_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "File name too long: name a shorter one" in complaint(capsys, "land", "--lake", "x" * 300)


def test_file_in_the_place_of_a_lake_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").touch()
    assert "mine is a file: name a folder with --lake" in complaint(capsys, "land", "--lake", "mine")


def test_folder_that_cannot_be_made_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    error = complaint(capsys, "land", "--lake", "/proc/mine")
    assert "/proc/mine: No such file or directory: name a place that is there and that you may write to" in error


@pytest.fixture
def _short_demonstration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "open_session", lambda folder: None)
    monkeypatch.setattr(demo, "_tell", lambda lake, folder: (folder / "gold").mkdir())


@pytest.mark.usefixtures("_short_demonstration")
def test_demonstration_deletes_no_other_lake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["land", "--lake", "lake/mine"]) == 0
    message = "lake/mine is not empty, and no demonstration has made it: name a new folder"
    assert message in complaint(capsys, "demo", "--lake", "lake/mine")
    assert Path("lake/mine/.source.json").exists()


@pytest.mark.usefixtures("_short_demonstration")
def test_demonstration_makes_its_own_lake_anew() -> None:
    assert main(["demo"]) == 0
    Path("lake/demo/.source.json").touch()
    assert main(["demo"]) == 0
    assert sorted(path.name for path in Path("lake/demo").iterdir()) == [".demonstration", ".lock", "gold"]


def test_damaged_state_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").mkdir()
    Path("mine/.source.json").write_text("{")
    message = complaint(capsys, "land", "--lake", "mine")
    assert "mine/.source.json is damaged: begin a new --lake. Or, in the mode overwrite, delete it" in message
    Path("mine/.source.json").unlink()
    assert main(["land", "--lake", "mine"]) == 0


def test_lock_that_nobody_holds_any_more_is_no_obstacle() -> None:
    Path("mine").mkdir()
    Path("mine/.lock").touch()
    assert main(["land", "--lake", "mine"]) == 0


def full(*_: object, **__: object) -> None:
    try:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "part-0")
    except OSError:
        raise RuntimeError("cannot write") from None


def test_full_disk_is_told_and_leaves_the_state_of_before(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["land", "--lake", "mine", "--envelope", "jsonl"]) == 0
    before = Path("mine/.source.json").read_text()
    monkeypatch.setattr(folder, "write_landing", full)
    error = complaint(capsys, "land", "--lake", "mine")
    assert "no space is left on the disk" in error
    assert "Make room, and run the same again" in error
    assert Path("mine/.source.json").read_text() == before


def test_program_hears_of_a_failed_task(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(tasks: list[Task], *_: object) -> bool:
        for task in tasks:
            task.state = "skipped"
        tasks[0].state, tasks[0].error = "failed", DvdRentalError("broken")
        return False

    monkeypatch.setattr(rebuild, "start_session", lambda folder: None)
    monkeypatch.setattr(work.lakes, "open_lake", lambda *_: None)
    monkeypatch.setattr(work, "run", ended)
    assert main(["land"]) == 0
    capsys.readouterr()
    assert main(["rebuild", "--json"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert (result["status"], result["lake"]) == ("failed", "lake/sample")
    assert {task["state"] for task in result["tasks"][1:]} == {"skipped"}
    first = result["tasks"][0]
    assert (first["task"], first["state"], first["error"]) == ("ops_begin", "failed", "DvdRentalError: broken")


def test_full_disk_behind_a_failed_task_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = Task("silver_dim_film", tmp_path, {}, [], "ALL_SUCCESS", state="failed")
    try:
        full()
    except RuntimeError as error:
        task.error = error
    work.summary([task], tmp_path, 1.0)
    assert "no space is left on the disk" in capsys.readouterr().out.replace("\n", " ")


def test_interrupted_command_says_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "write_landing", interrupted)
    assert main(["land", "--lake", "mine"]) == 130
    assert "run the same again" in capsys.readouterr().err
    monkeypatch.undo()
    assert not Path("mine/.source.json").exists()


def test_every_command_helps_with_examples_that_are_right(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = re.findall(r"^    (\w+)", capsys.readouterr().out, re.MULTILINE)
    assert {"run", "sql", "status", "profile", "export", "docs"} <= set(commands)
    for command in commands:
        with pytest.raises(SystemExit):
            main([command, "--help"])
        examples = re.findall(r"^  dvdrental (.+)$", capsys.readouterr().out, re.MULTILINE)
        assert examples
        for example in examples:
            assert cli.parser().parse_args(shlex.split(example)).command
            assert shlex.split(example)[0] == command
