"""The dashboard on this machine: a real Superset imports the files that Preset imports, on a copy of a lake's gold.

`make dashboard` and `make dashboard-test` run it. Superset has its own environment (requirements-superset.txt).
"""

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dvdrental.errors import DvdRentalError
from dvdrental.local import folder as lakes
from dvdrental.local.bundle import find_root
from dvdrental.local.preset import assets
from dvdrental.local.preset.board import SLUG
from dvdrental.local.preset.gold_copy import SCHEMA, copy_gold

PORT = 8088
CATALOG = "dvdrental_copy"
"""DuckDB names a catalog after its file; the name of a schema would be ambiguous."""


class SupersetError(DvdRentalError):
    """Superset did not do what it was asked to do."""


@dataclass(frozen=True)
class Superset:
    """An installed Superset and the folder of its own state. `bin` is that of its environment."""

    bin: Path
    home: Path

    def __post_init__(self) -> None:
        if not (self.bin / "superset").exists():
            raise SupersetError(f"there is no Superset in {self.bin}: `make dashboard` installs it")

    @property
    def login(self) -> dict[str, str]:
        """Made at the first start, readable by the owner only."""
        file = self.home / "login.json"
        if not file.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            new = {"username": "admin", "password": secrets.token_urlsafe(9), "key": secrets.token_urlsafe(42)}
            file.write_text(json.dumps(new))
        login: dict[str, str] = json.loads(file.read_text())
        return login

    @property
    def log(self) -> Path:
        return self.home / "superset.log"

    @property
    def gold(self) -> Path:
        return self.home / f"{CATALOG}.duckdb"

    def environment(self) -> dict[str, str]:
        own = {
            "SUPERSET_HOME": str(self.home.resolve()),
            "SUPERSET_CONFIG_PATH": str(Path(__file__).with_name("superset_config.py")),
            "SUPERSET_SECRET_KEY": self.login["key"],
            "FLASK_APP": "superset.app:create_app()",
        }
        return {name: text for name, text in os.environ.items() if name != "PYTHONPATH"} | own

    def prepare(self) -> None:
        """Its own tables, roles and a user: once."""
        done = self.home / "prepared"
        if done.exists():
            return
        (self.home / "superset.db").unlink(missing_ok=True)
        user = ["--username", "admin", "--firstname", "A", "--lastname", "B", "--email", "admin@localhost"]
        self.call("db", "upgrade")
        self.call("fab", "create-admin", *user, "--password", self.login["password"])
        self.call("init")
        done.touch()

    def take(self, folder: Path) -> None:
        """Import the dashboard's files. Superset's command exits with 0 even if it failed, so its output is read."""
        output = self.call("import-directory", "-o", str(folder))
        wrong = [line for line in output.splitlines() if "ERROR" in line or "Traceback" in line]
        if wrong:
            raise SupersetError(f"Superset refused the dashboard: {wrong[0]}; more in {self.log}")

    def call(self, *arguments: str) -> str:
        command = [str(self.bin / "superset"), *arguments]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        with self.log.open("a") as file:
            file.write(output)
        if done.returncode:
            raise SupersetError(f"`superset {arguments[0]}` failed: see {self.log}")
        return output

    @contextmanager
    def running(self, port: int) -> Iterator[str]:
        """Its address, while it runs."""
        server = [str(self.bin / "gunicorn"), "-b", f"127.0.0.1:{port}", "-w", "1", "-k", "gthread", "--threads", "8"]
        command = [*server, "--timeout", "120", "superset.app:create_app()"]
        with self.log.open("a") as file:
            process = subprocess.Popen(
                command, env=self.environment(), stdout=file, stderr=file, start_new_session=True
            )
        try:
            address = f"http://127.0.0.1:{port}"
            self._wait(process, address)
            yield address
        finally:
            process.terminate()
            process.wait()

    def _wait(self, process: "subprocess.Popen[bytes]", address: str) -> None:
        until = time.monotonic() + 120
        while time.monotonic() < until and process.poll() is None:
            try:
                with urllib.request.urlopen(f"{address}/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        raise SupersetError(f"Superset did not start: see {self.log}")


def free_port(wanted: int = PORT) -> int:
    """The usual port, or one that is free."""
    for port in (wanted, 0):
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    raise SupersetError("no port is free")


def values(gold: Path) -> Mapping[str, object]:
    """What the templates of the dashboard mean on this machine."""
    uri = f"duckdb:///{gold.resolve()}?access_mode=read_only"
    return {"env": {"DVDRENTAL_GOLD_URI": uri}, "catalog": CATALOG, "gold_schema": SCHEMA}


@contextmanager
def serving(superset: Superset, files: Path, port: int) -> Iterator[str]:
    """The dashboard of these files on the copy of gold that is there."""
    superset.prepare()
    rendered = superset.home / "assets"
    assets.render(files, rendered, values(superset.gold))
    superset.take(rendered)
    with superset.running(port) as address:
        yield address


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dvdrental.local.preset.serve", description=__doc__)
    parser.add_argument("--lake", type=Path, help="folder of the lake (default: the one written last)")
    parser.add_argument("--superset", type=Path, default=Path(".venv-superset/bin"), help="where `superset` is")
    parser.add_argument("--home", type=Path, default=Path(".superset"), help="where Superset keeps its own state")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever stops us stops Superset too
    try:
        _serve(options.lake, Superset(options.superset.absolute(), options.home))
    except DvdRentalError as error:
        sys.stderr.write(f"dashboard: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stdout.write("\nStopped.\n")
    return 0


def _serve(folder: Path | None, superset: Superset) -> None:
    folder = lakes.lake_with_ledger(folder)
    _tell(f"Copying gold of {folder}")
    superset.home.mkdir(parents=True, exist_ok=True)
    copy_gold(folder, superset.gold)
    _tell("Starting Superset (the first time takes a minute)")
    if (port := free_port()) != PORT:
        _tell(f"Port {PORT} is taken by another program: the dashboard is at {port}")
    with serving(superset, find_root(Path.cwd()) / assets.FOLDER, port) as address:
        login = superset.login
        _tell(f"\n  {address}/superset/dashboard/{SLUG}/\n  {login['username']} {login['password']}\n")
        _tell("Ctrl-C stops it.")
        while True:
            time.sleep(3600)


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
