"""What the stores lend: films with their categories and actors, and the copies on the shelves."""

from dvdrental.local.landing.database import Database, Row
from dvdrental.local.landing.sample.chance import Chance
from dvdrental.local.landing.sample.rows import array, money, row, tsvector
from dvdrental.local.landing.sample.words import (
    CATEGORIES,
    DEEDS,
    FEATURES,
    FIRST_NAMES,
    HEROES,
    LANGUAGES,
    LAST_NAMES,
    RATINGS,
    STOP_WORDS,
    THINGS,
    TITLE_ENDS,
    TITLE_STARTS,
    TONES,
)

_FILMS = 100
_ACTORS = 40
_NAMESAKES = (11, 34)
_WITHOUT_ACTOR = {13, 58}
_WITHOUT_COPY = {9, 36, 62, 88}
_AT = "2006-02-15 10:09:17"
_FILMS_AT = "2013-05-26 14:50:58.951"
_ACTORS_AT = "2013-05-26 14:47:57.62"


def popularity(film: int) -> int:
    """Weight of a film among all that are asked for: many sell some, a handful sell a lot."""
    rank = film * 37 % _FILMS
    return 2 + (_FILMS - rank) // 12 + (6 if rank < 6 else 0)


def catalogue(chance: Chance) -> Database:
    films = range(1, _FILMS + 1)
    return {
        "language": [row("language", n, name.ljust(20), _AT) for n, name in enumerate(LANGUAGES, 1)],
        "category": [row("category", n, name, _AT) for n, name in enumerate(CATEGORIES, 1)],
        "actor": [_actor(number) for number in range(1, _ACTORS + 1)],
        "film": [_film(number, chance) for number in films],
        "film_category": [row("film_category", film, 1 + film * 7 % 16, _AT) for film in films],
        "film_actor": _casts(chance),
        "inventory": _copies(chance),
    }


def _actor(number: int) -> Row:
    name = _NAMESAKES[0] if number in _NAMESAKES else number
    return row("actor", number, FIRST_NAMES[name * 3 % 20], LAST_NAMES[name * 5 % 23], _ACTORS_AT)


def _film(number: int, chance: Chance) -> Row:
    title = f"{TITLE_STARTS[number % 20]} {TITLE_ENDS[(number * 7 + number // 20) % 20]}"
    pair = f"a {chance.pick(HEROES)} and a {chance.pick(HEROES)}"
    plot = f"who {chance.pick(DEEDS)} the {chance.pick(THINGS)}"
    description = f"A {chance.pick(TONES)} story about {pair} {plot}"
    features = 1 + chance.below(15)
    return row(
        "film",
        number,
        title,
        description,
        2006,
        1,
        3 + chance.below(5),
        money(chance.pick([99, 299, 499])),
        46 + chance.below(140),
        money(999 + 100 * chance.below(21)),
        RATINGS[number % 5],
        _FILMS_AT,
        array([name for bit, name in enumerate(FEATURES) if features >> bit & 1]),
        tsvector(f"{title} {description}", STOP_WORDS),
    )


def _casts(chance: Chance) -> list[Row]:
    pairs = {
        (1 + chance.below(_ACTORS), film)
        for film in range(1, _FILMS + 1)
        if film not in _WITHOUT_ACTOR
        for _ in range(2 + chance.below(6))
    }
    return [row("film_actor", actor, film, _AT) for actor, film in sorted(pairs)]


def _copies(chance: Chance) -> list[Row]:
    shelves = [
        (film, 1 + (film + copy) % 2)
        for film in range(1, _FILMS + 1)
        if film not in _WITHOUT_COPY
        for copy in range(1 + popularity(film) // 5 + chance.below(3))
    ]
    return [row("inventory", number, film, store, _AT) for number, (film, store) in enumerate(shelves, 1)]
