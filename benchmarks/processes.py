"""Run a command and measure it with all processes that it starts."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

EVERY = 0.1
"""Seconds between two samples. What a process does after its last sample is not counted."""

MEMORY_AT_EACH = 10
"""After the first samples, memory is taken at every tenth only: counting pages takes longer than reading CPU time."""


class CommandFailed(Exception):
    """The message names the command and quotes the end of its output."""


@dataclass(frozen=True)
class Usage:
    seconds: float
    cpu_seconds: float
    peak_mb: float
    others: float
    output: str


def measured(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Usage:
    """Wall time ends with the command; the processes it leaves behind (Spark's Java) are waited for afterwards, so
    that they do not disturb the next one."""
    log = folder / "output.log"
    busy, own, began = _busy(), time.process_time(), time.monotonic()
    with log.open("w") as file:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            cpu, peak = _watch(process)
        except BaseException:  # whoever stops the benchmark stops what it measures
            os.killpg(process.pid, signal.SIGTERM)
            raise
    seconds = time.monotonic() - began
    _wait_for(cpu)
    total = time.monotonic() - began
    output = log.read_text(errors="replace")
    if process.returncode:
        raise CommandFailed(f"{' '.join(command)} ended with {process.returncode}; the end of {log}:\n{output[-3000:]}")
    cpu_seconds = sum(cpu.values())
    foreign = _busy() - busy - cpu_seconds - (time.process_time() - own)
    return Usage(seconds, cpu_seconds, peak / 2**20, max(0.0, foreign / (total * (os.cpu_count() or 1))), output)


def last_json_line(output: str) -> Any:
    """What a command of ours reports, as JSON in one line; Java may print more lines after it."""
    return json.loads(next(line for line in reversed(output.splitlines()) if line.startswith("{")))


def _watch(process: "subprocess.Popen[bytes]") -> tuple[dict[psutil.Process, float], int]:
    """CPU seconds per process of the tree, and the most memory that they held together. A page that processes share,
    as a child just born does with its parent, counts once."""
    root, peak, looks = psutil.Process(process.pid), 0, 0
    cpu: dict[psutil.Process, float] = {}
    while process.poll() is None:
        held = 0
        for one in _tree(root, cpu):
            try:
                times = one.cpu_times()
                held += one.memory_full_info().pss if looks < MEMORY_AT_EACH or looks % MEMORY_AT_EACH == 0 else 0
            except psutil.Error:  # it has ended meanwhile
                continue
            cpu[one] = times.user + times.system
        peak, looks = max(peak, held), looks + 1
        time.sleep(EVERY)
    return cpu, peak


def _tree(root: psutil.Process, known: Mapping[psutil.Process, float]) -> list[psutil.Process]:
    """With those that have lost their parent meanwhile."""
    try:
        below = root.children(recursive=True)
    except psutil.NoSuchProcess:
        below = []
    return list({root, *below, *known})


def _wait_for(cpu: dict[psutil.Process, float]) -> None:
    for one in list(cpu):
        while one.is_running() and one.status() != psutil.STATUS_ZOMBIE:
            times = one.cpu_times()
            cpu[one] = times.user + times.system
            time.sleep(EVERY)


def _busy() -> float:
    """CPU seconds that all processes of the machine have taken since it started."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)
