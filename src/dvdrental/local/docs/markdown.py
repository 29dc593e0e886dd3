"""Markdown and Mermaid as text."""

from collections.abc import Iterable, Sequence

WRITTEN = "Written by `dvdrental docs`: change the contracts, the job or the notebooks, not this page."


def document(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"


def code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def link(full_name: str) -> str:
    """To a heading of the dictionary; an anchor is the heading without its dots."""
    return f"[{full_name}](dictionary.md#{full_name.replace('.', '')})"


def diagram(kind: str, lines: Iterable[str]) -> str:
    return "\n".join(["```mermaid", kind, *(f"    {line}" for line in lines), "```"])
