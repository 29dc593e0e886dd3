"""An invented DVD-rental business: a year of trade in two stores, with the oddities of the real database."""

from dvdrental.local.landing.database import Database
from dvdrental.local.landing.sample.catalogue import catalogue
from dvdrental.local.landing.sample.chance import Chance
from dvdrental.local.landing.sample.people import people
from dvdrental.local.landing.sample.trade import trade
from dvdrental.local.landing.schema import TABLES

_SEED = 20060214


def read_sample() -> Database:
    """The same rows on every machine and every Python."""
    chance = Chance(_SEED)
    database = people(chance) | catalogue(chance)
    database |= trade(chance, database)
    return {table: database[table] for table in TABLES}
