"""All tables and views of the lakehouse, by full name, in the order of the layers."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from dvdrental import gold, ledger_views, ops, silver
from dvdrental.bronze.streams import STREAMS
from dvdrental.table import Table, View


def modules() -> Iterator[ModuleType]:
    """Every module of silver and gold that holds a table, with its `build`."""
    return (module for module in _all_modules() if hasattr(module, "build"))


def _all_modules() -> Iterator[ModuleType]:
    for package in (silver, gold):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            yield import_module(found.name)


TABLES: dict[str, Table] = {
    table.full_name: table
    for table in (*(stream.table for stream in STREAMS.values()), *(module.TABLE for module in modules()))
}

VIEWS: dict[str, View] = {
    view.full_name: view for view in (*(m.VIEW for m in _all_modules() if hasattr(m, "VIEW")), *ledger_views.VIEWS)
}

LEDGER: dict[str, Table] = {table.full_name: table for table in ops.TABLES}
"""Tables that every run writes to, besides those that it fills."""

EVERYTHING: dict[str, Table | View] = {**TABLES, **LEDGER, **VIEWS}
"""What a lake holds; the landing is Airbyte's."""
