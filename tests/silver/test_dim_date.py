from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dvdrental.silver import dim_date
from tests.rows import Found, Row, built, change_feed, one, pick, rows


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    """2002 to 2005: the return is the first event, the payment the last."""
    return built(
        spark,
        dim_date,
        rental=[dict(rental_id=1, rental_date="2002-12-30 22:53:30", return_date="2003-01-02"), dict(rental_id=2)],
        payment=[dict(payment_id=1, payment_date="2005-02-14 21:21:59.996577")],
    )


def test_every_day_of_whole_years_is_there_once(found: Found) -> None:
    days = [date(2002, 1, 1) + timedelta(days=n) for n in range(365 + 365 + 366 + 365)]
    assert days[-1] == date(2005, 12, 31)
    assert pick(found, "date_day") == [(str(day),) for day in days]


def test_key_and_neighbours_of_every_day(found: Found) -> None:
    for row in found:
        day = date.fromisoformat(row["date_day"])
        assert row["date_key"] == day.year * 10000 + day.month * 100 + day.day
        assert (row["prior_day"], row["next_day"]) == (str(day - timedelta(days=1)), str(day + timedelta(days=1)))


def test_every_attribute_of_a_leap_day(found: Found) -> None:
    assert one(found, date_key=20040229) == {
        "date_key": 20040229,
        "date_day": "2004-02-29",
        "prior_day": "2004-02-28",
        "next_day": "2004-03-01",
        "prior_year_day": "2003-02-28",
        "day_of_week": 7,
        "day_name": "Sunday",
        "day_label": "7 Sun",
        "is_weekend": True,
        "day_of_month": 29,
        "day_of_year": 60,
        "iso_week": 9,
        "iso_year": 2004,
        "week_start": "2004-02-23",
        "week_end": "2004-02-29",
        "month_number": 2,
        "month_name": "February",
        "month_start": "2004-02-01",
        "month_end": "2004-02-29",
        "quarter_number": 1,
        "quarter_start": "2004-01-01",
        "quarter_end": "2004-03-31",
        "year_number": 2004,
        "year_start": "2004-01-01",
        "year_end": "2004-12-31",
        "fiscal_year": 2004,
        "fiscal_quarter": 3,
        "fiscal_month": 8,
    }


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        (20021230, (1, 2003, "2002-12-30", "2003-01-05", "1 Mon", False)),  # January's week begins in December
        (20040101, (1, 2004, "2003-12-29", "2004-01-04", "4 Thu", False)),
        (20041231, (53, 2004, "2004-12-27", "2005-01-02", "5 Fri", False)),
        (20050101, (53, 2004, "2004-12-27", "2005-01-02", "6 Sat", True)),  # a day of 2005 in a week of 2004
        (20050103, (1, 2005, "2005-01-03", "2005-01-09", "1 Mon", False)),
    ],
)
def test_week_and_its_year_are_those_of_iso(found: Found, key: int, wanted: tuple[Any, ...]) -> None:
    assert pick(found, "iso_week iso_year week_start week_end day_label is_weekend", date_key=key) == [wanted]


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        (20040630, (2004, 4, 12)),
        (20040701, (2005, 1, 1)),
        (20041001, (2005, 2, 4)),
        (20041231, (2005, 2, 6)),
        (20050101, (2005, 3, 7)),
        (20050331, (2005, 3, 9)),
        (20050401, (2005, 4, 10)),
        (20050831, (2006, 1, 2)),
    ],
)
def test_fiscal_year_runs_july_to_june_and_is_named_after_its_end(
    found: Found, key: int, wanted: tuple[int, int, int]
) -> None:
    assert pick(found, "fiscal_year fiscal_quarter fiscal_month", date_key=key) == [wanted]


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        (20040331, (1, "2004-01-01", "2004-03-31", "2004-03-31")),
        (20040430, (2, "2004-04-01", "2004-06-30", "2004-04-30")),
        (20040731, (3, "2004-07-01", "2004-09-30", "2004-07-31")),
        (20041231, (4, "2004-10-01", "2004-12-31", "2004-12-31")),
    ],
)
def test_quarters_and_months_end_where_they_should(found: Found, key: int, wanted: tuple[Any, ...]) -> None:
    assert pick(found, "quarter_number quarter_start quarter_end month_end", date_key=key) == [wanted]


def test_day_of_leap_year_is_compared_with_its_own_date(found: Found) -> None:
    assert pick(found, "prior_year_day", date_key=20050228) == [("2004-02-28",)]
    assert pick(found, "prior_year_day", date_key=20050301) == [("2004-03-01",)]


def test_last_second_of_a_year_and_first_of_the_next_bound_the_range(spark: SparkSession) -> None:
    rental = dict(rental_id=1, rental_date="2005-01-01", return_date="2006-12-31 23:59:59.999999")
    days = pick(built(spark, dim_date, rental=[rental]), "date_day")
    assert (days[0], days[-1], len(days)) == (("2005-01-01",), ("2006-12-31",), 730)


def test_without_an_event_there_is_no_day(spark: SparkSession) -> None:
    assert built(spark, dim_date, rental=[dict(rental_id=1)]) == []


# what has changed in -> that moment, where the year 2005 is known
NEWS: dict[str, tuple[str, Row, bool]] = {
    "within": ("rental", dict(rental_date="2005-01-01", return_date="2005-12-31 23:59:59.999999"), False),
    "returned later": ("rental", dict(rental_date="2005-01-01", return_date="2006-01-01"), True),
    "handed out earlier": ("rental", dict(rental_date="2004-12-31 23:59:59"), True),
    "not yet returned": ("rental", dict(rental_date="2005-05-05"), False),
    "paid later": ("payment", dict(payment_date="2007-01-01"), True),
    "deleted, and so without a time": ("payment", dict(_is_delete=True), False),
    "taken back": ("payment", dict(payment_date="2005-12-31", _change_type="delete"), True),
}


@pytest.mark.parametrize(("stream", "change", "is_news"), NEWS.values(), ids=NEWS)
def test_moments_are_news_beyond_the_years_that_are_there(
    spark: SparkSession, stream: str, change: Row, is_news: bool
) -> None:
    published = rows(spark, dim_date.TABLE, dict(date_day="2005-01-01"), dict(date_day="2005-12-31"))
    found = dim_date.NEWS[f"bronze.{stream}"](published, change_feed(spark, stream, change))
    assert found.isEmpty() != is_news


def test_every_moment_is_news_to_a_table_without_days(spark: SparkSession) -> None:
    rental = change_feed(spark, "rental", dict(rental_date="2005-01-01"))
    found = dim_date.NEWS["bronze.rental"](rows(spark, dim_date.TABLE), rental)
    assert not found.isEmpty()
