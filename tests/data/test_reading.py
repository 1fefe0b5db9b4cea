"""`read` of a source: how the texts of a column become values, and what does not parse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from mlbuild.columns import DTYPES
from mlbuild.data.formats.csv import Csv
from mlbuild.data.formats.ndjson import Ndjson
from mlbuild.data.formats.parquet import Parquet
from mlbuild.data.parsing import Parsing
from mlbuild.data.readings.reading import Reading
from mlbuild.params import params_of, read
from tests.budget import examples, seed
from tests.data.tables import contract

Way = Mapping[str, Any]
NUMBER: Way = {"decimal": ",", "thousands": "."}
BERLIN: Way = {"format": "%d.%m.%Y %H:%M", "time_zone": "Europe/Berlin"}


def values(tmp_path: Path, dtype: str, way: Way, texts: list[str]) -> tuple[list[Any], list[str]]:
    """Read texts as a column of a CSV file, and return what is reported about them."""
    file = tmp_path / "rows.csv"
    rows = pl.DataFrame({"n": ["0"] * len(texts), "x": texts}, schema={"n": pl.String, "x": pl.String})
    rows.write_csv(file, quote_style="always")
    form = read(Csv, {"read": {"x": way}})
    column = read(Parsing, {"dtype": dtype})
    assert [*form.check(), *form.judge({"x": column})] == []
    frame, faults = form.read(file, {"x": column})
    return frame["x"].to_list(), [str(fault) for fault in faults]


READ: dict[str, tuple[str, Way, dict[str, Any]]] = {
    "a decimal comma": ("float", {"decimal": ","}, {"1,5": 1.5, "-,5": -0.5, "2": 2.0, "1,5e3": 1500.0, " 7 ": 7.0}),
    "points between thousands": ("float", NUMBER, {"1.234.567,5": 1234567.5, "1234,5": 1234.5, "-1.000": -1000.0}),
    "infinity and nothing with a decimal comma": ("float", NUMBER, {"inf": float("inf"), "nan": None, "": None}),
    "commas between thousands": ("int", {"thousands": ","}, {"1,234": 1234, "+12,345,678": 12345678, "7.0": 7}),
    "spaces between thousands": ("int", {"thousands": " "}, {"1 234": 1234, "1\u00a0234": 1234, "1\u202f234": 1234}),
    "apostrophes between thousands": ("float", {"thousands": "'"}, {"1'234.5": 1234.5, "1’234": 1234.0}),
    "a prefix": ("float", {"prefix": "$"}, {"$5": 5.0, "-$5.5": -5.5, "$ 5": 5.0, "$-5": -5.0}),
    "a suffix": ("float", {"suffix": "%"}, {"5%": 5.0, "5 %": 5.0, "5\u00a0%": 5.0}),
    "one of several suffixes": ("float", {"suffix": [" kg", "kg", ""]}, {"5 kg": 5.0, "5kg": 5.0, "5": 5.0}),
    "all about a number": (
        "float",
        {**NUMBER, "prefix": ["EUR", "€"], "suffix": [",-", ""]},
        {"EUR 1.234,50": 1234.5, "€5,-": 5.0, "-€1.000": -1000.0},
    ),
    "a prefix of a text": ("string", {"prefix": "ID-"}, {"ID-1": "1", "ID- x ": " x ", "ID-": None}),
    "words for true and false": (
        "bool",
        {"true": ["ja", "J"], "false": ["nein", "n"]},
        {"ja": True, "NEIN": False, "j": True, " n ": False, "": None},
    ),
    "an empty field for false": ("bool", {"true": "x", "false": ""}, {"x": True, "": False}),
    "digits for true and false": ("bool", {"true": "1", "false": "0"}, {"1": True, "0": False}),
    "missing values": ("float", {"null_values": ["-999", "?"]}, {"-999": None, "?": None, "1": 1.0}),
    "a missing value that is a text": ("string", {"null_values": ["none"]}, {"none": None, "None": "None"}),
    "a missing value before its suffix": ("float", {"null_values": "-", "suffix": "%"}, {"-": None, "5%": 5.0}),
    "days": ("date", {"format": "%d.%m.%Y"}, {"31.12.2025": date(2025, 12, 31), "1.2.2025": date(2025, 2, 1)}),
    "days in American order": ("date", {"format": "%m/%d/%y"}, {"12/31/68": date(2068, 12, 31), "1/2/69": date(1969, 1, 2)}),
    "days without separators": ("date", {"format": "%Y%m%d"}, {"20260102": date(2026, 1, 2)}),
    "names of months": (
        "date",
        {"format": "%A, %B %d, %Y"},
        {"Monday, January 5, 2026": date(2026, 1, 5), "friday, may 1, 2026": date(2026, 5, 1)},
    ),
    "short names and spaces": ("date", {"format": "%a %b %d %Y"}, {"Mon Jan  5 2026": date(2026, 1, 5)}),
    "days with midnight": ("date", {"format": "%d.%m.%Y %H:%M"}, {"31.12.2025 00:00": date(2025, 12, 31)}),
    "times": (
        "datetime",
        {"format": "%Y%m%d%H%M%S%f"},
        {"20260102030405678": datetime(2026, 1, 2, 3, 4, 5, 678_000)},
    ),
    "halves of days": (
        "datetime",
        {"format": "%m/%d/%Y %I:%M %p"},
        {
            "1/2/2026 12:05 AM": datetime(2026, 1, 2, 0, 5),
            "1/2/2026 12:05 pm": datetime(2026, 1, 2, 12, 5),
            "1/2/2026 11:05 PM": datetime(2026, 1, 2, 23, 5),
        },
    ),
    "offsets": (
        "datetime",
        {"format": "%d.%m.%Y %H:%M %z"},
        {"01.06.2026 12:00 +0200": datetime(2026, 6, 1, 10), "01.06.2026 12:00 Z": datetime(2026, 6, 1, 12)},
    ),
    "local times": (
        "datetime",
        BERLIN,
        {"31.12.2025 18:00": datetime(2025, 12, 31, 17), "01.06.2026 18:00": datetime(2026, 6, 1, 16)},
    ),
    "local and other times": (
        "datetime",
        {"time_zone": "America/New_York"},
        {
            "2026-06-01 12:00": datetime(2026, 6, 1, 16),
            "2026-06-01T12:00:00Z": datetime(2026, 6, 1, 12),
            "2026-06-01T12:00+02:00": datetime(2026, 6, 1, 10),
            "2026-06-01": datetime(2026, 6, 1, 4),
        },
    ),
    "the first of two times": ("datetime", {**BERLIN, "ambiguous": "earlier"}, {"25.10.2026 02:30": datetime(2026, 10, 25, 0, 30)}),
    "the second of two times": ("datetime", {**BERLIN, "ambiguous": "later"}, {"25.10.2026 02:30": datetime(2026, 10, 25, 1, 30)}),
    "signs that mean something in patterns": ("date", {"format": "(%d).[%m]+%Y%%"}, {"(1).[2]+2026%": date(2026, 2, 1)}),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_texts_are_read_as_the_source_says(tmp_path: Path, case: str) -> None:
    dtype, way, texts = READ[case]
    assert values(tmp_path, dtype, way, [*texts]) == ([*texts.values()], [])


REFUSED: dict[str, tuple[str, Way, list[str]]] = {
    "a point instead of a decimal comma": ("float", {"decimal": ","}, ["1.5", "1,5,5", "x", ","]),
    "groups of the wrong size": (
        "float",
        NUMBER,
        ["1.5", "12.34", "1.2345", "1234.567", "0.123", ".123", "1..234"],
    ),
    "the other separator of thousands": ("int", {"thousands": ","}, ["1 234", "1.234", "1,23"]),
    "a number without its suffix": ("float", {"suffix": "%"}, ["5", "5%%", "%"]),
    "a number without its prefix": ("float", {"prefix": "$"}, ["5", "€5", "$", "--$5", "- $5"]),
    "a text without its prefix": ("string", {"prefix": "ID-"}, ["1", "id-1", " ID-1"]),
    "other words": ("bool", {"true": "ja", "false": "nein"}, ["true", "0", "jaja"]),
    "days that do not exist": ("date", {"format": "%d.%m.%Y"}, ["30.02.2026", "1.13.2026", "0.1.2026", "1.1.0000"]),
    "other formats": ("date", {"format": "%d.%m.%Y"}, ["2026-01-01", "1/2/2026", "1.2.26", "1.2.2026 x"]),
    "digits that can be divided in several ways": ("date", {"format": "%Y%m%d"}, ["2026111", "202611"]),
    "times of no day": ("datetime", {"format": "%d.%m.%Y %H:%M"}, ["1.1.2026 24:00", "1.1.2026 1:60"]),
    "hours of no half day": ("datetime", {"format": "%d.%m.%Y %I:%M %p"}, ["1.1.2026 0:05 AM", "1.1.2026 13:05 PM"]),
    "times that clocks skipped or showed twice": ("datetime", BERLIN, ["29.03.2026 02:30", "25.10.2026 02:30"]),
    "days before year 1 in UTC": ("datetime", {"time_zone": "Europe/Berlin"}, ["0001-01-01"]),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_parse_is_a_violation_with_row_and_text(tmp_path: Path, case: str) -> None:
    dtype, way, texts = REFUSED[case]
    found, faults = values(tmp_path, dtype, way, ["", *texts])
    assert found == [None] * (len(texts) + 1)
    shown = [f"'{text}' (row {row})" for row, text in enumerate(texts, 2)]
    more = ["..."] if len(texts) > 5 else []
    rows = "1 row" if len(texts) == 1 else f"{len(texts)} rows"
    assert faults == [f"column 'x' violates 'parses as {dtype}' in {rows}: {', '.join(shown[:5] + more)}"]


def test_the_skipped_times_of_a_zone_are_refused_and_no_others(tmp_path: Path) -> None:
    """Compared with Python's own time zones, over the changes of several zones."""
    random, zones = (
        Random(seed()),
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"],
    )
    for zone in zones:
        clock = [
            datetime(2026, random.choice([3, 4, 10, 11]), 1)
            + timedelta(minutes=30 * random.randrange(48 * 30))
            for _ in range(examples(300, 3_000))
        ]
        known = {0: "earlier", 1: "later"}
        for fold, word in known.items():
            there = [time.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for time in clock]
            back = [time.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for time in there]
            wanted = [
                time.replace(tzinfo=None) if same == here else None
                for time, same, here in zip(there, back, clock, strict=True)
            ]
            way = {"time_zone": zone, "ambiguous": word}
            assert values(tmp_path, "datetime", way, [str(time) for time in clock])[0] == wanted


