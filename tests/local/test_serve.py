"""Superset on this machine, as far as that can be tried without Superset."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest

from dvdrental.local.preset.serve import Superset


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


def test_server_on_this_machine_is_asked_without_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "superset").touch()
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    tries = iter([None, 1])
    process = SimpleNamespace(poll=lambda: next(tries))  # it ends after the first try
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        Thread(target=server.handle_request, daemon=True).start()
        Superset(tmp_path, tmp_path)._wait(process, f"http://127.0.0.1:{server.server_port}")
