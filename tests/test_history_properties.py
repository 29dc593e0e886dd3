"""Random histories against plain Python, which knows nothing of intervals: it looks at every day.

Keys are independent of each other, so one run through Spark tries hundreds of them. Few runs by default, many with
DVDRENTAL_LONG=1. A failure shows the number that makes the same histories again, and the shortest that went wrong.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dvdrental.columns import moment
from dvdrental.history import as_of, chain, current
from dvdrental.quality import history_rules
from dvdrental.silver import dim_customer, dim_film
from dvdrental.silver.dimension import members
from dvdrental.table import Table
from tests import bronze_log
from tests.rows import log, relation
from tests.sizes import size
from tests.things import DIM_THING, THING

EPOCH = datetime(1970, 1, 1)
READ_AT = datetime(2026, 1, 1)
LAST_DAY = 30
ROUNDS = 8

Values = dict[str, Any]
State = Values | None
"""What is known of a key at a time; None while it is deleted."""
Version = tuple[int, int | None, Values]
"""First day, day after the last one, values."""

seeds = given(seed=st.integers(0, 2**32))
some = settings(max_examples=size(2, 25), derandomize=size(True, False), deadline=None, phases=[Phase.generate])


@dataclass(frozen=True)
class Event:
    """`position` orders the events of a key, whatever the day."""

    key: Any
    position: int
    day: int
    deleted: bool
    values: Values = field(hash=False)


def event_streams(chance: Random, keys: Iterable[Any], **choices: Sequence[Any]) -> list[Event]:
    """Up to eight events per key, one fifth of them deletes; each value stays as it was or changes, to NULL in one of
    four. A delete may share the position of the event before it; days go back and forth."""
    return [event for key in keys for event in _stream(chance, key, choices)]


def _stream(chance: Random, key: Any, choices: Mapping[str, Sequence[Any]]) -> Iterator[Event]:
    position, may_share, values = 0, False, {name: _value(chance, some) for name, some in choices.items()}
    for _ in range(chance.randint(1, 8)):
        deleted = chance.random() < 0.2
        position += not (may_share and deleted and chance.random() < 0.3)
        may_share = not deleted
        values = values | {name: _value(chance, some) for name, some in choices.items() if chance.random() < 0.5}
        yield Event(key, position, chance.randint(1, LAST_DAY), deleted, values)


def _value(chance: Random, choices: Sequence[Any]) -> Any:
    return None if chance.random() < 0.25 else chance.choice(choices)


def by_key(events: Iterable[Event]) -> dict[Any, list[Event]]:
    """Each event once, in order, a delete after what shares its position."""
    found = defaultdict[Any, list[Event]](list)
    for event in sorted(set(events), key=lambda e: (e.position, e.deleted)):
        found[event.key].append(event)
    return found


def days(history: Sequence[Event]) -> list[State]:
    """What is known on each day. Time does not go back, the last event of a day wins, and the past before the first
    event looks like the day of that event."""
    clock, known = 0, dict[int, State]()
    for event in history:
        clock = max(clock, event.day)
        known[clock] = None if event.deleted else event.values
    state, states = known[min(known)], []
    for day in range(LAST_DAY + 2):
        state = known.get(day, state)
        states.append(state)
    return states


def versions(states: Sequence[State], tracked: Sequence[str]) -> list[Version]:
    """Longest stretches that agree on what is tracked, with the values of their last day."""
    runs = groupby(enumerate(states), key=lambda item: item[1] and [item[1][name] for name in tracked])
    stretches = [list(run) for _, run in runs]
    ends = [*(stretch[0][0] for stretch in stretches[1:]), None]
    return [(s[0][0], end, s[-1][1]) for s, end in zip(stretches, ends, strict=True) if s[-1][1] is not None]


def found_versions(rows: DataFrame, key: str, columns: Sequence[str]) -> dict[Any, list[Version]]:
    found = defaultdict[Any, list[Version]](list)
    real = rows.filter("not is_inferred").select(key, *columns, "valid_from", "valid_to").orderBy(key, "valid_from")
    for row in real.collect():
        values = {column: row[column] for column in columns}
        found[row[key]].append(((row.valid_from - EPOCH).days, row.valid_to and (row.valid_to - EPOCH).days, values))
    return found


def assert_same(found: Mapping[Any, Any], wanted: Mapping[Any, Any], histories: Mapping[Any, Sequence[Event]]) -> None:
    """Shows the shortest history that went wrong."""
    wrong = [key for key in histories if found.get(key, []) != wanted.get(key, [])]
    if wrong:
        key = min(wrong, key=lambda key: len(histories[key]))
        told = "\n".join(map(str, histories[key]))
        raise AssertionError(f"{len(wrong)} keys differ. {told}\nfound  {found.get(key)}\nwanted {wanted.get(key)}")
    assert found.keys() <= histories.keys(), "a key from nowhere"


def assert_lawful(table: Table, rows: DataFrame) -> None:
    staged = rows.withColumns({"_loaded_at": moment(READ_AT), "_op": F.lit("insert")})
    assert [check for check in history_rules.audit(table, staged, None) if check.status != "pass"] == []


# ------------------------------------------------------------------------------------- one stream, any delivery


@settings(some, max_examples=size(1, 25))
@seeds
def test_promise_01_any_delivery_gives_the_versions_of_the_fold(spark: SparkSession, seed: int) -> None:
    deliver_anyhow(spark, Random(seed))


def deliver_anyhow(spark: SparkSession, chance: Random) -> None:
    """In one to eight batches, in any order, 15 % of the events twice."""
    events = event_streams(chance, range(200), attribute=["", "a", "b"], remark=["x", "y", "z"])
    events_log = bronze_log.empty_log(spark, THING)
    for number, batch in enumerate(deliveries(chance, events)):
        read_at = READ_AT + timedelta(days=chance.randint(0, ROUNDS), minutes=number)
        landed = bronze_log.landed(spark, THING, list(map(payload, batch)), read_at, cdc=True)
        events_log = bronze_log.after_changes(events_log, landed, THING, read_at)
    histories = by_key(events)
    states = {key: days(history) for key, history in histories.items()}
    history = chain(events_log, THING.key, ["attribute"], ["remark"])
    rows = bronze_log.settled(members(history, DIM_THING, [spark.range(0).select("id")]))
    found = found_versions(rows, "thing_id", ["attribute", "remark"])
    assert_same(found, {key: versions(known, ["attribute"]) for key, known in states.items()}, histories)
    live = {
        row.thing_id: {"attribute": row.attribute, "remark": row.remark}
        for row in current(events_log, THING.key).collect()
    }
    assert_same(live, {key: known[-1] for key, known in states.items() if known[-1]}, histories)
    assert events_log.count() == len(set(events)), "a change is missing, or stored twice"
    assert_lawful(DIM_THING, rows)


def deliveries(chance: Random, events: Sequence[Event]) -> list[list[Event]]:
    """Each key has its own number of batches."""
    batches: list[list[Event]] = [[] for _ in range(ROUNDS)]
    count = {event.key: chance.randint(1, ROUNDS) for event in events}
    for event in [*events, *(event for event in events if chance.random() < 0.15)]:
        batches[chance.randrange(count[event.key])].append(event)
    for batch in batches:
        chance.shuffle(batch)
    return batches


def payload(event: Event) -> Values:
    at = f"{(EPOCH + timedelta(days=event.day)).isoformat()}Z"
    technical = {"_ab_cdc_lsn": event.position, "_ab_cdc_updated_at": at}
    return {"thing_id": event.key} | event.values | technical | ({"_ab_cdc_deleted_at": at} if event.deleted else {})


# ------------------------------------------------------------------------------------------ parents of parents


@some
@seeds
def test_customer_has_the_place_of_every_day(spark: SparkSession, seed: int) -> None:
    move_customers(spark, Random(seed))


def move_customers(spark: SparkSession, chance: Random) -> None:
    """Few parents for many children, and ids of parents that never were."""
    own = {"store_id": [1, 2], "first_name": ["A"], "active": [0, 1, 2], "address_id": range(40), "email": ["x", "y"]}
    streams = {
        "customer": event_streams(chance, range(100), **own),
        "address": event_streams(chance, range(30), district=["d", "e"], city_id=range(12)),
        "city": event_streams(chance, range(9), city=["London", "Leeds"], country_id=range(5)),
        "country": event_streams(chance, range(3), country=["UK", "Zaire"]),
    }
    known = {name: {key: days(history) for key, history in by_key(events).items()} for name, events in streams.items()}

    def place(customer: Values, day: int) -> Values:
        address = at(known["address"], customer["address_id"], day, "district", "city_id")
        city = at(known["city"], address["city_id"], day, "city", "country_id")
        country = at(known["country"], city["country_id"], day, "country")
        is_active = None if customer["active"] is None else customer["active"] == 1
        return {"is_active_customer": is_active} | customer | address | city | country

    states = {
        key: [state and place(state, day) for day, state in enumerate(history)]
        for key, history in known["customer"].items()
    }
    logs = {name: change_log(spark, name, streams.get(name, [])) for name in ("rental", "payment", *streams)}
    rows = bronze_log.settled(dim_customer.build(**logs))
    columns = [*dim_customer.PLACE, "store_id", "first_name", "address_id", "is_active_customer", "email"]
    check(rows, dim_customer.TABLE, columns, states, by_key(streams["customer"]))


@some
@seeds
def test_film_has_the_lowest_category_of_every_day(spark: SparkSession, seed: int) -> None:
    sort_films(spark, Random(seed))


def sort_films(spark: SparkSession, chance: Random) -> None:
    """Films in none to three categories at a time."""
    pairs = [(film, category) for film in range(80) for category in chance.sample(range(8), chance.randint(0, 3))]
    streams = {
        "film": event_streams(chance, range(100), title=["A", "B"], language_id=range(5), description=["x", "y"]),
        "language": event_streams(chance, range(4), name=["English", "Italian"]),
        "category": event_streams(chance, range(6), name=["Games", "New"]),
        "film_category": event_streams(chance, pairs),
    }
    known = {name: {key: days(history) for key, history in by_key(events).items()} for name, events in streams.items()}
    categories = {film: lowest(film, streams["film_category"]) for film in range(100)}

    def described(film: Values, key: int, day: int) -> Values:
        language = at(known["language"], film["language_id"], day, "name")["name"]
        category_id = categories[key][day]
        category = at(known["category"], category_id, day, "name")["name"]
        return film | {"language": language, "category_id": category_id, "category": category}

    states = {
        key: [state and described(state, key, day) for day, state in enumerate(history)]
        for key, history in known["film"].items()
    }
    logs = {name: change_log(spark, name, streams.get(name, [])) for name in ("inventory", *streams)}
    rows = bronze_log.settled(dim_film.build(**logs))
    columns = ["title", "language", "category_id", "category", "description"]
    check(rows, dim_film.TABLE, columns, states, by_key(streams["film"]))


def lowest(film: int, events: Sequence[Event]) -> list[int | None]:
    """Category on each day. The past before a film's first category or end of one looks like that day, not like the
    first day of each pair."""
    histories = {key: history for key, history in by_key(events).items() if key[0] == film}
    if not histories:
        return [None] * (LAST_DAY + 2)
    begins = {key: history[0].day for key, history in histories.items()}
    live = {key: days(history) for key, history in histories.items()}
    there = [
        min((k[1] for k in live if day >= begins[k] and live[k][day] is not None), default=None)
        for day in range(LAST_DAY + 2)
    ]
    first = min(begins.values())
    return [there[max(day, first)] for day in range(LAST_DAY + 2)]


def at(known: Mapping[Any, Sequence[State]], key: Any, day: int, *columns: str) -> Values:
    """Columns of a parent on a day; None for each when there is no such parent then."""
    state = known[key][day] if key in known else None
    return {column: state and state[column] for column in columns}


def change_log(spark: SparkSession, stream: str, events: Sequence[Event]) -> DataFrame:
    return log(spark, stream, *(row(stream, event) for event in events))


def row(stream: str, event: Event) -> Values:
    names = ["film_id", "category_id"] if stream == "film_category" else [f"{stream}_id"]
    keys = event.key if isinstance(event.key, tuple) else (event.key,)
    values = dict.fromkeys(event.values) if event.deleted else event.values
    position = {"_lsn": event.position, "_at": str(EPOCH + timedelta(days=event.day)), "_is_delete": event.deleted}
    return dict(zip(names, keys, strict=True)) | values | position


def check(
    rows: DataFrame,
    table: Table,
    columns: Sequence[str],
    states: Mapping[int, Sequence[State]],
    histories: Mapping[int, Sequence[Event]],
) -> None:
    """The whole dimension, then what a fact of every key and day finds in it: nothing that is known of a key whose end
    alone is known, but that it is in use."""
    surrogate, natural = table.key[0], table.natural_key
    tracked = [column for column in columns if column not in table.untracked]
    shown = {
        key: [(start, end, {c: values[c] for c in columns}) for start, end, values in versions(known, tracked)]
        for key, known in states.items()
    }
    assert_same(found_versions(rows, natural, columns), shown, histories)
    facts = [(key, day, EPOCH + timedelta(days=day)) for key, known in states.items() for day in range(len(known))]
    moments = relation(rows.sparkSession, facts, f"{natural} INT, day INT, at TIMESTAMP_NTZ")
    there = rows.select(natural, surrogate, "valid_from", "valid_to", "is_inferred", F.struct(*tracked).alias("values"))
    met = as_of(moments, there, on=natural, at="at", key=surrogate).collect()
    assert len(met) == len(facts), "a fact is lost, or met two versions"
    for fact in met:
        state = states[fact[natural]][fact.day]
        found = None if fact[surrogate] == -1 or fact.is_inferred else fact["values"].asDict()
        assert found == (state and {c: state[c] for c in tracked}), f"{natural} {fact[natural]} on day {fact.day}"
    assert_lawful(table, rows)
