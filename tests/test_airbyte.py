"""Against a stand-in of Airbyte's API on this machine."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest

from dvdrental import airbyte, recording
from dvdrental.airbyte import Airbyte, AirbyteError
from dvdrental.errors import SettingsError
from dvdrental.local.notebook import DbUtils, run_notebook
from dvdrental.ops import Step
from tests.conftest import ROOT

SECRET, TOKEN = "s3cret", "t0ken"


@dataclass
class StandIn:
    """Answers `states` one after the other, the last one for ever; `refusals` maps a request to an HTTP status, and a
    number among the states is one. The first starts of a sync get the statuses `stumbles`."""

    url: str = ""
    states: list[str | int] = field(default_factory=lambda: ["succeeded"])
    running: list[dict[str, Any]] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)
    stumbles: list[int] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    def answer(self, request: str, body: dict[str, str], authorization: str) -> tuple[int, Any]:
        self.requests.append(request)
        if request in self.refusals:
            return self.refusals[request], {"message": f"no: {body} {authorization}"}
        if request == "POST /v1/applications/token":
            good = body == {"client_id": "me", "client_secret": SECRET}
            token = f"{TOKEN}{len(self.requests)}"
            self.tokens.add(f"Bearer {token}")
            return (200, {"access_token": token}) if good else (401, {})
        if authorization not in self.tokens:
            return 401, {}
        self.tokens.remove(authorization)  # the next request must bring a fresh one
        if request == "POST /v1/jobs" and self.stumbles:
            return self.stumbles.pop(0), {}
        if request == "POST /v1/jobs":
            return 200, {"jobId": 7, "status": "pending", "jobType": body["jobType"]}
        if request.startswith("GET /v1/jobs?"):
            (wanted,) = parse_qs(request.partition("?")[2])["status"]
            return 200, {"data": [job for job in self.running if job["status"] == wanted]}
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return (state, {}) if isinstance(state, int) else (200, {"status": state})


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    state = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request, authorization = f"{self.command} {self.path}", self.headers.get("Authorization", "")
            code, answer = state.answer(request, json.loads(body or "{}"), authorization)
            self.send_response(code)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield state
    server.shutdown()
    server.server_close()


def sync(url: str, seconds: float = 60) -> None:
    Airbyte(url, "me", SECRET).sync("c0ffee", seconds, pause=0)


def test_sync_is_started_once_and_waited_for(stand_in: StandIn) -> None:
    stand_in.states = ["pending", "running", "incomplete", "running", "succeeded"]
    sync(stand_in.url)
    assert stand_in.requests.count("POST /v1/jobs") == 1
    assert stand_in.requests.count("GET /v1/jobs/7") == 5


def test_sync_is_waited_for_while_airbyte_stumbles(stand_in: StandIn) -> None:
    stand_in.states = ["running", *[502] * 5, "running", *[503] * 5, "succeeded"]
    sync(stand_in.url)
    assert stand_in.requests.count("POST /v1/jobs") == 1


def test_start_whose_answer_is_lost_is_joined(stand_in: StandIn) -> None:
    stand_in.stumbles = [504, 409]
    stand_in.running = [{"jobId": 5, "status": "running"}]
    sync(stand_in.url)
    assert stand_in.requests[-1] == "GET /v1/jobs/5"
    assert stand_in.requests.count("POST /v1/jobs") == 2


def test_airbyte_that_is_down_is_not_asked_beyond_the_time_that_was_given(stand_in: StandIn) -> None:
    stand_in.states = [502]
    with pytest.raises(AirbyteError, match=r"GET .*/jobs/7: 502 "):
        sync(stand_in.url, seconds=0)
    assert stand_in.requests.count("GET /v1/jobs/7") == 1


@pytest.mark.parametrize(("code", "asked"), [(502, 7), (400, 2), (401, 2), (403, 2), (404, 2), (422, 2)])
def test_airbyte_that_is_down_or_refuses_ends_the_run(stand_in: StandIn, code: int, asked: int) -> None:
    stand_in.states = ["running", code]
    with pytest.raises(AirbyteError, match=f"GET .*/jobs/7: {code} "):
        sync(stand_in.url)
    assert stand_in.requests.count("GET /v1/jobs/7") == asked


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_sync_without_success_ends_the_run(stand_in: StandIn, end: str) -> None:
    stand_in.states = ["running", end]
    with pytest.raises(AirbyteError, match=f"job 7 of connection c0ffee {end}: see its log"):
        sync(stand_in.url)


def test_hanging_sync_is_given_up(stand_in: StandIn) -> None:
    stand_in.states = ["running"]
    with pytest.raises(AirbyteError, match="job 7 is still running after 0 s"):
        sync(stand_in.url, seconds=0.2)


@pytest.mark.parametrize("status", ["running", "incomplete", "pending"])
def test_sync_that_goes_on_already_is_joined(stand_in: StandIn, status: str) -> None:
    stand_in.refusals = {"POST /v1/jobs": 409}
    stand_in.running = [{"jobId": 4, "status": "cancelled"}, {"jobId": 5, "status": status}]
    sync(stand_in.url)
    assert stand_in.requests[-1] == "GET /v1/jobs/5"


def test_connection_that_is_busy_with_something_else_or_disabled_is_said_at_once(stand_in: StandIn) -> None:
    stand_in.refusals = {"POST /v1/jobs": 409}
    with pytest.raises(AirbyteError, match="connection c0ffee: Airbyte is busy with it, or has disabled it"):
        sync(stand_in.url)
    assert stand_in.requests.count("POST /v1/jobs") == 1


@pytest.mark.parametrize(
    ("request_", "code", "hint"),
    [
        ("POST /v1/applications/token", 401, "client_id and client_secret"),
        ("POST /v1/jobs", 403, "May the user"),
        ("POST /v1/jobs", 404, "airbyte_connection_id"),
        ("GET /v1/jobs/7", 500, "Rerun later"),
    ],
)
def test_refusal_says_what_to_look_at_and_no_secret(
    stand_in: StandIn, caplog: pytest.LogCaptureFixture, request_: str, code: int, hint: str
) -> None:
    stand_in.refusals = {request_: code}
    with caplog.at_level(logging.DEBUG), pytest.raises(AirbyteError, match=hint) as refused:
        sync(stand_in.url)
    assert f"{code} " in str(refused.value)
    assert all(secret not in f"{refused.value}{caplog.text}" for secret in (SECRET, TOKEN))


def test_secret_is_not_shown_by_the_client() -> None:
    assert SECRET not in repr(Airbyte("https://airbyte.example.org/v1", "me", SECRET))


def test_airbyte_that_cannot_be_reached_is_named() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(AirbyteError, match=f"http://127.0.0.1:{port}/v1/applications/token: no answer"):
        sync(f"http://127.0.0.1:{port}/v1")


def test_airbyte_that_never_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airbyte, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(AirbyteError, match=r"no answer .*timed out"):
        sync(f"http://127.0.0.1:{silent.getsockname()[1]}/v1")


@pytest.mark.parametrize("url", ["nonsense", ""])
def test_address_that_is_none_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match="airbyte_api: use the address"):
        sync(url)


def test_notebook_does_nothing_without_a_connection() -> None:
    """No session, no secret: a task that is switched off costs nothing."""
    assert run_notebook(ROOT / "notebooks/ops/airbyte_sync.py", None, {}) == "[]"


def test_notebook_takes_the_secrets_of_the_scope(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    step = Step("r1", "ops.airbyte_sync", datetime(2026, 1, 5))
    secrets = {("vault", "client_id"): "me", ("vault", "client_secret"): SECRET}
    monkeypatch.setattr(recording, "recorded", lambda lake, name: nullcontext(step))
    monkeypatch.setattr(DbUtils, "secrets", SimpleNamespace(get=lambda *key: secrets[key]), raising=False)
    widgets = {"airbyte_connection_id": "c0ffee", "airbyte_api": stand_in.url, "airbyte_secret_scope": "vault"}
    answer = run_notebook(ROOT / "notebooks/ops/airbyte_sync.py", None, widgets)
    assert [step["status"] for step in json.loads(answer)] == ["published"]
    assert stand_in.requests.count("POST /v1/jobs") == 1
    assert SECRET not in answer