def test_days_are_read_as_strptime_does(tmp_path: Path) -> None:
    random = Random(seed())
    forms = ["%d.%m.%Y", "%m/%d/%y", "%Y%m%d", "%d %b %Y", "%B %d, %Y", "%y-%m-%d", "%a %d/%m/%Y", "%d%m%y"]
    for form in forms:
        days = [date(1969, 1, 1) + timedelta(days=random.randrange(36_000)) for _ in range(200)]
        texts = [day.strftime(form) for day in days]
        wanted = [datetime.strptime(text, form).date() for text in texts]
        assert values(tmp_path, "date", {"format": form}, texts) == (wanted, [])


TYPED: dict[str, tuple[str, Way, pl.Series, list[Any]]] = {
    "a number for a missing one": ("int", {"null_values": ["-999"]}, pl.Series([1, -999]), [1, None]),
    "a float for a missing one": ("float", {"null_values": ["-9.0", "?"]}, pl.Series([1.5, -9]), [1.5, None]),
    "digits of a day": ("date", {"format": "%Y%m%d"}, pl.Series([20260102, None]), [date(2026, 1, 2), None]),
    "digits for true": ("bool", {"true": "1", "false": "0"}, pl.Series([1, 0]), [True, False]),
    "times on a wall": ("datetime", {"time_zone": "Europe/Berlin"}, pl.Series([datetime(2026, 6, 1, 12)]), [datetime(2026, 6, 1, 10)]),
    "times of a zone": (
        "datetime",
        {"time_zone": "Europe/Berlin"},
        pl.Series([datetime(2026, 6, 1, 12)]).dt.replace_time_zone("Asia/Tokyo"),
        [datetime(2026, 6, 1, 3)],
    ),
    "a day": ("date", {"format": "%d.%m.%Y"}, pl.Series([date(2026, 1, 2)]), [date(2026, 1, 2)]),
    "a text": ("float", {"decimal": ","}, pl.Series(["1,5"]), [1.5]),
}  # fmt: skip


