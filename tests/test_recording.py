"""What the ledger and the command tell of an error."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from dvdrental import recording
from dvdrental.local.commands import work
from dvdrental.local.job import Task

LAKE = str(Path(recording.__file__).with_name("lake.py"))
NOTEBOOK = "/Workspace/Users/me/.bundle/dvdrental/dev/files/notebooks/silver/dim_film"
PYSPARK = "/home/me/dvdrental/.venv/lib/python3.12/site-packages/pyspark/sql/dataframe.py"


def error_through(*files: str) -> Exception:
    """An error behind a call in each of these files, one calling the next."""
    call: Callable[[], object] = {}.popitem
    for file in reversed(files):
        scope = {"call": call}
        exec(compile("def called():\n    call()", file, "exec"), scope)
        call = scope["called"]
    with pytest.raises(KeyError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ([NOTEBOOK, LAKE, PYSPARK], "lake.py, line 2"),
        ([NOTEBOOK, PYSPARK], "dim_film, line 2"),
        ([PYSPARK], "code outside this package"),
        ([str(Path(LAKE).parents[1] / "pyspark" / "sql.py")], "code outside this package"),
    ],
)
def test_line_of_an_error_is_one_of_ours(files: list[str], place: str) -> None:
    """In a checkout named like the package, and where other packages are installed beside it."""
    assert recording.describe(error_through(*files)) == f"KeyError in {place}"


def test_table_that_is_not_there_is_named_and_no_value_with_it(spark: SparkSession) -> None:
    """The same for a right that is missing: the text of such an error holds names. Its plan holds values."""
    with pytest.raises(AnalysisException) as caught:
        spark.sql("SELECT * FROM spark_catalog.default.nothing WHERE name = 'QUIDDITY'").collect()
    assert "QUIDDITY" in str(caught.value)
    told = recording.describe(caught.value)
    assert "TABLE_OR_VIEW_NOT_FOUND, SQLSTATE 42P01 in" in told
    assert "The table or view `spark_catalog`.`default`.`nothing` cannot be found" in told
    assert "QUIDDITY" not in told


def test_failed_task_shows_our_lines_of_the_stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = Task("silver_dim_film", tmp_path, {}, [], "ALL_SUCCESS", state="failed")
    task.error = error_through(NOTEBOOK, LAKE, *[PYSPARK] * 5)
    work.summary([task], tmp_path, 1.0)
    told = capsys.readouterr().out
    assert told.index(f'File "{NOTEBOOK}", line 2') < told.index(f'File "{LAKE}", line 2')
    assert "pyspark" not in told


def test_example_of_a_run_can_be_pasted_for_any_lake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work.summary([], tmp_path / "my lake", 1.0)
    *_, example = capsys.readouterr().out.splitlines()
    assert shlex.split(example)[-1] == str(tmp_path / "my lake")
