"""Three weeks of the sample business as changes of its source: what `dvdrental demo` tells of."""

from datetime import UTC, datetime, timedelta

from dvdrental.local.landing import Database, Row

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)

MOVER = "50"
"""Rents more than anybody else, and moves on Thursday of the first week."""

MOVED_AT = MONDAY + timedelta(days=3)
BEFORE, AFTER, BROKEN = "90001", "90002", "90003"
"""Rentals of theirs: before the move (it turns up a week late), after it, and one that comes back before it goes."""


def monday(week: int) -> datetime:
    """When Airbyte syncs in a week, counted from 0."""
    return MONDAY + timedelta(weeks=week)


def second_week(database: Database) -> Database:
    """Five copies come back, a customer moves and rents, and one row is broken."""
    out = [row["rental_id"] for row in database["rental"] if row["return_date"] is None][:5]
    at = _text(MOVED_AT - timedelta(days=1))
    returned = [row | {"return_date": at, "last_update": at} if row["rental_id"] in out else row
                for row in database["rental"]]  # fmt: skip
    new = [
        _rental(database, AFTER, MOVED_AT + timedelta(days=2)),
        _rental(database, BROKEN, MOVED_AT + timedelta(days=1), back=MOVED_AT - timedelta(days=9)),
    ]
    return {
        **database,
        "rental": [*returned, *new],
        "customer": [_moved(row, database) for row in database["customer"]],
    }


def third_week(database: Database) -> Database:
    """The broken row is put right in the source, and a rental from before the move turns up."""
    kept = [row for row in database["rental"] if row["rental_id"] != BROKEN]
    right = _rental(database, BROKEN, MOVED_AT + timedelta(days=1), back=MOVED_AT + timedelta(days=4))
    return {**database, "rental": [*kept, right, _rental(database, BEFORE, MOVED_AT - timedelta(days=2))]}


def _moved(row: Row, database: Database) -> Row:
    if row["customer_id"] != MOVER:
        return row
    cities = {address["address_id"]: address["city_id"] for address in database["address"]}
    elsewhere = next(number for number, city in cities.items() if city != cities[row["address_id"]])
    return row | {"address_id": elsewhere, "last_update": _text(MOVED_AT)}


def _rental(database: Database, number: str, at: datetime, back: datetime | None = None) -> Row:
    like = database["rental"][0]
    times = {"rental_date": _text(at), "return_date": _text(back) if back else None, "last_update": _text(at)}
    return like | {"rental_id": number, "customer_id": MOVER} | times


def _text(moment: datetime) -> str:
    """As PostgreSQL writes a timestamp without time zone."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"