@pytest.mark.parametrize("case", TYPED)
def test_values_with_a_type_are_read_too(tmp_path: Path, case: str) -> None:
    dtype, way, series, wanted = TYPED[case]
    file = tmp_path / "rows.parquet"
    pl.DataFrame([series.alias("x")]).write_parquet(file)
    form = read(Parquet, {"read": {"x": way}})
    frame, faults = form.read(file, {"x": read(Parsing, {"dtype": dtype})})
    assert (frame["x"].to_list(), faults) == (wanted, [])


def test_mixed_values_of_json_are_read_too(tmp_path: Path) -> None:
    file = tmp_path / "rows.ndjson"
    file.write_text("".join(json.dumps({"x": value}) + "\n" for value in [1, "?", 2.5, -9, None]))
    form = read(Ndjson, {"read": {"x": {"null_values": ["?", "-9"]}}})
    frame, faults = form.read(file, contract({"x": "float"}).columns)
    assert (frame["x"].to_list(), faults) == ([1, None, 2.5, None, None], [])


def test_a_column_can_have_another_name_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("Preis (EUR),day,x\n5,2026-01-02,1\n")
    way = {
        "price": {"from": "Preis (EUR)"},
        "cost": {"from": "Preis (EUR)"},
        "day": {"from": "x"},
        "lost": {"from": "Preis (USD)"},
    }
    columns = contract({"price": "float", "cost": "string", "day": "int", "lost": "int"}).columns
    form = read(Csv, {"read": way})
    rows, faults = form.read(file, columns)
    assert rows.rows() == [(5.0, "5", 1, None)]
    (fault,) = faults
    help_ = "it is read from 'Preis (USD)', which is not in the file; did you mean 'Preis (EUR)'?"
    assert (str(fault), fault.help) == ("column 'lost' is missing", help_)


