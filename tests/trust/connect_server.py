"""A Spark Connect server that outlives its clients, and ends with its standard input. Asked by a line, it says whether
it still works on something:

python -m tests.trust.connect_server FOLDER PORT
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_server
from typing import Any

from dvdrental.local.session import start_session
from tests.local_lake import ROOT

PLUGIN = "spark.plugins=org.apache.spark.sql.connect.SparkConnectPlugin"
DONE = ("Finished", "Failed", "Canceled", "Closed")


@dataclass
class Server:
    address: str
    process: Any

    def wait(self) -> None:
        """Until it works on nothing."""
        deadline = time.monotonic() + 120
        while self.ask() != "idle":
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def ask(self) -> str:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return str(self.process.stdout.readline()).strip()


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command, pipe = [sys.executable, "-m", __name__, folder, str(port)], subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdin=pipe, stdout=pipe, text=True) as process:
        server = Server(f"sc://127.0.0.1:{port}", process)
        assert server.ask() == "idle"
        yield server
        server.process.stdin.close()


def environment() -> dict[str, str]:
    """Of a process that has nothing to do with the session of this one."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}


def states(spark: Any) -> list[str]:
    """Of all executions that the server knows of."""
    active = spark._jvm.org.apache.spark.sql.connect.service.SparkConnectService.listActiveExecutions().toOption()
    return (
        [str(active.get().apply(number).status()) for number in range(active.get().size())]
        if active.isDefined()
        else []
    )


if __name__ == "__main__":
    port = f"spark.connect.grpc.binding.port={int(sys.argv[2])}"
    os.environ["PYSPARK_SUBMIT_ARGS"] = f"--conf {PLUGIN} --conf {port} pyspark-shell"
    session = start_session(Path(sys.argv[1]))
    for _ in sys.stdin:
        print("idle" if set(states(session)) <= set(DONE) else "busy", flush=True)  # noqa: T201
