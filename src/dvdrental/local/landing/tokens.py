"""One PostgreSQL value in text -> one JSON token. The first argument is the type's own: `5,2` of numeric(5,2)."""

import json
import re
from decimal import Decimal

from dvdrental.local.landing.arrays import parse_array

INFINITY = {"infinity": '"Infinity"', "-infinity": '"-Infinity"'}
quoted = json.JSONEncoder(ensure_ascii=False).encode
_DATE = re.compile(r"\d{4}-\d\d-\d\d( BC)?")
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?( BC)?")
_BYTEA = re.compile(r"\\x([0-9a-f]{2})*")


def integer(_: str, text: str) -> str:
    return str(int(text))


def number(arguments: str, text: str) -> str:
    value = Decimal(text)
    return _fixed(arguments, value) if value.is_finite() else "null"


def _fixed(arguments: str, value: Decimal) -> str:
    scale = int(arguments.split(",")[1])
    fixed = f"{value:.{scale}f}"
    if Decimal(fixed) != value:
        raise ValueError("more digits than the column's scale")
    return fixed


def number_through_double(arguments: str, text: str) -> str:
    value = Decimal(text)
    if not value.is_finite():
        return "null"
    fixed = _fixed(arguments, value)
    return fixed if arguments.endswith(",0") else java_double(float(value)).removesuffix(".0")


def text_through_double(arguments: str, text: str) -> str:
    token = number_through_double(arguments, text)
    return token if token == "null" else f'"{token}"'


def java_double(value: float) -> str:
    """As Java's Double.toString(): from ten million on, and below a thousandth, with an exponent."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    mantissa = "".join(map(str, digits)).rstrip("0")
    power = len(digits) - 1 + int(exponent)
    return f"{'-' * sign}{mantissa[0]}.{mantissa[1:] or '0'}E{power}"


def string(_: str, text: str) -> str:
    return quoted(text)


def padded(arguments: str, text: str) -> str:
    return quoted(text.ljust(int(arguments)))


def boolean(_: str, text: str) -> str:
    if text not in ("t", "f"):
        raise ValueError("not t or f")
    return "true" if text == "t" else "false"


def date(_: str, text: str) -> str:
    if text in INFINITY:
        return INFINITY[text]
    if not _DATE.fullmatch(text):
        raise ValueError("not a date")
    return f'"{text}"'


def finite_date(arguments: str, text: str) -> str:
    return "null" if text in INFINITY else date(arguments, text)


def timestamp(_: str, text: str) -> str:
    """As Java's LocalDateTime.toString(), but a time without seconds gets them, with six zeros."""
    if text in INFINITY:
        return INFINITY[text]
    day, time, digits, era = _timestamp_parts(text)
    digits = digits.rstrip("0")
    if digits:
        fraction = "." + digits.ljust(-(-len(digits) // 3) * 3, "0")
    else:
        fraction = ".000000" if time.endswith(":00") else ""
    return f'"{day}T{time}{fraction}{era}"'


def finite_timestamp(arguments: str, text: str) -> str:
    return "null" if text in INFINITY else timestamp(arguments, text)


def timestamp_of_six_digits(_: str, text: str) -> str:
    if text in INFINITY:
        return INFINITY[text]
    day, time, digits, era = _timestamp_parts(text)
    return f'"{day}T{time}.{digits[:6]:0<6}{era}"'


def _timestamp_parts(text: str) -> tuple[str, ...]:
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        raise ValueError("not a timestamp without time zone")
    return match.groups(default="")


def bytea(_: str, text: str) -> str:
    if not _BYTEA.fullmatch(text):
        raise ValueError("not bytea in hex")
    return quoted(text)


def array(_: str, text: str) -> str:
    return "[" + ",".join("null" if item is None else quoted(item) for item in parse_array(text)) + "]"
