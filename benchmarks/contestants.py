"""Who runs, with which command and settings, and where it leaves what is compared."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import landings, spark_conf
from benchmarks.checksum import Relations

ROOT = Path(__file__).parents[1]
DBT = Path(__file__).parent / "peers" / "dbt"
DBT_PYTHON = Path(os.environ.get("DVDRENTAL_DBT_PYTHON", ROOT / ".venv-dbt" / "bin" / "python"))

OURS: Relations = {
    "fact_rentals": "silver.fact_rentals",
    "dim_film": "silver.dim_film WHERE is_current AND NOT is_inferred",
    "dim_store": "silver.dim_store WHERE is_current AND NOT is_inferred",
    "rental_obt": "gold.rental_obt",
    "monthly_store_sales": "gold.monthly_store_sales",
}
THEIRS: Relations = {
    "fact_rentals": "silver.fact_rentals",
    "dim_film": "silver.dim_film",
    "dim_store": "silver.dim_store",
    "rental_obt": "gold.rental_obt",
    "monthly_store_sales": "gold.monthly_store_sales",
}
SYSTEM_A: Relations = {
    "fact_rentals": "main.fact_rentals JOIN (SELECT customer_key, customer_id FROM main.dim_customer) "
    "USING (customer_key)",
    "dim_film": "main.dim_film JOIN (SELECT category_id, name AS category FROM main.dim_category) USING (category_id)",
    "dim_store": "main.dim_store",
    "rental_obt": "(SELECT *, name AS category FROM preset.preset_rental_obt)",
    "monthly_store_sales": "main.monthly_store_sales",
}


@dataclass(frozen=True)
class Place:
    """Where one run reads and writes. A lake has its landing inside; the others are given the folder."""

    source: str
    landing: Path
    warehouse: Path


@dataclass(frozen=True)
class Contestant:
    """`settings` are Spark's, as they lie in `spark-defaults.conf`; ours sets its own. `after`: works on what the
    contestant of that name has left. `once`: only in the first round. `tells`: it prints a line of JSON. `prepare` runs
    before it, unmeasured."""

    name: str
    command: Callable[[Place], Sequence[str]]
    settings: Callable[[Path], Mapping[str, str]] = lambda warehouse: {}
    makes: Relations | None = None
    after: str | None = None
    once: bool = False
    tells: bool = False
    prepare: Callable[[Place], None] | None = None
    environment: Callable[[Place], Mapping[str, str]] = field(default=lambda place: {})


def peers(with_dbt: bool) -> list[Contestant]:
    """All of one landing: ours first, the floor last."""
    a, naive = python("benchmarks.peers.system_a"), python("benchmarks.peers.naive")
    dbt = [Contestant("dbt-spark, session mode", _dbt, _dbt_settings, THEIRS, environment=_dbt_environment)]
    return [
        Contestant("ours", _dvdrental_run, makes=OURS, prepare=lake),
        Contestant("ours, unchanged landing", _dvdrental_run, makes=OURS, after="ours"),
        Contestant("system A's way", a, spark_conf.stock, SYSTEM_A),
        Contestant("system A's way, our Spark settings", a, spark_conf.tuned, SYSTEM_A),
        Contestant("naive PySpark", naive, _dbt_settings, THEIRS),
        *(dbt if with_dbt else []),
        Contestant("ours, gate timed", _job("overwrite"), makes=OURS, prepare=lake, once=True, tells=True),
        Contestant("DuckDB and delta-rs: the floor", python("benchmarks.peers.floor"), makes=THEIRS),
    ]


def sizes() -> list[Contestant]:
    """With many rows: ours, what a sync of changes costs, and the floor."""
    whole, appended = _job("overwrite", "--many-rows"), _job("append", "--many-rows")
    return [
        Contestant("ours", whole, makes=OURS, prepare=lake, tells=True),
        Contestant("ours, unchanged landing", whole, after="ours"),
        Contestant("ours, 1 % changed, full refresh", whole, after="ours", prepare=_refreshed),
        Contestant("ours, incremental", appended, makes=OURS, prepare=lake),
        Contestant("ours, incremental, 1 % changed", appended, after="ours, incremental", prepare=_appended),
        Contestant("DuckDB and delta-rs: the floor", python("benchmarks.peers.floor"), makes=THEIRS),
    ]


def starts() -> list[Contestant]:
    """A session, and the first table in it."""
    return [
        Contestant("session and first write, ours", python("benchmarks.peers.first_write", "ours")),
        Contestant(
            "session and first write, Spark's defaults", python("benchmarks.peers.first_write"), spark_conf.stock
        ),
    ]


def python(module: str, *arguments: str) -> Callable[[Place], Sequence[str]]:
    def command(place: Place) -> Sequence[str]:
        return [sys.executable, "-m", module, str(place.landing), str(place.warehouse), *arguments]

    return command


def lake(place: Place) -> None:
    """A copy of the landing of its own: hard links, since files of a Delta table are never changed."""
    for name in ("landing", ".source.json"):
        landed = place.landing.parent / name
        if landed.is_dir():
            shutil.copytree(landed, place.warehouse / name, copy_function=os.link)
        elif landed.exists():
            shutil.copy(landed, place.warehouse)


def _dvdrental_run(place: Place) -> Sequence[str]:
    cli = [sys.executable, "-m", "dvdrental.local.cli"]
    return [*cli, "run", "--source", place.source, "--lake", str(place.warehouse)]


def _job(sync_mode: str, *options: str) -> Callable[[Place], Sequence[str]]:
    def command(place: Place) -> Sequence[str]:
        module = [sys.executable, "-m", "benchmarks.peers.ours"]
        return [*module, str(place.warehouse), "--sync-mode", sync_mode, *options]

    return command


def _refreshed(place: Place) -> None:
    landings.refresh(place.warehouse / "landing", percent=1)


def _appended(place: Place) -> None:
    landings.append(place.warehouse / "landing", percent=1)


def _dbt(place: Place) -> Sequence[str]:
    dbt = str(DBT_PYTHON.with_name("dbt"))
    return [dbt, "--no-use-colors", "build", "--project-dir", str(DBT), "--profiles-dir", str(DBT)]


def _dbt_settings(warehouse: Path) -> Mapping[str, str]:
    """dbt-spark always uses Hive's metastore: each run gets a new one."""
    metastore = f"jdbc:derby:;databaseName={warehouse.resolve()}/metastore;create=true"
    return spark_conf.stock(warehouse) | {
        "spark.hadoop.javax.jdo.option.ConnectionURL": metastore,
        "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={warehouse.resolve()}/derby.log",
    }


def _dbt_environment(place: Place) -> Mapping[str, str]:
    """What dbt writes besides tables goes to the warehouse too; its usage statistics are off."""
    warehouse = place.warehouse.resolve()
    return {
        "LANDING": str(place.landing.resolve()),
        "DBT_TARGET_PATH": str(warehouse / "target"),
        "DBT_LOG_PATH": str(warehouse / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
