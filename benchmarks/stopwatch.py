"""How long functions take that run in many threads."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Any


class Stopwatch:
    """Seconds and calls by name, added up over all threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.calls: dict[str, int] = {}
        self._lock = Lock()

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            began = time.monotonic()
            try:
                return function(*arguments, **named)
            finally:
                self.add(name, time.monotonic() - began)

        return timed

    def add(self, name: str, seconds: float) -> None:
        with self._lock:
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds
            self.calls[name] = self.calls.get(name, 0) + 1
