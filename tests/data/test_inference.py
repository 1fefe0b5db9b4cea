"""What `infer` finds out about files: dtypes, missing values, promises, and what it leaves out."""

from __future__ import annotations

import csv
from datetime import date, datetime, time
from pathlib import Path

import polars as pl
import pytest

from mlbuild.data.contracts import CONTRACT
from mlbuild.data.formats.csv import Csv
from mlbuild.data.inference import Inferred, infer
from mlbuild.data.readings.reading import Reading
from mlbuild.data.rules.bounds import Min
from mlbuild.data.rules.finite import Finite
from mlbuild.data.rules.unique import Unique
from mlbuild.data.violations import violations
from mlbuild.diagnostics import Failed
from mlbuild.params import write


def of(folder: Path, **columns: list[str]) -> Inferred:
    """Infer a CSV file with these columns."""
    return of_text(folder, "".join(_lines(columns)))


def of_text(folder: Path, text: str) -> Inferred:
    file = folder / "rows.csv"
    file.write_text(text, encoding="utf-8", newline="")
    return infer(file)


def _lines(columns: dict[str, list[str]]) -> list[str]:
    lines: list[str] = []

    class Lines:
        def write(self, line: str) -> None:
            lines.append(line)

    writer = csv.writer(Lines(), lineterminator="\n")
    writer.writerows([list(columns), *zip(*columns.values(), strict=True)])
    return lines


DTYPES = {
    "bool": (["true", "False", "TRUE"], "bool"),
    "yes and no": (["yes", "No", "yes"], "bool"),
    "yes and something else": (["yes", "no", "never"], "string"),
    "a word alone": (["yes", "yes", "yes"], "string"),
    "int": (["1", "-2", "+3"], "int"),
    "int with blanks": ([" 1", "2 ", "\t3"], "int"),
    "float": (["1.5", "2", "-3e2"], "float"),
    "whole numbers with a point": (["1.0", "2.0", "3.0"], "float"),
    "whole numbers with a point, as pandas writes them with missing ones": (["1.0", "2.0", ""], "int"),
    "float with infinities": (["1.5", "inf", "2"], "float"),
    "beyond the largest float": (["1.5", "1e400", "2"], "string"),
    "date": (["2013-10-01", "2013-10-02", "2014-01-01"], "date"),
    "datetime": (["2013-10-01T05:00", "2013-10-02", "2014-01-01 07:30:00.5Z"], "datetime"),
    "dates in another form": (["10/01/2013", "10/02/2013", "10/03/2013"], "string"),
    "no such day": (["2013-02-28", "2013-02-29", "2013-03-01"], "string"),
    "text": (["a", "b", "1"], "string"),
    "postcodes": (["01234", "10115", "80331"], "string"),
    "months": (["01", "12", "03"], "int"),
    "beyond 2^53": (["9007199254740993", "1", "2"], "string"),
    "2^53": (["9007199254740992", "1", "2"], "int"),
}


@pytest.mark.parametrize(("values", "dtype"), DTYPES.values(), ids=list(DTYPES))
def test_the_dtype_is_one_that_every_value_has(tmp_path: Path, values: list[str], dtype: str) -> None:
    assert of(tmp_path, a=values, b=["x"] * len(values)).columns["a"].dtype == dtype


def test_a_value_far_down_decides_too(tmp_path: Path) -> None:
    values = [str(number) for number in range(5000)]
    assert of(tmp_path, a=values).columns["a"].dtype == "int"
    assert of(tmp_path, a=[*values[:4321], "x", *values[4322:]]).columns["a"].dtype == "string"


