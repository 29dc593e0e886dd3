"""Start an Airbyte sync and wait for its end, through Airbyte's public API."""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from dvdrental.errors import DvdRentalError, SettingsError

ANSWER_SECONDS = 60
"""Airbyte asks other services before it answers, and is sometimes slow about it."""

FAILURES = 5
"""So many requests in a row may fail."""

ENDS = ("succeeded", "failed", "cancelled")

GOING_ON = ("running", "incomplete", "pending")
"""Incomplete means between two attempts of Airbyte."""

_ADDRESS = re.compile(r"https?://[\w.:\[\]-]+(/[\w./~-]*)?\Z", re.ASCII)

_NAMES = "Are airbyte_api and airbyte_connection_id right?"
HINTS = {
    400: _NAMES,
    401: "Are client_id and client_secret in the secret scope those of an Airbyte application?",
    403: "May the user of the Airbyte application run this connection?",
    404: _NAMES,
    422: _NAMES,
}

Answer = TypeVar("Answer")


class AirbyteError(DvdRentalError):
    """Airbyte cannot be reached, refuses, or did not sync."""


class _BusyError(AirbyteError):
    """The connection has a sync already."""


class _RefusedError(AirbyteError):
    """Asking again would give the same answer."""


_KINDS = dict.fromkeys(HINTS, _RefusedError) | {409: _BusyError}


@dataclass(frozen=True)
class Airbyte:
    """`api` ends in /v1. The two secrets are those of an application (Airbyte: user settings, Applications)."""

    api: str
    client_id: str
    client_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        """Only http and https: the secrets are sent to this address, and urlopen would open others."""
        if not _ADDRESS.match(self.api):
            raise SettingsError("airbyte_api: use the address of Airbyte's API, as in https://api.airbyte.com/v1")

    def sync(self, connection: str, seconds: float = 3600, pause: float = 15) -> None:
        """Start a sync of the connection, or join the one that runs, and return when it has succeeded."""
        until = time.monotonic() + seconds
        job = _insist(lambda: self._start(connection), pause, until)
        while (status := _insist(lambda: self._status(job), pause, until)) not in ENDS:
            if time.monotonic() > until:
                raise AirbyteError(
                    f"Airbyte's sync job {job} is still {status} after {seconds:.0f} s. It goes on in Airbyte; "
                    "a rerun joins it"
                )
            time.sleep(pause)
        if status != "succeeded":
            raise AirbyteError(
                f"Airbyte's sync job {job} of connection {connection} {status}: see its log in Airbyte, then rerun"
            )

    def _start(self, connection: str) -> int:
        try:
            return int(self._call("POST", "/jobs", {"connectionId": connection, "jobType": "sync"})["jobId"])
        except _BusyError:
            for status in GOING_ON:
                query = urlencode({"connectionId": connection, "jobType": "sync", "status": status})
                if jobs := self._call("GET", f"/jobs?{query}")["data"]:
                    return int(jobs[0]["jobId"])
            raise _RefusedError(
                f"connection {connection}: Airbyte is busy with it, or has disabled it, and there is no sync that "
                "could be waited for. Look at its state in Airbyte, then rerun"
            ) from None

    def _status(self, job: int) -> str:
        return str(self._call("GET", f"/jobs/{job}")["status"])

    def _call(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        """With a token of its own each time: one lives for minutes, a sync may take an hour."""
        credentials = {"client_id": self.client_id, "client_secret": self.client_secret}
        token = self._send("POST", "/applications/token", credentials)["access_token"]
        return self._send(method, path, body, token)

    def _send(self, method: str, path: str, body: Mapping[str, str] | None, token: str = "") -> Any:
        """Errors contain address and status only: a request or an answer may hold a secret."""
        what = f"{method} {self.api}{path.partition('?')[0]}"
        try:
            request = Request(self.api + path, None if body is None else json.dumps(body).encode(), method=method)
            request.add_header("Content-Type", "application/json")
            if token:
                request.add_unredirected_header("Authorization", f"Bearer {token}")
            with urlopen(request, timeout=ANSWER_SECONDS) as answer:
                return json.load(answer)
        except HTTPError as error:
            kind = _KINDS.get(error.code, AirbyteError)
            raise kind(f"{what}: {error.code} {error.reason}. {HINTS.get(error.code, 'Rerun later')}") from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise AirbyteError(
                f"{what}: no answer ({reason}). Is airbyte_api right, and open to this network?"
            ) from None
        except ValueError:
            raise AirbyteError(f"{what}: no answer in JSON. Is airbyte_api right? It ends in /v1") from None


def _insist(ask: Callable[[], Answer], pause: float, until: float) -> Answer:
    """Ask again while Airbyte does not answer: a sync goes on meanwhile. Starting again is safe: if Airbyte heard the
    first time, it is busy with that sync, which is joined."""
    for _ in range(FAILURES):
        try:
            return ask()
        except _RefusedError:
            raise
        except AirbyteError:
            if time.monotonic() > until:
                raise
            time.sleep(pause)
    return ask()
