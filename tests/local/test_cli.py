"""The command as a user meets it when something is wrong: one clear line, exit code 2, nothing half written."""

import errno
import fcntl
import json
import os
import re
import shlex
import signal
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from dvdrental.errors import DvdRentalError
from dvdrental.local import cli, folder
from dvdrental.local.cli import main
from dvdrental.local.commands import common, demo, forget, rebuild, work
from dvdrental.local.folder import NoLakeError, default_folder, find_lake, lake_with_ledger, land, landed_envelope
from dvdrental.local.job import Task
from dvdrental.local.landing import Database, Envelope, SourceError, write_landing
from dvdrental.ops import STEP
from tests.conftest import ROOT
from tests.landing import MORNING, category


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout whose lakes are thrown away."""
    for name in ("databricks.yml", "resources", "notebooks"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def begun(lake: Path) -> None:
    """The first commit of the ledger, as far as a look at the folder tells."""
    log = lake / STEP.layer / STEP.name / "_delta_log"
    log.mkdir(parents=True)
    (log / f"{0:020}.json").touch()


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


def test_password_may_hold_a_bracket_and_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert default_folder("postgresql://me:top[secret@host/db") == Path("lake/host_db")
    error = complaint(capsys, "run", "--source", "postgresql://me:top[secret@[host/db")
    assert "cannot be understood" in error
    assert "secret" not in error


def test_home_of_nobody_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "~nobody-here/x.tar: there is no such home" in complaint(capsys, "land", "--source", "~nobody-here/x.tar")


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


def test_looking_whether_a_run_is_at_work_writes_nothing() -> None:
    Path("mine").mkdir()
    assert not folder.in_use(Path("mine"))
    assert list(Path("mine").iterdir()) == []


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


def at_first_write(stop: Callable[[], object]) -> Callable[..., object]:
    def write(*_: object, before_writing: Callable[[], None], **__: object) -> None:
        before_writing()
        stop()

    return write


def test_source_that_cannot_be_spelled_leaves_the_landing_as_it_was(tmp_path: Path) -> None:
    assert land(category({1: "A"}), tmp_path, "v2", MORNING)
    there = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(SourceError):
        land({"category": [{"category_id": "many", "name": "B", "last_update": "2006-02-15 09:46:27"}]}, tmp_path, "v1")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == there
    assert landed_envelope(tmp_path) == "v2"


def test_interrupted_landing_is_written_anew_even_from_the_source_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert land(category({1: "A"}), tmp_path, "v2", MORNING)
    with monkeypatch.context() as patched:
        patched.setattr(folder, "write_landing", at_first_write(interrupted))
        with pytest.raises(KeyboardInterrupt):
            land(category({1: "B"}), tmp_path, "v2", MORNING)
    with pytest.raises(NoLakeError, match="was interrupted"):
        landed_envelope(tmp_path)
    assert land(category({1: "A"}), tmp_path, "v2", MORNING)


def test_landing_of_another_form_is_gone_when_the_next_one_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def landed() -> list[str]:
        return sorted(path.name for path in (tmp_path / "landing").iterdir())

    assert land(category({1: "A"}), tmp_path, "v1", MORNING)
    assert land(category({1: "B"}), tmp_path, "direct", MORNING)
    assert landed() == ["category"]
    with monkeypatch.context() as patched:
        patched.setattr(folder, "write_landing", lambda *args, **how: [write_landing(*args, **how), interrupted()])
        with pytest.raises(KeyboardInterrupt):
            land(category({1: "C"}), tmp_path, "v1", MORNING)
    assert landed() == ["_airbyte_raw_category"]
    assert land(category({1: "B"}), tmp_path, "direct", MORNING)
    assert landed() == ["category"]


def test_what_lies_in_a_folder_that_is_no_lake_stays(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "mine").touch()
    assert land(category({1: "A"}), tmp_path, "v2", MORNING)
    assert (tmp_path / "landing" / "mine").exists()


@pytest.mark.parametrize("envelope", ["v2", "direct", "jsonl"])
def test_what_the_source_no_longer_has_is_nowhere_in_the_landing(tmp_path: Path, envelope: Envelope) -> None:
    for name in ("Erased", "Kept"):
        land(category({1: name}), tmp_path, envelope, MORNING)
    files = [path for path in (tmp_path / "landing").rglob("*") if path.is_file()]
    assert len([path for path in files if "_delta_log" not in path.parts]) == 1
    assert [path for path in files if b"Erased" in path.read_bytes()] == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("sample", "sample"),
        ("/x/dvdrental.tar", "dvdrental"),
        ("sample.tar", "sample_dump"),
        ("demo.tar", "demo_dump"),
        ("postgresql://me:pw@host:5432/shop", "host_shop"),
        ("postgresql://host/shop", "host_shop"),
        ("postgresql://me:pw@host:5433/shop", "host_5433_shop"),
    ],
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
        begun(Path("lake", name))
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


def test_ledger_without_a_commit_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["land"]) == 0
    Path("lake/sample/ops/step/_delta_log").mkdir(parents=True)
    assert "nothing has run on lake/sample yet" in complaint(capsys, "status")


def test_table_that_a_crash_left_without_a_commit_makes_way() -> None:
    for folder_of_log in ("gold/born", "gold/unborn", "gold/with_files"):
        Path("mine", folder_of_log, "_delta_log").mkdir(parents=True)
    Path("mine/gold/born/_delta_log/00000000000000000000.json").touch()
    Path("mine/gold/with_files/part-0.parquet").touch()
    with folder.locked(Path("mine")):
        assert sorted(path.name for path in Path("mine/gold").iterdir()) == ["born", "with_files"]


def test_name_that_is_too_long_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "File name too long: name a shorter one" in complaint(capsys, "land", "--lake", "x" * 300)


def test_file_in_the_place_of_a_lake_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").touch()
    assert "mine is a file: name a folder with --lake" in complaint(capsys, "land", "--lake", "mine")


@pytest.mark.parametrize("name", ["a[b", "a]", "a{b", "a}", "a*", "a?", "a\\b", "a%41b"])
@pytest.mark.parametrize("command", [("land",), ("sql", "select 1")])
def test_folder_that_spark_or_delta_would_read_otherwise_is_refused(
    capsys: pytest.CaptureFixture[str], command: tuple[str, ...], name: str
) -> None:
    error = complaint(capsys, *command, "--lake", f"{name}/mine")
    assert f"{name}/mine: no lake can lie in a path with" in error
    assert "name another folder with --lake" in error
    assert not Path(name).exists()


def test_landing_takes_a_folder_with_other_signs() -> None:
    assert main(["land", "--lake", "a%zz #'ä:,;"]) == 0


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


def test_full_disk_is_told_and_the_landing_counts_as_unfinished(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["land", "--lake", "mine", "--envelope", "jsonl"]) == 0
    with monkeypatch.context() as patched:
        patched.setattr(folder, "write_landing", at_first_write(full))
        error = complaint(capsys, "land", "--lake", "mine")
    assert "no space is left on the disk" in error
    assert "Make room, and run the same again" in error
    assert main(["land", "--lake", "mine", "--envelope", "jsonl"]) == 0
    assert "15 tables landed in mine" in capsys.readouterr().out.splitlines()[-1]


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
    monkeypatch.setattr(folder, "write_landing", interrupted)
    assert main(["land", "--lake", "mine"]) == 130
    assert "run the same again" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt, 130), (DvdRentalError, 2)])
def test_forgetting_that_is_interrupted_says_what_may_still_be_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: type[BaseException], code: int
) -> None:
    def end(*_: object) -> None:
        assert folder.in_use(Path("lake/sample"))
        raise error

    assert main(["land"]) == 0
    begun(Path("lake/sample"))
    monkeypatch.setattr(common, "open_session", lambda folder: SimpleNamespace(last_success=lambda name: None))
    monkeypatch.setattr(forget, "forget", lambda *_: None)
    monkeypatch.setattr(forget, "rebuild", end)
    assert main(["forget", "1"]) == code
    told = "".join(capsys.readouterr())
    assert "Silver, gold and older files may still hold the person: mend it, and run the same again" in told
    assert "Nothing is half done" not in told


def test_nothing_is_erased_where_the_rest_could_not_follow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["land"]) == 0
    begun(Path("lake/sample"))
    monkeypatch.setattr(folder, "write_landing", at_first_write(interrupted))
    assert main(["land", "--envelope", "v1"]) == 130
    capsys.readouterr()
    assert "was interrupted" in complaint(capsys, "forget", "1")  # and no session was opened


def test_instants_are_shown_in_utc_whatever_the_machine_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    assert main(["land"]) == 0
    assert str(datetime.fromtimestamp(0)) == "1970-01-01 00:00:00"  # PySpark makes values of a TIMESTAMP so


def test_first_interruption_of_a_run_cancels_nothing_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    cancelled: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: cancelled.append(number))
    try:
        with work._interrupt_is_acknowledged():
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            assert cancelled == []
            signal.raise_signal(signal.SIGINT)
            assert cancelled == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().out == "stopping: tasks that are at work end first; Ctrl-C again cancels them\n"


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
