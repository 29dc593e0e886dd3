"""A year of rentals and what was paid for them, much later, as in the real database."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import count

from dvdrental.local.landing.database import Database, Row
from dvdrental.local.landing.sample.catalogue import popularity
from dvdrental.local.landing.sample.chance import Chance
from dvdrental.local.landing.sample.rows import money, row

_OPENED = datetime(2005, 2, 14)
_END = datetime(2006, 2, 14, 15, 16, 3)
_PAYING_SINCE = datetime(2005, 3, 8)
_RENTALS_AT = "2006-02-16 02:30:53"
_LAST_PAYMENTS_AT = "2007-05-14 13:44:29.996577"
_RENTAL_GAPS = {321, 579, 1042}
_FIRST_PAYMENT = 17503
_BY_MONTH = [0.90, 0.85, 0.95, 0.95, 1.00, 1.15, 1.35, 1.25, 0.85, 0.90, 1.00, 1.20]
_BY_WEEKDAY = [0.70, 0.75, 0.80, 0.95, 1.35, 1.50, 1.10]
_BY_HOUR = [1] * 9 + [2, 3, 3, 4, 3, 3, 4, 6, 9, 10, 9, 6, 3, 2, 1]


@dataclass(frozen=True)
class _Rental:
    rental_id: int
    rented: datetime
    copy: Row
    film: Row
    customer: int
    returned: datetime | None
    staff: int

    def row(self) -> Row:
        copy = self.copy["inventory_id"]
        return row("rental", self.rental_id, self.rented, copy, self.customer, self.returned, self.staff, _RENTALS_AT)


def trade(chance: Chance, business: Database) -> Database:
    rentals = _Counter(chance, business).rentals()
    return {"rental": [rental.row() for rental in rentals], "payment": _payments(chance, rentals)}


class _Counter:
    """The counter of the shop: knows which copy is free at what time."""

    def __init__(self, chance: Chance, business: Database) -> None:
        self._chance = chance
        self._films = {film["film_id"]: film for film in business["film"]}
        self._copies = business["inventory"]
        self._free_at = [_OPENED] * len(self._copies)
        self._demand = [popularity(int(copy["film_id"] or 0)) for copy in self._copies]
        self._customers = range(1, len(business["customer"]) + 1)
        self._habits = [1 + customer * 13 % 7 for customer in self._customers]
        self._ids = (number for number in count(1) if number not in _RENTAL_GAPS)

    def rentals(self) -> list[_Rental]:
        rentals = [self._rent(at) for at in _instants(self._chance)]
        return rentals + [self._rent(_END) for _ in range(18)]

    def _rent(self, at: datetime) -> _Rental:
        chance = self._chance
        free = [position for position, free_at in enumerate(self._free_at) if free_at <= at]
        position = chance.weighted(free, [self._demand[position] for position in free])
        copy = self._copies[position]
        returned = self._return(at)
        self._free_at[position] = returned or datetime.max
        customer = chance.weighted(self._customers, self._habits)
        film = self._films[copy["film_id"]]
        return _Rental(next(self._ids), at, copy, film, customer, returned, 1 + chance.below(2))

    def _return(self, rented: datetime) -> datetime | None:
        """Between 17 hours and 9 days later, to the second; a few never, and none after the data's end."""
        returned = rented + timedelta(minutes=1020 + self._chance.below(11940))
        lost = self._chance.happens(0.01)
        return None if lost or returned > _END else returned


def _instants(chance: Chance) -> list[datetime]:
    instants = []
    for day in range(366):
        date = _OPENED + timedelta(days=day)
        growth = 2.2 + 2.2 * day / 365
        expected = growth * _BY_MONTH[date.month - 1] * _BY_WEEKDAY[date.weekday()]
        for _ in range(int(expected + chance.below(1000) / 1000)):
            hour = chance.weighted(range(24), _BY_HOUR)
            moment = time(hour, chance.below(60), chance.below(60))
            instants.append(datetime.combine(date, moment))
    return sorted(instant for instant in instants if instant < _END)


def _payments(chance: Chance, rentals: list[_Rental]) -> list[Row]:
    paid = [rental for rental in rentals if rental.rented >= _PAYING_SINCE and not chance.happens(0.02)]
    shared = next(rental for rental in paid[400:] if rental.returned)
    paid += [replace(shared, customer=1 + (shared.customer + step) % 60) for step in range(4)]
    return [_payment(_FIRST_PAYMENT + number, rental, chance) for number, rental in enumerate(paid)]


def _payment(number: int, rental: _Rental, chance: Chance) -> Row:
    if rental.rented == _END:
        at, amount = _LAST_PAYMENTS_AT, 0 if number % 4 == 0 else _rate(rental)
    else:
        minutes = chance.below(4320)
        at = f"{rental.rented + timedelta(days=546, minutes=minutes)}.996577"
        amount = _rate(rental) + 100 * _days_late(rental)
    return row("payment", number, rental.customer, 1 + chance.below(2), rental.rental_id, money(amount), at)


def _rate(rental: _Rental) -> int:
    return int((rental.film["rental_rate"] or "").replace(".", ""))


def _days_late(rental: _Rental) -> int:
    """Started days after the last day of the rental, at a dollar each."""
    due = rental.rented + timedelta(days=int(rental.film["rental_duration"] or 0))
    return 0 if rental.returned is None else max(0, -((due - rental.returned) // timedelta(days=1)))
