"""A run of the job: its beginning, what it tells about itself, and its end."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dvdrental import ledger_views, openlineage, ops
from dvdrental.errors import RunFailedError
from dvdrental.lake import Lake
from dvdrental.recording import describe
from dvdrental.tables import TABLES

JOB = "dvd_rental_pipeline"


def begin(lake: Lake) -> None:
    """Make the ledger, so that the tasks that follow only append to it, and note that the run has started."""
    for table in ops.TABLES:
        lake.create(table)
        lake.follow_contract(table)
    for view in ledger_views.VIEWS:
        lake.create_view(view)
    _note(lake, "started")


def finish(lake: Lake) -> None:
    """Write the reports and note how the run ended. Raises RunFailedError with what failed and what never ran: the last
    word of the job. Without its reports a run has failed, too."""
    problems, cause = _problems(lake), None
    try:
        _write_reports(lake)
    except Exception as error:
        problems.append(f"the reports could not be written: {describe(error)}")
        cause = error
    _note(lake, "failed" if problems else "succeeded", "\n".join(problems) or None)
    if problems:
        raise RunFailedError(
            f"run {lake.settings.run_id} failed; what was published before is still there, and running it again is "
            "safe\n" + "\n".join(problems)
        ) from cause


def _write_reports(lake: Lake) -> None:
    """Write the last quality results of each table as Data Docs, and the steps of this run as OpenLineage events."""
    folder, run_id = Path(lake.settings.reports), lake.settings.run_id
    steps = lake.table(ops.STEP)
    judged = steps.filter("size(checks) > 0").groupBy("table_name")
    last = judged.agg(F.max_by(F.struct(*ops.STEP.column_names), "started_at").alias("last")).select("last.*")
    from dvdrental.quality import data_docs  # takes seconds, which no other command should

    data_docs.write(folder / "data_docs", _dicts(last), TABLES)
    events = openlineage.events(_dicts(steps.filter(F.col("run_id") == run_id)), lake.settings.catalog, JOB, TABLES)
    (folder / "openlineage").mkdir(parents=True, exist_ok=True)
    (folder / "openlineage" / f"{run_id}.jsonl").write_text(openlineage.to_lines(events), encoding="utf-8")


def _dicts(rows: DataFrame) -> list[dict[str, Any]]:
    return [row.asDict(recursive=True) for row in rows.collect()]


def _problems(lake: Lake) -> list[str]:
    """Of each table the last attempt counts: a task may have been tried again."""
    if not lake.exists(ops.STEP):
        return ["ops_begin has failed before there was a ledger: its error says why"]
    steps = lake.table(ops.STEP).filter(F.col("run_id") == lake.settings.run_id).orderBy("started_at")
    rows = steps.select("table_name", "status", "message").collect()
    last = {row.table_name: row for row in rows}
    lines = [f"{name}: {row.message}" for name, row in sorted(last.items()) if row.status == "failed"]
    never = [name for name in (*TABLES, "ops.reconciliation") if name not in last]
    return lines + ([f"never ran, or died: {', '.join(never)}"] if never else [])


def _note(lake: Lake, event: str, message: str | None = None) -> None:
    row = {"run_id": lake.settings.run_id, "event": event, "at": ops.utc_now(), "package": _package()}
    lake.append_rows(ops.RUN_EVENT, [row | {"message": message}])


def _package() -> str | None:
    try:
        return version("dvdrental")
    except PackageNotFoundError:  # a notebook in a checkout, without the wheel
        return None
