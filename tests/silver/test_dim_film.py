import random
from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dvdrental.silver import dim_film
from tests.rows import EPOCH, Found, built, one, pick

ENGLISH, ITALIAN = 1, 2
ACTION, COMEDY, DRAMA, NEW = 1, 3, 5, 7

GAINED_LOWER, GAINED_HIGHER, RECATEGORISED, IN_NEW, LATE_CATEGORY, LOST_CATEGORY = range(1, 7)
PLAIN, RETOLD, RETOLD_IN_NEW, BARE, IN_ITALIAN, SCRAPPED, ONLY_ON_SHELF, ONLY_IN_CATEGORY = range(7, 15)
VERSION = "valid_from valid_to is_current"

OPENS_A_VERSION = {
    "title": ("A", "B"),
    "release_year": (2005, 2006),
    "rating": ("PG", None),
    "rental_duration": (3, 5),
    "rental_rate": ("0.99", "2.99"),
    "length": (None, 86),
    "replacement_cost": ("9.99", "19.99"),
}
"""Value before and after, of film 101 and so on."""


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    return built(
        spark,
        dim_film,
        language=[
            dict(language_id=ENGLISH, name="English"),
            dict(language_id=ITALIAN, name="Italian"),
            dict(language_id=ITALIAN, name="Italiano", _at="2006-08-01"),
        ],
        category=[
            dict(category_id=ACTION, name="Action"),
            dict(category_id=COMEDY, name="Comedy"),
            dict(category_id=DRAMA, name="Drama"),
            dict(category_id=NEW, name="New"),
            dict(category_id=NEW, name="Latest", _at="2006-06-01"),
        ],
        film_category=[
            dict(film_id=GAINED_LOWER, category_id=DRAMA, _at="2006-01-01"),
            dict(film_id=GAINED_LOWER, category_id=COMEDY, _at="2006-03-01"),
            dict(film_id=GAINED_LOWER, category_id=COMEDY, _is_delete=True, _at="2006-05-01"),
            dict(film_id=GAINED_HIGHER, category_id=COMEDY, _at="2006-01-01"),
            dict(film_id=GAINED_HIGHER, category_id=DRAMA, _at="2006-03-01"),
            dict(film_id=RECATEGORISED, category_id=ACTION, _at="2006-01-01"),
            dict(film_id=RECATEGORISED, category_id=ACTION, _is_delete=True, _at="2006-04-01"),
            dict(film_id=RECATEGORISED, category_id=DRAMA, _at="2006-04-01"),
            dict(film_id=IN_NEW, category_id=NEW, _at="2006-01-01"),
            dict(film_id=RETOLD_IN_NEW, category_id=NEW, _at="2006-01-01"),
            dict(film_id=LATE_CATEGORY, category_id=ACTION, _at="2006-03-01"),
            dict(film_id=LOST_CATEGORY, category_id=DRAMA, _at="2006-01-01"),
            dict(film_id=LOST_CATEGORY, category_id=DRAMA, _is_delete=True, _at="2006-07-01"),
            dict(film_id=SCRAPPED, category_id=ACTION),
            dict(film_id=ONLY_IN_CATEGORY, category_id=ACTION),
        ],
        film=[
            *(
                dict(film_id=film_id, title="A", language_id=ENGLISH, _at="2006-02-14")
                for film_id in (GAINED_LOWER, GAINED_HIGHER, RECATEGORISED, IN_NEW, LATE_CATEGORY, LOST_CATEGORY)
            ),
            dict(
                film_id=PLAIN,
                title="ACADEMY DINOSAUR",
                description="Epic",
                release_year=2006,
                language_id=ENGLISH,
                rating="PG-13",
                rental_duration=6,
                rental_rate="0.99",
                length=86,
                replacement_cost="20.99",
                special_features=["Trailers", "Commentaries"],
                last_update="2006-02-15",
                _at="2006-02-15",
            ),
            *(
                dict(film_id=film_id, _at=at) | {column: value}
                for film_id, (column, values) in enumerate(OPENS_A_VERSION.items(), 101)
                for at, value in zip(("2006-01-01", "2006-02-01"), values, strict=True)
            ),
            dict(film_id=RETOLD, description="dull", special_features=[], last_update="2006-01-01", _at="2006-01-01"),
            dict(
                film_id=RETOLD,
                description="epic",
                special_features=["Trailers"],
                last_update="2006-02-01",
                _at="2006-02-01",
            ),
            dict(film_id=RETOLD_IN_NEW, description="dull", last_update="2006-01-01", _at="2006-01-01"),
            dict(film_id=RETOLD_IN_NEW, description="epic", last_update="2006-07-01", _at="2006-07-01"),
            dict(film_id=BARE, title="BARE", language_id=99),
            dict(film_id=IN_ITALIAN, language_id=ENGLISH, _at="2006-01-01"),
            dict(film_id=IN_ITALIAN, language_id=ITALIAN, _at="2006-02-01"),
            dict(film_id=SCRAPPED, title="GONE", _at="2006-01-01"),
            dict(film_id=SCRAPPED, _is_delete=True, _at="2006-05-01"),
        ],
        inventory=[dict(inventory_id=1, film_id=ONLY_ON_SHELF), dict(inventory_id=2, film_id=SCRAPPED)],
    )


