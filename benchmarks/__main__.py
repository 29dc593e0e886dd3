"""`make bench`: lands a source, runs every contestant, compares what they made, writes RESULTS.md.

Environment: SOURCE (sample, a dump, a database); ROUNDS (3 take about half an hour; 5 for figures that are shown to
anybody; 1 is a trial); SIZES, a list of `S` (the source as it is; all peers) and numbers of rentals such as 200k and 2M
(the source blown up; ours and the floor; of the last one, the parse by itself). Sizes that are not listed keep their
last measurement.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks import contestants, landings, measured, processes, spark_conf
from benchmarks.contest import contest
from benchmarks.measured import Contest, Occasion, Parsing
from benchmarks.report import occasion, page

FOLDER = contestants.ROOT / "build" / "bench"
RESULTS = Path(__file__).with_name("RESULTS.md")
UNITS = {"k": 1_000, "M": 1_000_000}


def main() -> None:
    source, rounds = os.environ.get("SOURCE", "sample"), int(os.environ.get("ROUNDS", "3"))
    shutil.rmtree(FOLDER, ignore_errors=True)
    now = occasion(source, rounds)
    landing = small = _landed(source)
    for size in os.environ.get("SIZES", measured.SMALL).split():
        landing = small if size == measured.SMALL else _blown_up(small, size)
        who = contestants.peers(contestants.DBT_PYTHON.exists()) if size == measured.SMALL else contestants.sizes()
        tallies = contest(who, source, landing, FOLDER / "warehouses", rounds)
        measured.keep(Contest(size, landings.rows(landing, "rental"), tallies, now))
        if size == measured.SMALL:
            starts = contest(contestants.starts(), source, small, FOLDER / "warehouses", rounds)
            measured.keep(Contest(measured.SESSION, 0, starts, now))
    if landing != small:
        measured.keep_parsing(_parse(landing, now))
    RESULTS.write_text(page(measured.contests(), measured.parsing()))
    print(RESULTS.read_text())


def _landed(source: str) -> Path:
    lake = FOLDER / "S"
    command = [sys.executable, "-m", "dvdrental.local.cli", "land", "--source", source, "--lake", str(lake)]
    subprocess.run(command, check=True)
    return lake / "landing"


def _blown_up(landing: Path, size: str) -> Path:
    target = FOLDER / size / "landing"
    landings.grow(landing, target, int(float(size[:-1]) * UNITS[size[-1]]))
    return target


def _parse(landing: Path, now: Occasion) -> Parsing:
    folder = FOLDER / "parse"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "benchmarks.parse", str(landing), str(folder), str(now.rounds)]
    usage = processes.measured(command, folder, spark_conf.environment(folder / "conf", {}))
    answer = processes.last_json_line(usage.output)
    return Parsing(answer["rows"], answer["seconds"], usage.others, now)


if __name__ == "__main__":
    main()
