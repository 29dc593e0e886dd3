"""What is expensive is made once, however many workers there are: the first makes it, the others wait."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def once(base: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder, which `make` fills once for all workers of this run."""
    own = base.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    made = folder.with_suffix(".made")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make(folder)
            made.touch()
    return folder
