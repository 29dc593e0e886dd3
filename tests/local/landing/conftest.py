import os
from pathlib import Path

import pytest

from dvdrental.local.landing import read_source

_DEFAULT = Path(__file__).parents[3].parent / "shared"
SHARED = Path(os.environ.get("DVDRENTAL_SHARED", _DEFAULT))


@pytest.fixture(scope="session")
def dump_path():
    path = SHARED / "data" / "dvdrental.tar"
    if not path.exists():
        pytest.skip(f"no real dump at {path}; set DVDRENTAL_SHARED")
    return path


@pytest.fixture(scope="session")
def dump(dump_path):
    return read_source(str(dump_path))


@pytest.fixture(scope="session")
def sample():
    return read_source("sample")


@pytest.fixture(scope="session")
def restored(server, dump_path):
    """Server that holds the real dump in the database `dvdrental`."""
    server.client("createdb", "dvdrental")
    server.client("pg_restore", "--no-owner", "-d", "dvdrental", dump_path)
    return server
