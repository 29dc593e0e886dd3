"""Spark settings for peers, as a `spark-defaults.conf`, so that their code stays the same under all settings."""

import os
from collections.abc import Mapping
from pathlib import Path

from dvdrental.local import class_archive, session
from dvdrental.local.toolchain import delta_jars, java_home

SMALL_ONLY = (
    "spark.sql.codegen.wholeStage",
    "spark.sql.codegen.factoryMode",
    "spark.sql.adaptive.enabled",
    "spark.databricks.delta.stats.collect",
)


def stock(warehouse: Path) -> dict[str, str]:
    """Spark as it comes, and what Delta needs. The jars are on the class path: through Ivy a start takes longer."""
    return {
        "spark.master": "local[*]",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraClassPath": os.pathsep.join(map(str, delta_jars())),
        "spark.sql.extensions": session.CONFIG["spark.sql.extensions"],
        "spark.sql.catalog.spark_catalog": session.CONFIG["spark.sql.catalog.spark_catalog"],
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(warehouse.resolve()),
    }


def tuned(warehouse: Path) -> dict[str, str]:
    """The settings of the local session."""
    java = " ".join([*session.JAVA_OPTIONS, *class_archive.options()])
    return stock(warehouse) | session.CONFIG | {"spark.driver.extraJavaOptions": java}


def for_many_rows() -> None:
    """Let Java and Spark compile in the sessions that this process starts."""
    session.JAVA_OPTIONS.remove(session.QUICK_COMPILER)
    for name in SMALL_ONLY:
        del session.CONFIG[name]


def environment(folder: Path, conf: Mapping[str, str]) -> dict[str, str]:
    """Write the settings into the folder; gives the variables under which a Spark session finds them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = (f"{name} {value}\n" for name, value in conf.items())
    (folder / "spark-defaults.conf").write_text("".join(lines))
    return {"SPARK_CONF_DIR": str(folder.resolve()), "JAVA_HOME": str(java_home())}
