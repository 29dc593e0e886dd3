"""From the wide form in which fields are parsed to the type of a column: strictly, or NULL."""

from pyspark.sql import Column
from pyspark.sql import functions as F

WIDE_NUMBER = "DECIMAL(38,10)"
"""Reads every spelling of a number (10, 10.00, 1E+1, "10") exactly; native INT or STRING fields do not."""

INTEGERS = {"SMALLINT": (-(2**15), 2**15 - 1), "INT": (-(2**31), 2**31 - 1), "BIGINT": (-(2**63), 2**63 - 1)}
DATE = r"^\d{4}-\d{2}-\d{2}$"
TIMESTAMP = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
ZONE = r"(Z|[+-]\d{2}(:?\d{2})?)$"
MICROSECONDS = 26  # characters of yyyy-MM-ddTHH:mm:ss.ffffff: further digits are cut, never rounded
HEX = r"^\\x([0-9a-fA-F]{2})*$"

PLACEHOLDER = "__debezium_unavailable_value"
PLACEHOLDERS = rf"^({PLACEHOLDER}|\\x{PLACEHOLDER.encode().hex()}|java\.lang\.Object@[0-9a-f]+)$"
"""What CDC sends in place of a large value that has not changed."""


def wide_type(sql_type: str) -> str:
    """Type that a field is parsed as, before the strict cast. Numbers get two spare integer digits and the rest as
    scale, so overflow and extra decimals show instead of being rounded away."""
    if sql_type in INTEGERS:
        return f"DECIMAL(38,{36 - len(str(INTEGERS[sql_type][1]))})"
    if sql_type.startswith("DECIMAL"):
        precision, scale = map(int, sql_type[8:-1].split(","))
        return f"DECIMAL(38,{max(scale, 36 - precision + scale)})"
    return sql_type if sql_type.startswith("ARRAY") else "STRING"


def cast(wide: Column, sql_type: str) -> Column:
    """NULL unless the type holds the value exactly: nothing is rounded, no time zone dropped, no BC date accepted."""
    if sql_type in INTEGERS:
        low, high = INTEGERS[sql_type]
        return F.when((wide == F.floor(wide)) & wide.between(low, high), wide.try_cast(sql_type))
    if sql_type.startswith("DECIMAL"):
        return F.when(wide.try_cast(sql_type) == wide, wide.try_cast(sql_type))
    if sql_type == "DATE":
        return F.when(wide.rlike(DATE), wide.try_cast("date"))
    if sql_type == "TIMESTAMP_NTZ":
        return F.when(wide.rlike(f"{TIMESTAMP}$"), F.substring(wide, 1, MICROSECONDS).try_cast("timestamp_ntz"))
    if sql_type == "TIMESTAMP":
        cut = F.regexp_replace(wide, r"(\.\d{6})\d+", "$1")
        return F.when(wide.rlike(TIMESTAMP + ZONE), cut.try_cast("timestamp"))
    if sql_type == "BINARY":
        return F.when(wide.rlike(HEX) & ~wide.rlike(PLACEHOLDERS), F.unhex(F.substring(wide, 3, 2**31 - 1)))
    if sql_type in ("BOOLEAN", "DOUBLE"):
        return wide.try_cast(sql_type)
    if sql_type.startswith("ARRAY"):
        return F.when(~is_placeholder_array(wide), wide)
    return F.when(~wide.rlike(PLACEHOLDERS), wide)


def is_placeholder_array(wide: Column) -> Column:
    return (F.size(wide) == 1) & F.coalesce(wide[0] == PLACEHOLDER, F.lit(False))
