"""A PostgreSQL server for tests that read from one or write to one."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Server:
    programs: Path
    port: int
    password: str

    def url(self, database, user="postgres", password=None):
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def client(self, program, *arguments):
        host = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres")
        environment = os.environ | {"PGPASSWORD": self.password}
        command = [self.programs / program, *host, *arguments]
        subprocess.run(command, check=True, env=environment, capture_output=True)


@pytest.fixture(scope="session")
def server():
    """A real PostgreSQL of this machine's own packages, on loopback, gone after the tests."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("no PostgreSQL server programs in /usr/lib/postgresql")
    folder = Path(tempfile.mkdtemp(prefix="landing-postgres-"))
    server = Server(found[-1].parent, _free_port(), "s3cret-of-the-server")
    try:
        _start(server, folder)
        yield server
    finally:
        _as_server_user([server.programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"], folder)
        shutil.rmtree(folder)


def _start(server, folder):
    (folder / "password").write_text(server.password)
    if os.geteuid() == 0:
        for path in (folder, folder / "password"):
            os.chown(path, _server_user().pw_uid, _server_user().pw_gid)
    access = ("-U", "postgres", "-A", "scram-sha-256", "--pwfile", folder / "password")
    text = ("-E", "UTF8", "--locale=C", "--no-sync")
    _as_server_user([server.programs / "initdb", "-D", folder / "data", *access, *text], folder).check_returncode()
    options = f"-p {server.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    start = ("-w", "-l", folder / "log", "-o", options, "start")
    _as_server_user([server.programs / "pg_ctl", "-D", folder / "data", *start], folder).check_returncode()


def _as_server_user(command, folder):
    """PostgreSQL refuses to run as root."""
    user = {}
    if os.geteuid() == 0:
        user = {"user": _server_user().pw_uid, "group": _server_user().pw_gid, "extra_groups": []}
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run(command, cwd=folder, **silent, **user)


def _server_user():
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