WORDS = {
    "surely missing in text": (["NA", "a", "b"], ["NA"]),
    "in any case": (["n/a", "Null", "b"], ["Null", "n/a"]),
    "only where they keep numbers from being numbers": (["-", "1", "2"], ["-"]),
    "not in text": (["-", "a", "b"], []),
    "none of them": (["none", "?", "b"], []),
    "more than one": (["?", "NA", "1.5"], ["?", "NA"]),
    "among dates": (["2013-10-01", ".", "2013-10-02"], ["."]),
    "among booleans": (["true", "unknown", "false"], ["unknown"]),
    "blanks": (["  ", "a", "b"], ["  "]),
    "a float reads nan": (["nan", "1.5", "2"], []),
    "an int does not": (["nan", "1", "2"], ["nan"]),
    "empty needs no word": (["", "1", "2"], []),
}


@pytest.mark.parametrize(("values", "words"), WORDS.values(), ids=list(WORDS))
def test_null_values(tmp_path: Path, values: list[str], words: list[str]) -> None:
    found = of(tmp_path, a=values, b=["x", "y", "z"])
    assert isinstance(found.format, Csv)
    assert list(found.format.null_values) == words
    assert found.columns["a"].type.nullable == (found.rows["a"].null_count() > 0)


def test_a_null_value_of_one_column_is_one_in_all(tmp_path: Path) -> None:
    found = of(tmp_path, a=["?", "1", "2"], b=["?", "x", "y"])
    assert found.remarks == {"null_values": "missing values, in 1 column"}
    assert found.columns["b"].type.nullable
    assert found.rows["b"].to_list() == [None, "x", "y"]


@pytest.mark.parametrize(("delimiter", "name"), [(",", "a"), (";", "a"), ("\t", "a"), ("|", "a"), (" ", "a")])
def test_delimiters(tmp_path: Path, delimiter: str, name: str) -> None:
    found = of_text(tmp_path, "".join(delimiter.join(row) + "\n" for row in ["ab", "12", "34"]))
    assert isinstance(found.format, Csv)
    assert found.format.delimiter == delimiter
    assert {name: column.dtype for name, column in found.columns.items()} == {"a": "int", "b": "int"}


def test_a_blank_in_texts_is_no_delimiter(tmp_path: Path) -> None:
    found = of_text(tmp_path, "first name,city\nAda Byron,New York\nAlan Turing,San Jose\n")
    assert list(found.columns) == ["first name", "city"]


def test_delimiters_in_quotes_do_not_count(tmp_path: Path) -> None:
    found = of_text(tmp_path, 'a;b\n"1,2";"3,4"\n"5,6,7";8\n')
    assert found.rows.to_dicts() == [{"a": "1,2", "b": 3.4}, {"a": "5,6,7", "b": 8.0}]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert list(of_text(tmp_path, "\ufeffa,b\n1,2\n").columns) == ["a", "b"]


def test_columns_that_no_contract_can_have(tmp_path: Path) -> None:
    long = "n" * 251
    found = of_text(tmp_path, f"*,^a$,b,b,{long},empty,c\n" + "1,1,1,1,1,,1\n" * 3)
    assert list(found.columns) == ["c"]
    assert found.refused == {
        "*": "has an invalid name",
        "^a$": "has an invalid name",
        "b": "appears twice in the header",
        long: "has a name of 251 characters",
        "empty": "has no values",
    }


@pytest.mark.parametrize("text", ["a,b\n", "a,b\n,\n,NA\n", "b,b\n1,1\n"])
def test_a_file_without_a_usable_value_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Failed, match="the file has no values"):
        of_text(tmp_path, text)


def test_a_row_that_is_too_short_is_told(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"row 2 \(line 3\) has 1 field, but the header has 2"):
        of_text(tmp_path, "a,b\n1,2\n3\n")


NEVER_BELOW_ZERO = {
    "by name": ("bill_length_mm", ["1.5", "2", "3"], 0),
    "by another name": ("populationSize", ["1.5", "2", "3"], 0),
    "a temperature of a warm week": ("temp", ["11.5", "12", "13"], None),
    "a floor that many rows share": ("rain", ["0", "0", "0", "0", "0", "2.5", "3"], 0),
    "one zero": ("rain", ["0", "1", "2.5", "3"], None),
    "a flag": ("married", ["0", "0", "0", "0", "0", "1"], None),
    "below zero": ("cost", ["-1", "2", "3"], None),
}