def test_film_carries_its_own_columns_and_its_language(found: Found) -> None:
    columns = (
        "title description release_year language category_id category rating rental_duration rental_rate length "
        "replacement_cost special_features last_update"
    )
    assert pick(found, f"{VERSION} {columns}", film_id=PLAIN) == [
        (EPOCH, None, True, "ACADEMY DINOSAUR", "Epic", 2006, "English", None, None, "PG-13", 6, "0.99", 86, "20.99",
         ["Trailers", "Commentaries"], "2006-02-15")
    ]  # fmt: skip


def test_film_counts_for_the_lowest_category_while_it_has_several(found: Found) -> None:
    assert pick(found, VERSION + " category_id category", film_id=GAINED_LOWER) == [
        (EPOCH, "2006-03-01", False, DRAMA, "Drama"),
        ("2006-03-01", "2006-05-01", False, COMEDY, "Comedy"),
        ("2006-05-01", None, True, DRAMA, "Drama"),
    ]


def test_further_category_with_a_higher_id_changes_nothing(found: Found) -> None:
    assert pick(found, VERSION + " category", film_id=GAINED_HIGHER) == [(EPOCH, None, True, "Comedy")]


def test_film_that_moves_to_another_category_is_never_without_one(found: Found) -> None:
    assert pick(found, VERSION + " category", film_id=RECATEGORISED) == [
        (EPOCH, "2006-04-01", False, "Action"),
        ("2006-04-01", None, True, "Drama"),
    ]


def test_first_category_reaches_back_however_late_it_comes(found: Found) -> None:
    assert pick(found, VERSION + " category", film_id=LATE_CATEGORY) == [(EPOCH, None, True, "Action")]


def test_film_that_loses_its_last_category_goes_on_without(found: Found) -> None:
    assert pick(found, VERSION + " category_id category", film_id=LOST_CATEGORY) == [
        (EPOCH, "2006-07-01", False, DRAMA, "Drama"),
        ("2006-07-01", None, True, None, None),
    ]


def test_renamed_category_opens_a_version_of_its_films(found: Found) -> None:
    assert pick(found, VERSION + " category_id category", film_id=IN_NEW) == [
        (EPOCH, "2006-06-01", False, NEW, "New"),
        ("2006-06-01", None, True, NEW, "Latest"),
    ]


def test_other_or_renamed_language_opens_a_version(found: Found) -> None:
    assert pick(found, VERSION + " language", film_id=IN_ITALIAN) == [
        (EPOCH, "2006-02-01", False, "English"),
        ("2006-02-01", "2006-08-01", False, "Italian"),
        ("2006-08-01", None, True, "Italiano"),
    ]


