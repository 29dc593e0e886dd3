"""dvdrental docs"""

from pathlib import Path

from dvdrental.local.bundle import Bundle, find_root
from dvdrental.local.commands.common import CONSOLE, Commands, Options, declare
from dvdrental.local.docs import pages


def add(commands: Commands) -> None:
    text = "write docs/dictionary.md, erd.md and lineage.md anew from contracts, job and notebooks"
    declare(commands, "docs", _docs, text, "docs")


def _docs(options: Options) -> int:
    root = find_root(Path.cwd())
    for name, text in pages(Bundle(root)).items():
        (root / "docs" / name).write_text(text, encoding="utf-8")
        CONSOLE.print(f"docs/{name}")
    return 0