@pytest.mark.parametrize(("name", "values", "low"), NEVER_BELOW_ZERO.values(), ids=list(NEVER_BELOW_ZERO))
def test_min_is_promised_where_it_is_evident(
    tmp_path: Path, name: str, values: list[str], low: int | None
) -> None:
    assert of(tmp_path, **{name: values}).columns[name].rule(Min).min == low


def test_categories_are_promised_where_each_is_met_often(tmp_path: Path) -> None:
    columns = of(tmp_path, a=["y", "x"] * 5, b=["x"] * 9 + ["y"], c=["x"] * 10).columns
    assert columns["a"].type.categories == ("x", "y")
    assert columns["b"].type.categories is None  # a value that occurs once suggests that there are others
    assert columns["c"].type.categories is None


NAMED_ROWS = {
    "a running number": ("n", [str(number) for number in range(1, 11)], True),
    "a running number from 0": ("n", [str(number) for number in range(10)], True),
    "years": ("n", [str(number) for number in range(1950, 1960)], False),
    "named an id": ("customerId", [str(number * 7) for number in range(10)], True),
    "codes": ("n", [f"AB-{number}" for number in range(10)], True),
    "names": ("n", [f"{letter} Town" for letter in "ABCDEFGHIJ"], False),
    "dates": ("n", [f"{number}/10/2013" for number in range(1, 11)], False),
    "an id twice": ("id", [str(number // 2) for number in range(10)], False),
    "an id missing once": ("id", ["", *(str(number * 7) for number in range(9))], False),
    "measured": ("x", [f"{number}.5" for number in range(10)], False),
}


@pytest.mark.parametrize(("name", "values", "unique"), NAMED_ROWS.values(), ids=list(NAMED_ROWS))
def test_unique_is_promised_of_what_names_rows(
    tmp_path: Path, name: str, values: list[str], unique: bool
) -> None:
    assert of(tmp_path, **{name: values}, z=["x"] * 10).columns[name].rule(Unique).unique == unique


def test_infinities_are_allowed_where_they_are(tmp_path: Path) -> None:
    columns = of(tmp_path, a=["1.5", "-inf"], b=["1.5", "2"]).columns
    assert (columns["a"].rule(Finite).finite, columns["b"].rule(Finite).finite) == (False, True)


def test_rows_keep_what_is_promised_of_them(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        id=[f"k{number}" for number in range(10)],
        age=["NA", *("5" for _ in range(9))],
        kind=["a", "b"] * 5,
        wild=["inf", *("0.5" for _ in range(9))],
        day=["2013-10-01"] * 10,
    )
    assert violations(found.rows, CONTRACT(columns=found.columns).rules(), []) == []


def test_parquet_has_its_own_types(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "flag": [True, None],
            "small": pl.Series([1, 2], dtype=pl.UInt8),
            "huge": pl.Series([2**63, 1], dtype=pl.UInt64),
            "share": pl.Series([0.5, float("nan")], dtype=pl.Float32),
            "text": ["1", "2"],
            "day": [date(2013, 10, 1), date(2013, 10, 2)],
            "at": [datetime(2013, 10, 1, 5), datetime(2013, 10, 2)],
            "written": ["2013-10-01", "2013-10-02"],
            "kind": pl.Series(["a", "b"], dtype=pl.Categorical),
            "clock": [time(5), time(6)],
            "list": [[1], [2]],
            "nothing": [None, None],
        }
    )
    rows.write_parquet(tmp_path / "rows.parquet")
    found = infer(tmp_path / "rows.parquet")
    assert {name: column.dtype for name, column in found.columns.items()} == {
        "flag": "bool",
        "small": "int",
        "huge": "float",
        "share": "float",
        "text": "string",
        "day": "date",
        "at": "datetime",
        "written": "date",
        "kind": "string",
    }
    assert [name for name, column in found.columns.items() if column.type.nullable] == ["flag", "share"]
    assert found.refused == {
        "clock": "is of type Time with values that no dtype can represent exactly",
        "list": "is of type List(Int64) with values that no dtype can represent exactly",
        "nothing": "has no values",
    }


READ = {
    "decimal commas and a currency": (
        ["1.234,50 EUR", "5,00 EUR"], "float", [1234.5, 5.0], {"decimal": ",", "thousands": ".", "suffix": ["EUR"]},
    ),
    "percents": (["12 %", "3 %"], "int", [12, 3], {"suffix": ["%"]}),
    "dollars": (["$1,200", "-$5"], "int", [1200, -5], {"prefix": ["$"], "thousands": ","}),
    "dollars and cents": (["$1,200.50", "$5.00"], "float", [1200.5, 5.0], {"prefix": ["$"], "thousands": ","}),
    "a unit": (["12 kg", "5 kg"], "int", [12, 5], {"suffix": ["kg"]}),
    "a word behind a space": (["3 rooms", "4 rooms"], "int", [3, 4], {"suffix": ["rooms"]}),
    "millions": (["1,200,000", "3,400"], "int", [1200000, 3400], {"thousands": ","}),
    "thousands that small numbers lack": (["1,200", "950"], "int", [1200, 950], {"thousands": ","}),
    "spaces between digits": (["1 200", "12 500"], "int", [1200, 12500], {"thousands": " "}),
    "apostrophes": (["1'234.50", "2.50"], "float", [1234.5, 2.5], {"thousands": "'"}),
    "days first": (["17-08-1984", "01-02-1990"], "date", [date(1984, 8, 17), date(1990, 2, 1)], {"format": "%d-%m-%Y"}),
    "months first": (["1/2/2013", "1/31/2013"], "date", [date(2013, 1, 2), date(2013, 1, 31)], {"format": "%m/%d/%Y"}),
    "days before points": (["1.5.2013", "2.5.2013"], "date", [date(2013, 5, 1), date(2013, 5, 2)], {"format": "%d.%m.%Y"}),
    "names of months": (["Jan 1 2000", "Feb 1 2000"], "date", [date(2000, 1, 1), date(2000, 2, 1)], {"format": "%b %d %Y"}),
    "two digits of the year": (["25/11/93", "01/02/04"], "date", [date(1993, 11, 25), date(2004, 2, 1)], {"format": "%d/%m/%y"}),
    "a time of day": (["10/13/2013 6:30 pm"], "datetime", [datetime(2013, 10, 13, 18, 30)], {"format": "%m/%d/%Y %I:%M %p"}),
    "German words": (["ja", "Nein"], "bool", [True, False], {"true": ["ja"], "false": ["nein"]}),
    "words and a missing value": (["y", "n", "unknown"], "bool", [True, False, None], {"true": ["y"], "false": ["n"]}),
    "numbers and a missing value": (["1,5", "-", "2,0"], "float", [1.5, None, 2.0], {"decimal": ","}),
}  # fmt: skip


@pytest.mark.parametrize(("texts", "dtype", "values", "keys"), READ.values(), ids=list(READ))
def test_texts_are_read_as_what_they_are(
    tmp_path: Path, texts: list[str], dtype: str, values: list[object], keys: dict[str, object]
) -> None:
    found = of(tmp_path, a=texts, b=["x"] * len(texts))
    assert (found.columns["a"].dtype, found.rows["a"].to_list()) == (dtype, values)
    way = write(found.format.ways["a"])
    assert {key: value for key, value in way.items() if value != write(Reading()).get(key)} == keys
    assert found.doubts == {}


def test_texts_of_a_parquet_file_are_read_as_what_they_are(tmp_path: Path) -> None:
    pl.DataFrame({"a": ["12 %", "NA", "3 %"], "b": ["ja", "nein", "ja"]}).write_parquet(
        tmp_path / "rows.parquet"
    )
    found = infer(tmp_path / "rows.parquet")
    assert found.rows.to_dict(as_series=False) == {"a": [12, None, 3], "b": [True, False, True]}


DOUBTFUL = {
    "days or months": (
        ["1/2/2013", "3/4/2013"],
        "has dates like '1/2/2013', whose format may be '%d/%m/%Y' or '%m/%d/%Y'",
    ),
    "years of another century": (
        ["25/11/63", "01/02/64"],
        "has dates like '25/11/63', whose century is not clear",
    ),
    "decimals or thousands": (
        ["1,200", "3,400"],
        "has numbers like '1,200', in which ',' may separate decimals or thousands",
    ),
    "decimals or thousands of money": (
        ["1.234 EUR", "2.500 EUR"],
        "has numbers like '1.234', in which '.' may separate decimals or thousands",
    ),
}


@pytest.mark.parametrize(("texts", "doubt"), DOUBTFUL.values(), ids=list(DOUBTFUL))
def test_what_can_be_read_in_two_ways_stays_text(tmp_path: Path, texts: list[str], doubt: str) -> None:
    found = of(tmp_path, a=texts, b=["x"] * len(texts))
    assert (found.columns["a"].dtype, found.doubts) == ("string", {"a": doubt})


def test_the_order_of_the_rows_settles_the_format_of_dates_with_a_remark(tmp_path: Path) -> None:
    days = [f"{month}/{day}/2013" for month in range(1, 13) for day in (1, 6, 11)]
    found = of(tmp_path, a=days)
    assert found.rows["a"][1] == date(2013, 1, 6)
    assert list(found.doubts) == ["a"] and "in order of time" in found.doubts["a"]


@pytest.mark.parametrize(
    "texts", [["k1", "k2"], ["10a", "11b"], ["5:00", "6:00"], ["<1", "<2"], ["0-5yrs", "6yrs"]]
)
def test_other_texts_stay_texts(tmp_path: Path, texts: list[str]) -> None:
    found = of(tmp_path, a=texts, b=["x", "y"])
    assert found.columns["a"].dtype == "string" and found.format.ways == {}


def test_names_of_rows_without_a_name_are_a_column(tmp_path: Path) -> None:
    found = of_text(tmp_path, ",a\n2013-10-01,1\n2013-10-02,2\n")
    assert found.rows.to_dicts() == [
        {"index": date(2013, 10, 1), "a": 1},
        {"index": date(2013, 10, 2), "a": 2},
    ]
    assert found.format.ways["index"] == Reading(from_="")
    numbered = of_text(tmp_path, ",a\n1,1.5\n2,2.5\n3,9\n")
    assert list(numbered.columns) == ["a"] and numbered.refused == {"": "has no name, and numbers the rows"}


HEADERS = {
    "numbers and texts": ("5.1,3.5,setosa\n4.9,3.0,setosa\n" + "6.1,3.1,virginica\n" * 5, ["c1", "c2", "c3"]),
    "numbers": ("2 6 1\n2 6 1\n" + "1 7 0\n" * 5, ["c1", "c2", "c3"]),
    "a header": ("a,b\n" + "1,x\n" * 6, ["a", "b"]),
    "only texts": ("a,b\n" + "a,b\n" * 6, ["a", "b"]),
    "years as names": ("name,1960,1961,1962\n" + "x,1,2,3\n" * 6, ["name", "1960", "1961", "1962"]),
    "a text that no row has": ("id,1\n" + "x,5\n" * 6, ["id", "1"]),
}


@pytest.mark.parametrize(("text", "names"), HEADERS.values(), ids=list(HEADERS))
def test_a_file_without_a_header_gets_names(tmp_path: Path, text: str, names: list[str]) -> None:
    found = of_text(tmp_path, text)
    assert [*found.columns, *found.refused] == names
    assert isinstance(found.format, Csv) and found.format.names == (tuple(names) if names[0] == "c1" else ())
