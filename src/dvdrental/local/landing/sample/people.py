"""Where people live and who they are: countries, cities, addresses, customers, staff, stores."""

from itertools import count

from dvdrental.local.landing.database import Database, Row
from dvdrental.local.landing.sample.chance import Chance
from dvdrental.local.landing.sample.rows import row
from dvdrental.local.landing.sample.words import (
    CITIES,
    COUNTRY_WITHOUT_CUSTOMERS,
    DISTRICTS,
    FIRST_NAMES,
    LAST_NAMES,
    STREET_KINDS,
    STREETS,
)

_CUSTOMERS = 60
_INACTIVE = {9, 27, 44}
_ADDRESS_GAPS = {17, 43}
# As in the real database, one value per table, with fractions of three, two and five digits among them.
_PLACES_AT = "2006-02-15 09:45:30"
_CUSTOMERS_AT = "2013-05-26 14:49:45.738"
_STAFF_AT = "2006-05-16 16:13:11.79328"
_FAKE_PASSWORD_HASH = "0123456789abcdef0123456789abcdef01234567"
_CUT_OFF_PNG = r"\x89504e470d0a5a0a"


def people(chance: Chance) -> Database:
    countries = sorted({country for _, country in CITIES} | {COUNTRY_WITHOUT_CUSTOMERS})
    addresses = _addresses(chance)
    homes = [address["address_id"] for address in addresses[4:]]
    return {
        "country": [row("country", number, name, _PLACES_AT) for number, name in enumerate(countries, 1)],
        "city": [
            row("city", number, city, countries.index(country) + 1, _PLACES_AT)
            for number, (city, country) in enumerate(CITIES, 1)
        ],
        "address": addresses,
        "customer": [_customer(number, home or "", chance) for number, home in enumerate(homes, 1)],
        "staff": [
            _staff(1, "Otto", "Brightwater", _CUT_OFF_PNG),
            _staff(2, "Lena", "Farrow", None),
        ],
        "store": [row("store", 1, 1, 1, _PLACES_AT), row("store", 2, 2, 2, _PLACES_AT)],
    }


def _addresses(chance: Chance) -> list[Row]:
    """Two stores, two members of staff, then one for each customer."""
    ids = (number for number in count(5) if number not in _ADDRESS_GAPS)
    own = [
        row("address", 1, "12 Maple Arcade", None, "Highlands", 1, "", "", _PLACES_AT),
        row("address", 2, "8 Gumtree Mall", None, "Coast", 2, "", "", _PLACES_AT),
        row("address", 3, "31 Workbench Lane", None, "Highlands", 1, "", "140333355680", _PLACES_AT),
        row("address", 4, "77 Cinema Parade", None, "Coast", 2, None, "617283955511", _PLACES_AT),
    ]
    return own + [_home(next(ids), 1 + number % len(CITIES), chance) for number in range(_CUSTOMERS)]


def _home(number: int, city: int, chance: Chance) -> Row:
    street = f"{1 + chance.below(1900)} {chance.pick(STREETS)} {chance.pick(STREET_KINDS)}"
    postal_code, phone = 10000 + chance.below(89999), 100000000000 + chance.below(899999999999)
    return row("address", number, street, "", DISTRICTS[city % 7], city, postal_code, phone, _PLACES_AT)


def _customer(number: int, address: str, chance: Chance) -> Row:
    # 20 first and 23 last names have no common factor, so no pair repeats among 60 customers.
    first, last = FIRST_NAMES[number % 20], LAST_NAMES[number * 5 % 23]
    email = f"{first}.{last}@example.org".lower()
    store, active = 1 + chance.below(2), int(number not in _INACTIVE)
    return row("customer", number, store, first, last, email, address, "t", "2006-02-14", _CUSTOMERS_AT, active)


def _staff(number: int, first: str, last: str, picture: str | None) -> Row:
    email = f"{first}.{last}@example.org"
    secrets = (first, _FAKE_PASSWORD_HASH, _STAFF_AT, picture)
    return row("staff", number, first, last, number + 2, email, number, "t", *secrets)
