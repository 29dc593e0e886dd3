"""All contracts, and which one each parameter of a `build` stands for."""

import importlib
from inspect import signature
from pathlib import Path
from types import ModuleType

from dvdrental.bronze.streams import STREAMS
from dvdrental.table import Table
from tests.conftest import ROOT

PARAMETERS = {
    "customers": "silver.dim_customer",
    "films": "silver.dim_film",
    "categories": "silver.dim_category",
    "stores": "silver.dim_store",
    "dates": "silver.dim_date",
    "copies": "silver.dim_inventory",
    "actors": "silver.dim_actor",
    "film_actors": "silver.bridge_film_actor",
    "rentals": "silver.fact_rentals",
    "payments": "silver.fact_payments",
    "rental_obt": "gold.rental_obt",
}


def modules() -> list[ModuleType]:
    """Every module that holds a TABLE."""
    files = [file for layer in ("silver", "gold") for file in sorted((ROOT / "src/dvdrental" / layer).glob("*.py"))]
    found = [importlib.import_module(f"dvdrental.{_layer(file)}.{file.stem}") for file in files]
    return [module for module in found if hasattr(module, "build")]


def _layer(file: Path) -> str:
    return file.parent.name


TABLES: dict[str, Table] = {module.TABLE.full_name: module.TABLE for module in modules()}


def inputs_of(module: ModuleType) -> list[str]:
    """What `build` reads; a scope is no input."""
    return [p.name for p in signature(module.build).parameters.values() if p.default is p.empty]


def of_parameter(name: str, layer: str) -> Table:
    """`staff` is the stream in a dimension and the dimension in a fact."""
    if name == "staff" and layer == "fact":
        return TABLES["silver.dim_staff"]
    return TABLES[PARAMETERS[name]] if name in PARAMETERS else STREAMS[name].table


def schema(table: Table) -> str:
    return ", ".join(f"{column.name} {column.type}" for column in table.fields)
