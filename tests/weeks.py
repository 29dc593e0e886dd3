"""A source over several weeks: rentals, returns, moves, corrections, late changes. It keeps a journal of what was valid
from when, as an oracle for every as-of lookup."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from random import Random

from dvdrental.local.landing import Change, Database, Row
from dvdrental.local.landing.schema import TABLES
from tests.landing import MORNING

Key = tuple[str, ...]

EPOCH = datetime(1970, 1, 1)
LOOKED_UP = ("customer", "address", "city", "country", "film", "film_category", "category", "staff", "inventory")


class Weeks:
    """Each key of what is looked up changes once at most, so that every way to sync sees the same history. Only a sync
    that sees deletes is given any."""

    def __init__(self, database: Database, seed: int, *, deletes: bool) -> None:
        self.tables = {name: {key_of(name, row): row for row in rows} for name, rows in database.items()}
        self.journal = {name: [(EPOCH, row) for row in database[name]] for name in LOOKED_UP}
        self.ended: dict[Key, datetime] = {}
        """When a film left a category."""
        self.changes: list[Change] = []
        self.number = 0
        self._deletes, self._chance = deletes, Random(seed)
        self._lsn, self._ids = count(2000), count(20_000)
        self._untouched = {name: self._shuffled(name) for name in LOOKED_UP}
        self._expected: Row | None = None
        self._gone: Row | None = None

    @property
    def database(self) -> Database:
        return {name: list(rows.values()) for name, rows in self.tables.items()}

    @property
    def now(self) -> datetime:
        """When this week's sync reads the source, in UTC."""
        return (MORNING + timedelta(weeks=self.number)).replace(tzinfo=None)

    def live(self) -> None:
        """One week; `changes` holds what a log would."""
        self.number, self.changes = self.number + 1, []
        self._rentals()
        self._corrections()
        self._moves()
        self._films()
        self._staff_and_stores()

    def come_back(self, number: int) -> set[int]:
        """A week in which copies come back, some return times are corrected, and nothing else happens."""
        self.number, self.changes = self.number + 1, []
        rentals = self._chance.sample(list(self.tables["rental"].values()), number)
        for rental in rentals:
            self._put("rental", rental | {"return_date": self._ago(hours=1)}, self._ago(hours=1))
        return {int(rental["rental_id"] or 0) for rental in rentals}

    def _rentals(self) -> None:
        self._arrival_of_who_was_expected()
        self._return_of_who_had_gone()
        for _ in range(12):
            self._rent(self._any("customer")["customer_id"])
        if self.number % 2:
            self._expected = self._any("customer") | {"customer_id": self._new_id()}
            self._rent(self._expected["customer_id"])
        still_out = [r for r in self.tables["rental"].values() if r["return_date"] is None]
        for rental in self._chance.sample(still_out, 3):
            self._put("rental", rental | {"return_date": self._ago(hours=2)}, self._ago(hours=2))

    def _rent(self, customer: str | None) -> None:
        """Two of three are paid at once."""
        at, number = self._ago(hours=self._chance.randint(3, 160)), self._new_id()
        rental = self._any("rental") | {"rental_id": number, "rental_date": at, "return_date": None}
        rental |= {"customer_id": customer, "inventory_id": self._any("inventory")["inventory_id"]}
        self._put("rental", rental | {"staff_id": self._any("staff")["staff_id"]}, at)
        if self._chance.random() < 2 / 3:
            paid = {"payment_id": self._new_id(), "rental_id": number, "customer_id": customer, "payment_date": at}
            self._put("payment", self._any("payment") | paid)

    def _arrival_of_who_was_expected(self) -> None:
        """A customer whose rental came a week earlier."""
        if self._expected:
            self._look_up("customer", self._expected, self._ago(days=9), is_new=True)
        self._expected = None

    def _return_of_who_had_gone(self) -> None:
        """A customer goes, rents all the same, and comes back two weeks later."""
        if self._deletes and self.number % 3 == 1:
            self._gone = self._fresh("customer")
            nothing = dict.fromkeys(self._gone) | {"customer_id": self._gone["customer_id"]}
            self.journal["customer"].append((self.now, nothing))
            self._remove("customer", key_of("customer", self._gone))
        elif self._gone and self.number % 3 == 2:
            self._rent(self._gone["customer_id"])
        elif self._gone:
            self._look_up("customer", self._gone, self._ago(days=1))
            self._gone = None

    def _corrections(self) -> None:
        self._put("rental", self._any("rental") | {"customer_id": self._any("customer")["customer_id"]}, self._ago())
        self._put("payment", self._any("payment") | {"amount": "9.99"})
        self._put("payment", self._any("payment") | {"rental_id": self._any("rental")["rental_id"]})
        if self._deletes:
            self._delete("payment")
            self._delete("rental")

    def _moves(self) -> None:
        for days in (3, 10):  # the second one is news of the week before
            moved = self._fresh("customer") | {"address_id": self._any("address")["address_id"]}
            self._look_up("customer", moved, self._ago(days=days))
        self._look_up("city", self._fresh("city") | {"city": f"Town {self.number}"}, self._ago(days=2))
        if self.number % 4 == 1:
            self._look_up("country", self._fresh("country") | {"country": f"Land {self.number}"}, self._ago(days=2))
            away = self._fresh("address") | {"city_id": self._any("city")["city_id"]}
            self._look_up("address", away, self._ago(days=5))

    def _films(self) -> None:
        self._look_up("film", self._fresh("film") | {"rental_duration": "9"}, self._ago(days=4))
        copy_ = self._fresh("inventory")
        other_store = {"1": "2", "2": "1"}[copy_["store_id"] or ""]
        self._look_up("inventory", copy_ | {"store_id": other_store}, self._ago(days=4))
        pair = self._fresh("film_category")
        taken = {key[1] for key in self.tables["film_category"] if key[0] == pair["film_id"]}
        category = self._chance.choice(sorted({key[0] for key in self.tables["category"]} - taken))
        self._look_up("film_category", pair | {"category_id": category}, self._ago(days=3))
        if self._deletes and self.number % 2 == 0:
            self.ended[key_of("film_category", pair)] = self.now
            self._remove("film_category", key_of("film_category", pair))
        if self.number % 3 == 2:
            self._look_up("category", self._fresh("category") | {"name": f"Kind {self.number}"}, self._ago(days=2))
        film, copy_ = self._any("film") | {"film_id": self._new_id()}, self._any("inventory")
        self._look_up("film", film, self._ago(), is_new=True)
        self._look_up("inventory", copy_ | {"inventory_id": self._new_id()} | _of(film), self._ago(), is_new=True)
        self._look_up("film_category", _of(film) | {"category_id": "3"}, self._ago(), is_new=True)

    def _staff_and_stores(self) -> None:
        if self.number in (2, 7):
            member = self._fresh("staff")
            other_store = {"1": "2", "2": "1"}[member["store_id"] or ""]
            self._look_up("staff", member | {"store_id": other_store}, self._ago(days=3))
        if self.number in (1, 8):
            store = self.tables["store"][("1" if self.number == 1 else "2",)]
            self._put("store", store | {"address_id": self._any("address")["address_id"]}, self._ago(days=3))

    def _look_up(self, table: str, row: Row, at: str, *, is_new: bool = False) -> None:
        """Change a row that others look up; the past before a new one looks like it."""
        pairs_differ = table == "film_category" and not is_new
        self.journal[table].append((EPOCH if is_new and not pairs_differ else datetime.fromisoformat(at), row))
        self._put(table, row, at)

    def _put(self, table: str, row: Row, at: str | None = None) -> None:
        row = row | ({} if at is None else {"last_update": at})
        self.tables[table][key_of(table, row)] = row
        self.changes.append(Change(table, row, next(self._lsn), MORNING + timedelta(weeks=self.number)))

    def _delete(self, table: str) -> None:
        self._remove(table, key_of(table, self._any(table)))

    def _remove(self, table: str, key: Key) -> None:
        row, at = self.tables[table].pop(key), MORNING + timedelta(weeks=self.number)
        self.changes.append(Change(table, row, next(self._lsn), at, deleted=True))

    def _any(self, table: str) -> Row:
        return self._chance.choice(list(self.tables[table].values()))

    def _fresh(self, table: str) -> Row:
        return self.tables[table][self._untouched[table].pop()]

    def _shuffled(self, table: str) -> list[Key]:
        keys = list(self.tables[table])
        self._chance.shuffle(keys)
        return keys

    def _new_id(self) -> str:
        return str(next(self._ids))

    def _ago(self, **time: float) -> str:
        return str(self.now - timedelta(**time))


def key_of(table: str, row: Row) -> Key:
    return tuple(str(row[column]) for column in TABLES[table].key)


def _of(film: Row) -> Mapping[str, str | None]:
    return {"film_id": film["film_id"]}
