from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbuild.moments import DAY, parse_moment, parse_moments
from tests.budget import examples

HOUR = DAY // 24


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01", 0),
        ("1970-01-02", DAY),
        ("1969-12-31T23:00:00", -HOUR),
        ("1970-01-01 05:00", 5 * HOUR),
        ("1970-01-01T05:00:00Z", 5 * HOUR),
        ("1970-01-01T05:00:00+02:00", 3 * HOUR),
        ("1970-01-01T05:00:00-0230", 7 * HOUR + HOUR // 2),
        ("1970-01-01T05:00+02", 3 * HOUR),
        ("1970-01-01T00:00:00.5", 500_000),
        ("1970-01-01T00:00:00,000001", 1),
        ("1970-01-01T00:00:00.123456000", 123_456),
        ("0001-01-01", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59.999999", 253_402_300_799_999_999),
        ("2012-02-29", 1_330_473_600_000_000),
    ],
)
def test_iso_texts_are_microseconds_since_1970(text: str, moment: int) -> None:
    assert parse_moment(text) == moment
    assert parse_moments(pl.Series([text])).to_list() == [moment]


@pytest.mark.parametrize(
    "text",
    [
        *"2013-1-1 2013-02-29 2013-02-30 0000-01-01 13-01-01 20130101 2013-W01-1 01/02/2013 now x".split(),
        *"2013-01-01T 2013-01-01T05 2013-01-01T24:00 2013-01-01T05:60 2013-01-01T05:00:60".split(),
        *"2013-01-01T5:00 2013-01-01T05:00:00. 2013-01-01T05:00:00.1234567 2013-01-01Z".split(),
        *"2013-01-01T05:00+24:00 2013-01-01T05:00+01:60 ２０１３-01-01".split(),
        *"0001-01-01T05:00+05:01 9999-12-31T23:59-00:01".split(),
        *["", " 2013-01-01", "2013-01-01\n", "2013-01-01T05:00:00 Z"],
    ],
)
def test_other_texts_are_no_moments(text: str) -> None:
    assert parse_moment(text) is None
    assert parse_moments(pl.Series([text])).to_list() == [None]


def test_one_column_can_mix_spellings() -> None:
    texts = [
        "2013-01-01T05:00:00Z",
        "2013-01-01 05:00:00",
        None,
        "2013-01-01",
        "2013-01-01T05:00:00.25+01:00",
    ]
    moments = parse_moments(pl.Series("time", texts)).cast(pl.Datetime("us"))
    at_five = datetime(2013, 1, 1, 5)
    late = datetime(2013, 1, 1, 4, 0, 0, 250_000)
    assert moments.to_list() == [at_five, at_five, None, datetime(2013, 1, 1), late]
    assert moments.name == "time"


PIECES = [
    "2013",
    "0000",
    "9999",
    "-",
    "02",
    "29",
    "31",
    "T",
    " ",
    "24",
    "00",
    ":",
    "60",
    ".5",
    ",",
    "Z",
    "+",
    "9",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=12))
@settings(max_examples=examples(200, 20_000), deadline=None)
def test_a_text_and_a_column_are_read_alike(text: str) -> None:
    assert parse_moments(pl.Series([text, text], dtype=pl.String)).to_list() == [parse_moment(text)] * 2


OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
EARLY, LATE = datetime(1, 1, 3), datetime(9999, 12, 29)
TIMES = st.datetimes(EARLY, LATE) | st.datetimes(EARLY, LATE, timezones=OFFSETS)


@given(st.lists(TIMES, min_size=1, max_size=20))
@settings(max_examples=examples(100, 10_000), deadline=None)
def test_what_python_writes_is_read_back(times: list[datetime]) -> None:
    read = parse_moments(pl.Series([time.isoformat() for time in times])).cast(pl.Datetime("us"))
    assert read.to_list() == [
        time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time for time in times
    ]


FORMS = (
    "%04d-%02d-%02d",
    "%04d-%02d-%02d %02d:%02d",
    "%04d-%02d-%02dT%02d:%02d:%02dZ",
    "%04d-%02d-%02dT%02d:%02d:%02d.%04d",
)
FIELDS = st.tuples(*(st.integers(0, most) for most in (9999, 14, 33, 26, 62, 62, 9999)))
CHANGES = st.lists(st.tuples(st.integers(0, 40), st.sampled_from("0:T .Z-é\n")), max_size=2)


@given(st.sampled_from(FORMS), st.lists(st.tuples(FIELDS, CHANGES), max_size=20))
@settings(max_examples=examples(100, 10_000), deadline=None)
def test_texts_of_one_form_are_read_as_each_alone(
    form: str, drawn: list[tuple[tuple[int, ...], list[tuple[int, str]]]]
) -> None:
    """Some of the days and times do not exist, and some characters differ."""
    texts: list[str | None] = [form % (2013, 10, 1, 5, 6, 7, 0)[: form.count("%")], None]
    for fields, changes in drawn:
        text = form % fields[: form.count("%")]
        for place, other in changes:
            text = text[: place % len(text)] + other + text[place % len(text) + 1 :]
        texts.append(text)
    wanted = [None if text is None else parse_moment(text) for text in texts]
    assert parse_moments(pl.Series(texts, dtype=pl.String)).to_list() == wanted


def test_every_day_is_read_as_python_counts_it() -> None:
    """All days around each leap year and each century, and every day in a soak."""
    step = examples(13, 1)
    first, last = datetime(1, 1, 1).toordinal(), datetime(9999, 12, 31).toordinal()
    days = [datetime.fromordinal(number) for number in range(first, last + 1, step)]
    days += [datetime(year, month, 28) + timedelta(1) for year in range(100, 9999, 100) for month in (2, 12)]
    texts = pl.Series([day.strftime("%Y").zfill(4) + day.strftime("-%m-%d") for day in days])
    assert parse_moments(texts).cast(pl.Datetime("us")).to_list() == days
