"""All contracts, and which one each parameter of a `build` stands for."""

from inspect import signature
from types import ModuleType

from dvdrental import tables
from dvdrental.bronze.streams import STREAMS
from dvdrental.table import Table

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


modules = tables.modules
TABLES: dict[str, Table] = {module.TABLE.full_name: module.TABLE for module in tables.modules()}


def inputs_of(module: ModuleType) -> list[str]:
    """What `build` reads; a scope is no input."""
    return [p.name for p in signature(module.build).parameters.values() if p.default is p.empty]


def of_parameter(name: str, layer: str) -> Table:
    """`staff` is the stream in a dimension and the dimension elsewhere."""
    if name == "staff" and layer != "dim":
        return TABLES["silver.dim_staff"]
    if name not in PARAMETERS and name not in STREAMS:
        raise AssertionError(f"which table is the parameter `{name}` of `build`? Add it to PARAMETERS in {__file__}")
    return TABLES[PARAMETERS[name]] if name in PARAMETERS else STREAMS[name].table
