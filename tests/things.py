"""The smallest possible dimension with history."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dvdrental.columns import UNKNOWN, surrogate_key
from dvdrental.silver.dimension import VERSION_DDL
from dvdrental.table import Table
from tests import bronze_log
from tests.rows import Row, rows

THING = bronze_log.stream("thing", ["thing_id"], {"thing_id": "INT", "attribute": "STRING", "remark": "STRING"})

DIM_THING = Table(
    layer="silver",
    name="dim_thing",
    grain="one row per thing and version",
    key=("thing_key",),
    columns=f"""
        thing_key BIGINT NOT NULL COMMENT 'Surrogate key: hash of thing_id and valid_from',
        thing_id INT NOT NULL COMMENT 'Source key',
        attribute STRING COMMENT 'Opens a version',
        remark STRING COMMENT 'Updated in place',
        {VERSION_DDL}
    """,
    untracked=("remark",),
)

UNKNOWN_MEMBER = {"thing_id": UNKNOWN, "is_inferred": True}


def things(spark: SparkSession, *given: Row) -> DataFrame:
    """Rows of the dimension; the surrogate key is computed unless given."""
    right = F.when(F.col("thing_id") == UNKNOWN, F.lit(UNKNOWN)).otherwise(surrogate_key("thing_id", "valid_from"))
    return rows(spark, DIM_THING, *given).withColumn("thing_key", F.coalesce("thing_key", right))
