"""All tables of the lakehouse, by full name, in the order of the layers."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from dvdrental import gold, silver
from dvdrental.bronze.streams import STREAMS
from dvdrental.table import Table


def modules() -> Iterator[ModuleType]:
    """Every module of silver and gold that holds a table, with its `build`."""
    for package in (silver, gold):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = import_module(found.name)
            if hasattr(module, "build"):
                yield module


TABLES: dict[str, Table] = {
    table.full_name: table
    for table in (*(stream.table for stream in STREAMS.values()), *(module.TABLE for module in modules()))
}
