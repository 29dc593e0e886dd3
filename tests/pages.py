"""The content of a report page, as a reader sees it."""

import re
from html import unescape

Table = list[list[str]]


def figures(page: str) -> dict[str, str]:
    """Metric -> value."""
    return {name: unescape(value) for name, value in re.findall(r'data-metric="(\w+)">([^<]*)<', page)}


def charts(page: str) -> dict[str, str]:
    """Name -> the part of the page."""
    return dict(re.findall(r'<figure id="(\w+)">(.*?)</figure>', page, re.DOTALL))


def table(part: str) -> Table:
    """The cells of the first table, without its header."""
    (body, *_) = re.findall(r"<tbody>(.*?)</tbody>", part, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def marks(part: str) -> list[str]:
    """Tooltip of each bar or cell of the drawing."""
    return [unescape(text) for text in re.findall(r"<title>(.*?)</title></path>", part)]
