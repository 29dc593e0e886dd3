"""Contestants take turns, round by round, so that a slow minute of the machine affects them all."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks import processes, spark_conf, spark_log
from benchmarks.checksum import checksums
from benchmarks.contestants import Contestant, Place
from benchmarks.measured import Tally
from benchmarks.results import Run


def contest(
    contestants: Sequence[Contestant], source: str, landing: Path, folder: Path, rounds: int
) -> dict[str, Tally]:
    """The first round warms the machine up; it is not timed, and Spark's event log is on, to count jobs and bytes. A
    trial of one round does both. A contestant that fails does not run again; the others go on."""
    tallies = {contestant.name: Tally() for contestant in contestants}
    for number in range(rounds + 1 if rounds > 1 else 1):
        shutil.rmtree(folder, ignore_errors=True)
        for contestant in contestants:
            is_counted, is_timed = number == 0, number > 0 or rounds == 1
            tally, first = tallies[contestant.name], tallies[contestant.after or contestant.name]
            if first.failed or tally.failed or (contestant.once and not is_counted):
                continue
            place = Place(source, landing, folder / slug(contestant.after or contestant.name))
            try:
                _run(contestant, place, folder / "run", tally, is_counted, is_timed)
            except processes.CommandFailed as error:
                print(error, flush=True)
                tally.failed = True
    shutil.rmtree(folder, ignore_errors=True)
    return tallies


def _run(contestant: Contestant, place: Place, folder: Path, tally: Tally, is_counted: bool, is_timed: bool) -> None:
    """`folder` takes settings and logs, `place.warehouse` the tables."""
    shutil.rmtree(folder, ignore_errors=True)
    log = folder / "events"
    log.mkdir(parents=True)
    place.warehouse.mkdir(parents=True, exist_ok=True)
    if contestant.prepare is not None:
        contestant.prepare(place)
    settings = dict(contestant.settings(place.warehouse)) | (spark_log.settings(log) if is_counted else {})
    environment = spark_conf.environment(folder / "conf", settings) | dict(contestant.environment(place))
    commits, size = _commits(place.warehouse), _megabytes(place.warehouse)
    usage = processes.measured(contestant.command(place), folder, environment)
    sums = checksums(place.warehouse, contestant.makes) if contestant.makes else {}
    print(f"{contestant.name}: {usage.seconds:.1f} s; others took {usage.others:.0%} of the machine", flush=True)
    if is_counted:
        work = spark_log.read(log)
        tally.jobs, tally.told = work.jobs, processes.last_json_line(usage.output) if contestant.tells else {}
        tally.written_mb = work.written_mb or _megabytes(place.warehouse) - size
        tally.commits = _commits(place.warehouse) - commits
    if is_timed:
        tally.runs.append(Run(usage.seconds, usage.cpu_seconds, usage.peak_mb, usage.others, sums))


def slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower())


def _commits(warehouse: Path) -> int:
    return sum(log.parents[2].name != "landing" for log in warehouse.glob("*/*/_delta_log/*.json"))


def _megabytes(warehouse: Path) -> float:
    return sum(file.stat().st_size for file in warehouse.glob("*/*/**/*.parquet")) / 2**20
