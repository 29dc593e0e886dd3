"""An archive of loaded Java classes (AppCDS): a session that maps it starts in about half the time.

It fits one Java and one list of jars only, so it is made at set-up, never shipped. Without it (not every Java can make
one) everything works, slower.
"""

import subprocess
import sys
from pathlib import Path

from dvdrental.local.toolchain import JARS, packaged_homes

ARCHIVE = JARS / "classes.jsa"
_QUIET = ["-Xlog:cds=off", "-Xlog:cds+dynamic=off"]


def options() -> list[str]:
    return [f"-XX:SharedArchiveFile={ARCHIVE}", *_QUIET] if ARCHIVE.exists() else []


def make() -> None:
    """Java writes the archive when it ends. In a process of its own, since a Java cannot be ended from inside."""
    if not ARCHIVE.exists():
        _make_base()
        subprocess.run([sys.executable, "-m", __name__], capture_output=True, check=False)


def _make_base() -> None:
    """The Java from PyPI comes without an archive of its own classes, and ours is laid upon that."""
    for home in packaged_homes():
        if not (home / "lib" / "server" / "classes.jsa").exists():
            subprocess.run([home / "bin" / "java", "-Xshare:dump"], capture_output=True, check=False)


def _train() -> None:
    """Load what every run loads: a session, a Delta table, a merge, JSON."""
    import tempfile

    from pyspark.sql import functions as F

    from dvdrental.local.session import start_session

    with tempfile.TemporaryDirectory() as folder:
        spark = start_session(Path(folder), [f"-XX:ArchiveClassesAtExit={ARCHIVE}", *_QUIET])
        rows = spark.createDataFrame([(1, '{"a": 1}'), (2, '{"a": 2}')], "id INT, text STRING")
        parsed = rows.withColumn("a", F.from_json("text", "a DECIMAL(38,10)")["a"])
        spark.sql("CREATE TABLE trained (id INT NOT NULL, text STRING, a DECIMAL(38,10)) USING DELTA")
        parsed.write.format("delta").mode("append").saveAsTable("trained")
        total = spark.table("trained").groupBy("id").agg(F.sum("a").alias("a")).withColumn("text", F.lit("new"))
        target, source = F.col("trained.id"), F.col("s.id")
        total.alias("s").mergeInto("trained", target == source).whenMatched().updateAll().merge()
        spark.table("trained").join(total, "id").collect()
        java = spark.sparkContext._gateway.proc  # type: ignore[union-attr]
        spark.stop()
        java.stdin.close()
        java.wait()


if __name__ == "__main__":
    _train()
