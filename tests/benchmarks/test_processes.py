"""What commands say and take."""

import sys
from pathlib import Path

from benchmarks.processes import last_json_line, measured


def test_memory_of_a_command_that_ends_before_a_second_is_seen(tmp_path: Path) -> None:
    short = "import time; held = b'x' * 50_000_000; time.sleep(0.5)"
    assert measured([sys.executable, "-c", short], tmp_path, {}).peak_mb > 50


def test_the_report_of_a_command_is_found_among_other_output() -> None:
    assert last_json_line('noise\n{"gate": 5.0, "tasks": 50.0}\nJava ends\n') == {"gate": 5.0, "tasks": 50.0}
