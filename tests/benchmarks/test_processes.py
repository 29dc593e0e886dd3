"""What commands say and take."""

import sys
from pathlib import Path

from benchmarks.processes import measured, told


def test_memory_of_a_command_that_ends_before_a_second_is_seen(tmp_path: Path) -> None:
    short = "import time; held = b'x' * 50_000_000; time.sleep(0.5)"
    assert measured([sys.executable, "-c", short], tmp_path, {}).peak_mb > 50


def test_what_a_command_tells_stands_between_what_others_say() -> None:
    assert told('noise\n{"gate": 5.0, "tasks": 50.0}\nJava ends\n') == {"gate": 5.0, "tasks": 50.0}
