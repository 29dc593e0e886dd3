"""How much the long tests cover: a little in every run, everything with DVDRENTAL_LONG=1."""

import os
from typing import TypeVar

T = TypeVar("T")


def size(usual: T, long: T) -> T:
    return long if os.environ.get("DVDRENTAL_LONG") == "1" else usual
