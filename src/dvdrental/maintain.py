"""Upkeep (REORG, OPTIMIZE, VACUUM, stages of refused publications) and restore."""

import shutil
import time
from pathlib import Path

from pyspark.sql import functions as F

from dvdrental import ops
from dvdrental.errors import SettingsError
from dvdrental.lake import RETENTION, Lake, parse_state
from dvdrental.ops import Step
from dvdrental.recording import recorded
from dvdrental.table import Table
from dvdrental.tables import TABLES


def maintain(lake: Lake) -> int:
    """OPTIMIZE and VACUUM every table, REORG those with personal data, drop stages of refused publications that are
    older than the retention. No row changes, and every version of the last two weeks stays readable. Gives the number
    of tables."""
    there = _there(lake)
    for table in there:
        name = lake.name(table.layer, table.name)
        _rewrite_marked_files(lake, table)
        lake.spark.sql(f"OPTIMIZE {name}")
        lake.spark.sql(f"VACUUM {name}")
    drop_old_stages(Path(lake.settings.staging), time.time() - RETENTION.total_seconds())
    return len(there)


def purge(lake: Lake) -> None:
    """Remove every file with personal columns that the newest versions do not need, and every stage: nothing of what
    was forgotten is left. Only while no run is going on, and not on serverless, which does not allow the setting."""
    check = "spark.databricks.delta.retentionDurationCheck.enabled"
    lake.spark.conf.set(check, "false")
    try:
        for table in _there(lake):
            _rewrite_marked_files(lake, table)
            if _is_personal(table):
                lake.spark.sql(f"VACUUM {lake.name(table.layer, table.name)} RETAIN 0 HOURS")
    finally:
        lake.spark.conf.unset(check)
    drop_old_stages(Path(lake.settings.staging), time.time())


def _rewrite_marked_files(lake: Lake, table: Table) -> None:
    """With deletion vectors a row that was deleted or overwritten is only marked: it stays in a file that is in use,
    which VACUUM leaves alone."""
    if _is_personal(table):
        lake.spark.sql(f"REORG TABLE {lake.name(table.layer, table.name)} APPLY (PURGE)")


def _is_personal(table: Table) -> bool:
    return any(column.personal for column in table.fields)


def drop_old_stages(staging: Path, before: float) -> None:
    """Folders `<run>/<stage>` whose newest file was written before an instant (seconds since 1970)."""
    for stage in [stage for stage in staging.glob("*/*") if _written_at(stage) < before]:
        shutil.rmtree(stage)
    for run in [run for run in staging.glob("*") if not any(run.iterdir())]:
        run.rmdir()


def _written_at(stage: Path) -> float:
    """A volume may not know when a folder was changed."""
    try:
        files = [file.stat().st_mtime for file in stage.rglob("*") if file.is_file()]
        return max(files, default=stage.stat().st_mtime)
    except FileNotFoundError:  # its run is at work on it
        return time.time()


def restore(lake: Lake, table: str, run_id: str) -> Step:
    """Bring a table of silver or gold back to what a run left. The next run of the job computes it anew from bronze, so
    keep it from running until the cause is mended. Raises SettingsError if there is no such table, or if the ledger or
    the table does not know that state any more."""
    if table not in TABLES or TABLES[table].layer == "bronze":
        raise SettingsError(f"table: {table[:40]!r} is no table of silver or gold")
    if not lake.exists(TABLES[table]):
        raise SettingsError(f"table: {table} is not there, so nothing can be brought back. The next run makes it anew")
    name = lake.name(TABLES[table].layer, TABLES[table].name)
    steps = lake.table(ops.STEP).filter((F.col("table_name") == table) & (F.col("run_id") == run_id))
    left = steps.filter("status <> 'failed'").agg(F.max_by("state", "started_at").alias("state")).collect()[0].state
    if left not in lake.states(name):
        raise SettingsError(
            f"{table} has no version that run {run_id[:40]!r} left: name one that filled it, of the last "
            f"{RETENTION.days} days (view ops.run)"
        )
    with recorded(lake, "ops.restore") as step:
        lake.spark.sql(f"RESTORE TABLE {name} TO VERSION AS OF {parse_state(left)[0]}")
        step.status, step.message = "published", f"{table} as run {run_id} left it"
    return step


def _there(lake: Lake) -> list[Table]:
    return [table for table in (*TABLES.values(), *ops.TABLES) if lake.exists(table)]