def test_the_key_contains_how_a_column_is_read() -> None:
    columns = contract({"x": "float"}).columns
    plain, comma = Csv().canonical(columns), read(Csv, {"read": {"x": {"decimal": ","}}}).canonical(columns)
    assert plain != comma and comma["read"]["x"]["decimal"] == ","
    assert read(Csv, comma).canonical(columns) == comma


WRONG: dict[str, tuple[str, Way, str]] = {
    "one separator for both": ("float", {"decimal": ",", "thousands": ","}, "contradiction: ',' cannot be the separator of both thousands and decimals"),
    "only true": ("bool", {"true": "ja"}, "missing-key: 'true' needs 'false'"),
    "only false": ("bool", {"false": "nein"}, "missing-key: 'false' needs 'true'"),
    "one word for both": ("bool", {"true": ["Ja", "x"], "false": "ja"}, "contradiction: 'ja' means both true and false"),
    "an unknown directive": ("date", {"format": "%d.%m.%Q"}, "bad-format: the time format '%d.%m.%Q' has the unknown directive '%Q'"),
    "a percent sign": ("date", {"format": "%d.%m.%Y%"}, "bad-format: the time format '%d.%m.%Y%' ends in a single '%'"),
    "no year": ("date", {"format": "%d.%m."}, "bad-format: the time format '%d.%m.' has no year"),
    "two months": ("date", {"format": "%d.%m.%Y %B"}, "bad-format: the time format '%d.%m.%Y %B' has the month twice"),
    "half a day": ("datetime", {"format": "%d.%m.%Y %I:%M"}, "bad-format: the time format '%d.%m.%Y %I:%M' has %I without %p"),
    "no half": ("datetime", {"format": "%d.%m.%Y %H:%M %p"}, "bad-format: the time format '%d.%m.%Y %H:%M %p' has %p without %I"),
    "no hour": ("datetime", {"format": "%d.%m.%Y :%M"}, "bad-format: the time format '%d.%m.%Y :%M' has a minute, but no hour"),
    "no such zone": ("datetime", {"time_zone": "Europe/Berln"}, "unknown-time-zone: unknown time zone 'Europe/Berln'"),
    "no zone": ("datetime", {"ambiguous": "later"}, "no-effect: 'ambiguous' has no effect without 'time_zone'"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_contradictions_are_found_without_data(case: str) -> None:
    dtype, way, message = WRONG[case]
    form = read(Csv, {"read": {"x": way}})
    problems = [*form.check(), *form.judge({"x": Parsing(dtype=dtype)})]
    assert [f"{problem.code}: {problem.message}" for problem in problems] == [message]
    assert problems[0].at[:2] == ("read", "x") and problems[0].at[2] in params_of(Reading)


@pytest.mark.parametrize("dtype", DTYPES)
def test_keys_without_effect_on_a_dtype_are_found(dtype: str) -> None:
    used = {
        "decimal": (",", ("int", "float")),
        "thousands": (" ", ("int", "float")),
        "true": (["a"], ("bool",)),
        "format": ("%Y", ("date", "datetime")),
        "time_zone": ("UTC", ("datetime",)),
        "prefix": ("a", tuple(DTYPES)),
        "null_values": ("a", tuple(DTYPES)),
    }
    for key, (value, dtypes) in used.items():
        form = read(Csv, {"read": {"x": {key: value}}})
        found = [problem.message for problem in form.judge({"x": Parsing(dtype=dtype)})]
        wanted = [] if dtype in dtypes else [f"'{key}' has no effect on a column of dtype {dtype}"]
        assert found == wanted


def test_a_column_that_the_contract_does_not_have_is_found() -> None:
    form = read(Csv, {"read": {"prise": {}}})
    (problem,) = form.judge({"price": Parsing(dtype="float")})
    assert (problem.code, problem.message, problem.at, problem.help) == (
        "unknown-column",
        "unknown column 'prise'",
        ("read", "prise"),
        "did you mean 'price'?",
    )
