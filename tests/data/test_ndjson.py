"""Lines of JSON are read exactly, value by value. A line that is not an object is refused with its number."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlbuild.data.formats.ndjson import Ndjson
from mlbuild.data.formats.texts import ndjson_rows
from mlbuild.diagnostics import Failed
from tests.data.tables import read_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rows.ndjson"


def values(file: Path, dtype: str, *texts: str) -> tuple[list[Any], list[str]]:
    """Read values given as JSON into a column of a dtype, and return what is reported about them."""
    rows, faults = read_file(file, {"x": dtype}, "".join(f'{{"x": {text}}}\n' for text in texts))
    return rows["x"].to_list(), [str(fault) for fault in faults]


READ: dict[str, tuple[str, list[str], list[Any]]] = {
    "bools": ("bool", ["true", "false", "null"], [True, False, None]),
    "ints": ("int", ["1", "-3", "2.0", "9223372036854775807"], [1, -3, 2, 2**63 - 1]),
    "ints in texts": ("int", ['"15"', '" 8 "', '""'], [15, 8, None]),
    "floats": ("float", ["1", "2.5", "-0.0", "1e-400", "100000000000000000000"], [1, 2.5, -0.0, 0, 1e20]),
    "infinite ones": (
        "float",
        ["Infinity", "-Infinity", '"inf"', "NaN"],
        [math.inf, -math.inf, math.inf, None],
    ),
    "texts": ("string", ['"a"', '"\\u00e9\\n"', '""', "12"], ["a", "\u00e9\n", None, "12"]),
    "a number beside a text": ("float", ['"1.5"', "2"], [1.5, 2]),
    "the digits of a large number": (
        "string",
        ['"a"', "36893488147419103232"],
        ["a", "36893488147419103232"],
    ),
}


@pytest.mark.parametrize(("dtype", "texts", "wanted"), READ.values(), ids=list(READ))
def test_values_are_read_exactly(file: Path, dtype: str, texts: list[str], wanted: list[Any]) -> None:
    assert values(file, dtype, *texts) == (wanted, [])


BROKEN = {
    "a fraction": ("int", "1.5", "1.5"),
    "beyond 64 bits": ("int", "9223372036854775808", "9223372036854775808"),
    "a number that no float64 is": ("float", "9007199254740993", "9007199254740993"),
    "beyond the range of float64": ("float", "1e999", "'1E+999'"),
    "a number for a bool": ("bool", "1", "1"),
    "a float for a text": ("string", "1.5", "1.5"),
    "a bool for a number": ("float", "true", "true"),
    "a word for a number": ("int", '"NA"', "'NA'"),
    "a list": ("string", "[1, {}]", "'[1, {}]'"),
    "an object": ("float", '{"a": 1e999}', "'{\"a\": 1E+999}'"),
    "half a character": ("string", '"\\ud800"', "'\"\\ud800\"'"),
    "another form of date": ("date", '"1/10/2013"', "'1/10/2013'"),
}


@pytest.mark.parametrize(("dtype", "text", "shown"), BROKEN.values(), ids=list(BROKEN))
@pytest.mark.parametrize("beside", ["null", '"2013-10-01"', "7"])
def test_a_value_of_another_kind_is_a_violation(
    file: Path, dtype: str, text: str, shown: str, beside: str
) -> None:
    found, faults = values(file, dtype, "null", text, beside)
    assert found[:2] == [None, None]
    assert f"column 'x' violates 'parses as {dtype}' in " in faults[0] and f"{shown} (row 2)" in faults[0]


def test_what_a_contract_does_not_name_can_be_anything(file: Path) -> None:
    rows, faults = read_file(file, {"a": "int"}, '{"a": 1, "b": [2]}\n{"a": 2, "b": {"c": 1e999}}\n')
    assert (rows.rows(), faults) == ([(1,), (2,)], [])


def test_a_key_that_an_object_lacks_is_a_missing_value(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndjson_rows, "_BLOCK", 2)
    text = '{"a": 1}\n{}\n\n{"b": "x", "a": 2.5}\n{"b": "y"}\n \r\n{"c": null, "a": 9007199254740992}'
    columns = {"c": "bool", "a": "float", "b": "string"}
    rows, faults = read_file(file, columns, text)
    assert rows.rows() == [
        (None, 1, None),
        (None,) * 3,
        (None, 2.5, "x"),
        (None, None, "y"),
        (None, 2.0**53, None),
    ]
    assert faults == []
    assert Ndjson().header(file) == ["a", "b", "c"]


def test_rows_are_reported_block_by_block(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndjson_rows, "_BLOCK", 2)
    file.write_text('{"a": 1}\n' * 5)
    heard: list[Any] = []
    Ndjson().raw(file, ["a"], lambda *progress: heard.append(progress))
    assert heard == [(rows, None, "rows") for rows in (2, 4, 5)]


def test_a_column_keeps_its_values_whatever_other_rows_hold(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ndjson_rows, "_BLOCK", 1)
    texts = ["9007199254740993", "0.5", '"x"', "true", "null"]
    found, faults = values(file, "int", *texts)
    assert found == [2**53 + 1, None, None, None, None]
    assert faults == ["column 'x' violates 'parses as int' in 3 rows: 0.5 (row 2), 'x' (row 3), true (row 4)"]


REFUSED = {
    "not JSON": (
        '{"a": 1}\n{a: 2}\n',
        "line 2 is not JSON: expecting property name enclosed in double quotes at character 2",
    ),
    "cut off": ('{"a": 1}\n{"a": ', "line 2 ends in the middle of its object"),
    "a text that is cut off": (
        '{"a": "x\n',
        "line 1 is not JSON: unterminated string starting at character 7",
    ),
    "two objects": ('\n{"a": 1} {"a": 2}\n', "line 2 has unexpected text after its object, at character 10"),
    "a list": ('{"a": 1}\n[1]\n', "line 2 is a list, not an object"),
    "a number": ("1\n", "line 1 is a number, not an object"),
    "a key twice": ('{"a": 1}\n{"b": 1, "a": 2, "b": 3}\n', "line 2 has a duplicate key 'b'"),
    "half a character in a key": ('{"\\ud800": 1}\n', 'line 1 has a key that is not a string: "\\ud800"'),
    "csv": ("a,b\n1,2\n", "line 1 is not JSON: expecting value at character 1"),
    "deep": ('{"a": ' + "[" * 100_000 + "\n", "line 1 has lists and objects that are nested too deeply"),
    "long": ('{"a": ' + "1" * 5_000 + "}\n", "line 1 has a number with too many digits"),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_a_line_that_is_no_object_is_refused(file: Path, text: str, reason: str) -> None:
    with pytest.raises(Failed) as caught:
        read_file(file, {"a": "int"}, text)
    failure = caught.value.failure
    assert (failure.kind, failure.message) == ("data", f"cannot read the file as ndjson: {reason}")


def test_a_byte_that_is_not_utf_8_is_told_with_its_place(file: Path) -> None:
    with pytest.raises(
        Failed, match="line 2 is not valid UTF-8: byte 0xE9 at offset 17, which is 'é' in windows-1252"
    ):
        read_file(file, {"a": "string"}, b'{"a": "x"}\n{"a":"\xe9"}\n')


def test_a_file_without_rows_lacks_no_column(file: Path) -> None:
    rows, faults = read_file(file, {"a": "int", "b": "string"}, "\n")
    assert (rows.height, rows.columns, faults) == (0, ["a", "b"], [])


def test_what_is_written_is_json(tmp_path: Path) -> None:
    rows = pl.DataFrame({"x": [1.5, math.inf, None], "n": [2**53 + 1, 0, None], "s": ['q"', "\u2028", None]})
    stream = io.BytesIO()
    Ndjson().write(rows, stream)
    lines = [
        json.loads(line, parse_constant=pytest.fail) for line in stream.getvalue().decode().split("\n")[:-1]
    ]
    assert lines == [
        {"x": 1.5, "n": 2**53 + 1, "s": 'q"'},
        {"x": "inf", "n": 0, "s": "\u2028"},
        {"x": None, "n": None, "s": None},
    ]
