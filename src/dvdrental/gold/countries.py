"""ISO codes of countries, which maps need: names are spelled in too many ways."""

import json
from importlib.resources import files

import yaml
from pyspark.sql import Column
from pyspark.sql import functions as F


def iso3(country: str) -> Column:
    """ISO 3166-1 alpha-3 code of the name in a column; NULL for a name that countries.yml does not know."""
    codes = yaml.safe_load(files("dvdrental.gold").joinpath("countries.yml").read_text(encoding="utf-8"))
    return F.from_json(F.lit(json.dumps(codes)), "MAP<STRING, STRING>")[F.col(country)]
