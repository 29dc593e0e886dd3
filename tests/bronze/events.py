"""Generated histories of actors, how Airbyte may deliver them, and what must come of them.

The expectation is folded in plain Python from the definition, one key at a time. Keys are independent of each other, so
one run through Spark tries hundreds of histories, and the smallest one that fails tells the whole story.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any

from pyspark.sql import DataFrame

from dvdrental.history import chain, current
from dvdrental.local.landing import Change

KEY = ["actor_id"]
EPOCH = datetime(1970, 1, 1)
FIRST_DAY = datetime(2026, 1, 1)

State = dict[int, tuple[Any, ...]]
Chains = dict[int, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Event:
    """A change of one actor. Events from before CDC have no log position."""

    key: int
    lsn: int | None
    committed: datetime
    deleted: bool = False
    first_name: str | None = None
    last_name: str | None = None
    last_update: datetime | None = None

    @property
    def happened(self) -> datetime:
        return self.last_update or self.committed

    def change(self) -> Change:
        texts = {"first_name": self.first_name, "last_name": self.last_name}
        row = {"actor_id": str(self.key), **texts, "last_update": self.last_update and str(self.last_update)}
        return Change("actor", row, self.lsn, self.committed.replace(tzinfo=UTC), self.deleted)


@dataclass(frozen=True)
class Batch:
    extracted_at: datetime
    events: Sequence[Event]


def histories(chance: Random, keys: int, before_cdc: bool = False) -> list[Event]:
    """One fifth of the changes are deletes, a quarter of the values NULL. Source times repeat and go back and forth."""
    return [event for key in range(1, keys + 1) for event in _history(chance, key, before_cdc)]


def _history(chance: Random, key: int, before_cdc: bool) -> list[Event]:
    events = []
    if before_cdc:
        minutes = chance.sample(range(30), chance.randint(0, 3))
        events = [_upsert(chance, key, None, _minute(minute)) for minute in minutes]
    lsn = 100
    for _ in range(chance.randint(1, 8)):
        deleted = chance.random() < 0.2
        # A delete may share the position of the change before it, and wins.
        shared = deleted and bool(events) and not events[-1].deleted and chance.random() < 0.3
        lsn += 0 if shared else chance.randint(1, 3)
        committed = _minute(chance.randrange(30))
        update = None if chance.random() < 0.25 else _minute(chance.randrange(30))
        events.append(Event(key, lsn, committed, True) if deleted else _upsert(chance, key, lsn, update, committed))
    return events


def _upsert(
    chance: Random, key: int, lsn: int | None, last_update: datetime | None, committed: datetime = FIRST_DAY
) -> Event:
    first, last = (None if chance.random() < 0.25 else chance.choice(["", "Æsa", "Bo"]) for _ in range(2))
    return Event(key, lsn, committed, False, first, last, last_update)


def _minute(number: int) -> datetime:
    return FIRST_DAY + timedelta(minutes=number)


def deliveries(chance: Random, events: Sequence[Event], count: int) -> list[Batch]:
    """The events in any order, split anyhow, 15 % of them twice; even a batch's time of reading says nothing."""
    batches: list[list[Event]] = [[] for _ in range(count)]
    again = [event for event in events if chance.random() < 0.15]
    for event in [*events, *again]:
        chance.choice(batches).append(event)
    for batch in batches:
        chance.shuffle(batch)
    return [Batch(FIRST_DAY + timedelta(days=chance.randint(1, count + 1)), batch) for batch in batches if batch]


def in_order(events: Iterable[Event]) -> list[Event]:
    """Each change once, by log position, a delete last; those without a position before, by their own time."""
    return sorted(set(events), key=lambda event: (event.lsn or 0, event.deleted, event.happened))


def expected_live(events: Iterable[Event]) -> State:
    last = {key: in_order(history)[-1] for key, history in _by_key(events)}
    return {key: (e.first_name, e.last_name, e.last_update) for key, e in last.items() if not e.deleted}


def expected_chains(events: Iterable[Event]) -> Chains:
    return {key: _versions(history) for key, history in _by_key(events)}


def _by_key(events: Iterable[Event]) -> list[tuple[int, list[Event]]]:
    ordered = sorted(events, key=lambda event: event.key)
    return [(key, list(history)) for key, history in groupby(ordered, key=lambda event: event.key)]


def _versions(history: Sequence[Event]) -> list[tuple[Any, ...]]:
    """Maximal runs of one first name (tracked), with the last name (untracked) that ends the run."""
    clock, at_instant = EPOCH, dict[datetime, Event]()
    for event in in_order(history):
        clock = max(clock, event.happened)
        at_instant[clock] = event
    runs = [list(run) for _, run in groupby(at_instant.items(), key=lambda item: (item[1].deleted, item[1].first_name))]
    starts = [EPOCH, *(run[0][0] for run in runs[1:])]
    ends = [*starts[1:], None]
    return [
        (run[-1][1].first_name, run[-1][1].last_name, start, end, run[-1][1].deleted)
        for run, start, end in zip(runs, starts, ends, strict=True)
    ]


def found_live(log: DataFrame) -> State:
    rows = current(log, KEY).select("actor_id", "first_name", "last_name", "last_update").collect()
    assert len({row.actor_id for row in rows}) == len(rows), "a key is live twice"
    return {key: tuple(values) for key, *values in rows}


def found_chains(log: DataFrame) -> Chains:
    columns = ["actor_id", "first_name", "last_name", "valid_from", "valid_to", "is_deleted"]
    rows = chain(log, KEY, ["first_name"], ["last_name"]).select(*columns).orderBy("actor_id", "valid_from").collect()
    return {key: [tuple(row[1:]) for row in versions] for key, versions in groupby(rows, key=lambda row: row.actor_id)}


def assert_folds(log: DataFrame, events: Sequence[Event]) -> None:
    """Live rows, chains and the number of events are those of the fold."""
    _assert_same(found_live(log), expected_live(events), events)
    _assert_same(found_chains(log), expected_chains(events), events)
    assert log.count() == len(set(events)), "a change is missing, or stored twice"


def _assert_same(found: Mapping[int, Any], wanted: Mapping[int, Any], events: Iterable[Event]) -> None:
    """Shows the shortest history of those that fail."""
    wrong = [history for key, history in _by_key(events) if found.get(key) != wanted.get(key)]
    if wrong:
        shortest = min(wrong, key=len)
        key = shortest[0].key
        told = "\n".join(map(str, in_order(shortest)))
        raise AssertionError(f"{len(wrong)} keys differ. {told}\nfound  {found.get(key)}\nwanted {wanted.get(key)}")
    assert found.keys() <= wanted.keys(), "a key from nowhere"
