"""PostgreSQL array literals such as `{Trailers,"Deleted Scenes",NULL}`."""

import re

_LITERAL = re.compile(r"\s*\{(.*)\}\s*", re.DOTALL)
_ELEMENT = re.compile(
    r"""\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>(?:[^\s",{}\\]|\\.)(?:[^",{}\\]|\\.)*?))\s*,""",
    re.DOTALL,
)


def parse_array(text: str) -> list[str | None]:
    """Elements of an array of one dimension; ValueError for anything else."""
    literal = _LITERAL.fullmatch(text)
    if not literal:
        raise ValueError("not an array literal")
    if not literal[1].strip():
        return []
    # One comma more makes the last element look like the others.
    inside = literal[1] + ","
    elements: list[str | None] = []
    position = 0
    while position < len(inside):
        match = _ELEMENT.match(inside, position)
        if not match:
            raise ValueError("not an array literal of one dimension")
        elements.append(_value(match["quoted"], match["bare"]))
        position = match.end()
    return elements


def _value(quoted: str, bare: str | None) -> str | None:
    if bare is not None and bare.upper() == "NULL":
        return None
    return re.sub(r"\\(.)", r"\1", quoted if bare is None else bare, flags=re.DOTALL)
