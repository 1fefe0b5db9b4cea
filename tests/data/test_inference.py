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
from mlbuild.data.rules.bounds import Min
from mlbuild.data.rules.finite import Finite
from mlbuild.data.rules.unique import Unique
from mlbuild.data.violations import violations
from mlbuild.diagnostics import Failed


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
    "yes and no are text": (["yes", "no", "yes"], "string"),
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
    assert found.rows.to_dicts() == [{"a": "1,2", "b": "3,4"}, {"a": "5,6,7", "b": "8"}]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert list(of_text(tmp_path, "\ufeffa,b\n1,2\n").columns) == ["a", "b"]


def test_columns_that_no_contract_can_have(tmp_path: Path) -> None:
    long = "n" * 251
    found = of_text(tmp_path, f",*,^a$,b,b,{long},empty,c\n" + "1,1,1,1,1,1,,1\n" * 3)
    assert list(found.columns) == ["c"]
    assert found.refused == {
        "": "has an invalid name",
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