@pytest.mark.parametrize(("film_id", "column"), list(enumerate(OPENS_A_VERSION, 101)))
def test_change_of_what_describes_or_prices_a_film_opens_a_version(found: Found, film_id: int, column: str) -> None:
    before, after = OPENS_A_VERSION[column]
    assert pick(found, f"{VERSION} {column}", film_id=film_id) == [
        (EPOCH, "2006-02-01", False, before),
        ("2006-02-01", None, True, after),
    ]


def test_description_and_features_are_updated_in_place(found: Found) -> None:
    assert pick(found, VERSION + " description special_features last_update", film_id=RETOLD) == [
        (EPOCH, None, True, "epic", ["Trailers"], "2006-02-01")
    ]


def test_ended_version_is_not_touched_by_a_description_that_comes_later(found: Found) -> None:
    assert pick(found, VERSION + " category description last_update", film_id=RETOLD_IN_NEW) == [
        (EPOCH, "2006-06-01", False, "New", "dull", "2006-01-01"),
        ("2006-06-01", None, True, "Latest", "epic", "2006-07-01"),
    ]


def test_film_without_known_language_or_category_is_kept(found: Found) -> None:
    assert pick(found, VERSION + " title language category is_inferred", film_id=BARE) == [
        (EPOCH, None, True, "BARE", None, None, False)
    ]


def test_deleted_film_ends_and_is_not_inferred_though_on_the_shelf(found: Found) -> None:
    assert pick(found, VERSION + " title is_inferred", film_id=SCRAPPED) == [
        (EPOCH, "2006-05-01", False, "GONE", False)
    ]


@pytest.mark.parametrize("film_id", [ONLY_ON_SHELF, ONLY_IN_CATEGORY])
def test_film_in_use_that_the_source_lacks_is_inferred(found: Found, film_id: int) -> None:
    assert pick(found, VERSION + " title category is_inferred", film_id=film_id) == [
        (EPOCH, None, True, None, None, True)
    ]


def test_unknown_member_is_there_once(found: Found) -> None:
    assert pick(found, "film_key film_id is_inferred", film_id=-1) == [(-1, -1, True)]


def test_every_version_has_a_surrogate_key_of_its_own(found: Found) -> None:
    assert len({row["film_key"] for row in found}) == len(found)


def test_category_is_the_lowest_live_one_of_each_day(spark: SparkSession) -> None:
    """Random additions and removals of categories, against a count by hand of what is live on each day."""
    chance = random.Random(7)
    days = [str(date(2006, 1, 1) + timedelta(days=n)) for n in range(20)]
    pairs: dict[tuple[int, int], dict[str, bool]] = {
        (film, category): {day: chance.random() < 0.5 for day in sorted(chance.sample(days, chance.randint(0, 4)))}
        for film in range(1, 31)
        for category in range(1, 5)
    }
    events: list[dict[str, Any]] = [
        dict(film_id=film, category_id=category, _at=day, _is_delete=gone)
        for (film, category), changes in pairs.items()
        for day, gone in changes.items()
    ]
    versions = built(
        spark, dim_film, film=[dict(film_id=film, title="A") for film in range(1, 31)], film_category=events
    )
    for film in range(1, 31):
        mine = {category: changes for (of, category), changes in pairs.items() if of == film}
        begin = min((day for changes in mine.values() for day in changes), default=EPOCH)
        for day in days:
            known = {c: [gone for at, gone in changes.items() if at <= max(day, begin)] for c, changes in mine.items()}
            live = [category for category, states in known.items() if states and not states[-1]]
            ends = [v for v in versions if v["film_id"] == film and v["valid_from"] <= day]
            seen = [v["category_id"] for v in ends if v["valid_to"] is None or day < v["valid_to"]]
            assert seen == [min(live, default=None)], (film, day)


def test_real_film_takes_over_the_key_of_the_inferred_one(spark: SparkSession, found: Found) -> None:
    later = built(
        spark,
        dim_film,
        film=[dict(film_id=ONLY_IN_CATEGORY, title="REAL", _at="2007-01-01")],
        film_category=[dict(film_id=ONLY_IN_CATEGORY, category_id=ACTION)],
    )
    assert one(later, film_id=ONLY_IN_CATEGORY)["film_key"] == one(found, film_id=ONLY_IN_CATEGORY)["film_key"]
