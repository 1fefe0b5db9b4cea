"""Columns of numbers that polars converts while it reads a CSV file have the values of their texts, to the last bit."""

from __future__ import annotations

import csv
import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Literal

import polars as pl
import pytest

from mlbuild.data.faults import Fault
from mlbuild.data.formats.csv import Csv
from mlbuild.data.parsing import Parsing
from mlbuild.params import read
from tests.budget import examples, seed, tell

COLUMNS = {
    "i": Parsing(dtype="int"),
    "f": Parsing(dtype="float"),
    "s": Parsing(dtype="string"),
    "t": Parsing(dtype="string", empty_is_null=False),
    "g": Parsing(dtype="float"),
}
#: Texts that some parser of numbers takes for a number, or for a missing value.
ODD = [
    *("+1", "+-1", "--1", " 1", "1 ", "\t1", "1\t", "01", "-0", "+0", "1.0", "1.", "1.50", ".5", "-.5", "+.5"),
    *("1e5", "1E5", "1e+5", "1e-5", "1e", "e5", "1e400", "-1e400", "1e-400", "inf", "-inf", "+inf", "Infinity"),
    *("INF", "infi", "nan", "NaN", "-nan", "nan(1)", "0x10", "1_000", "1,000", "1.000,5", "", " ", "  ", "\t"),
    *(" \t ", "\x0b", "\x0c", "\x0b1", "1\x0c", "1\n", "\n1", "\n", "1\u00a0", "\u00a01", "\u0661", "\uff11"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"),
    *("18446744073709551616", "9" * 40, "0" * 30 + "7", "9007199254740993", "1.7976931348623157e308"),
    *("1.7976931348623159e308", "5e-324", "2.4e-324", "0." + "0" * 400 + "1", "1" * 400, "0.1" + "0" * 60 + "1"),
    *("2.2250738585072011e-308", "1.00000000000000011102230246251565", "9007199254740993.0", "- 1", "1 2", "."),
    *("-", "+", "true", "null", "NULL", "None", "NA", "N/A", "-999", '"', '1"', '"1"', "1d", "1f", "1L", "'1'"),
]  # fmt: skip
WORDS = ("NA", "-999", "0", "1.0", "", " ", " 1", "nan", "n\na", '"', "1,5", "1;5", "\u00a0")


def _same(first: tuple[pl.DataFrame, list[Fault]], second: tuple[pl.DataFrame, list[Fault]]) -> bool:
    """Whether two tables have the same bits, and the same faults."""
    (rows, faults), (others, other_faults) = first, second
    return [*map(_bits, rows)] == [*map(_bits, others)] and faults == other_faults


def _bits(values: pl.Series) -> list[bytes | str | int | None]:
    if values.dtype != pl.Float64:
        return values.to_list()
    return [None if value is None else struct.pack("<d", value) for value in values]


def _check(file: Path, form: Csv, names: Iterable[str] = COLUMNS) -> bool:
    """Compare both ways to read columns of a file. Return whether polars has converted one."""
    columns = {name: COLUMNS[name] for name in names}
    raw, header = form.raw_for(file, columns)
    texts = form.raw(file, [*columns])
    assert all(values.dtype == pl.String for values in texts[0])
    assert _same(form.convert(raw, header, columns), form.convert(*texts, columns)), file.read_text()
    return any(values.dtype.is_numeric() for values in raw)


@pytest.mark.parametrize("text", ODD)
def test_an_odd_text_means_the_same_in_a_column_of_numbers(tmp_path: Path, text: str) -> None:
    file = tmp_path / "rows.csv"
    ways: tuple[tuple[Literal[0, 1], str, list[str]], ...] = (
        (csv.QUOTE_MINIMAL, ",", []),
        (csv.QUOTE_ALL, ",", [text]),
        (csv.QUOTE_ALL, "\t", []),
        (csv.QUOTE_MINIMAL, " ", [text]),
    )
    for quoting, delimiter, nulls in ways:
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator="\n")
            writer.writerows([COLUMNS, ["1", "2.5", "a", "b", "3"], [text] * 5, ["4", "5", "", "c", ""]])
        form = read(Csv, {"type": "csv", "delimiter": delimiter, "null_values": nulls})
        for names in (["i"], ["f", "s", "t"]):
            _check(file, form, names)


def _number(chance: Random) -> str:
    match chance.randrange(6):
        case 0:
            return repr(struct.unpack("<d", chance.randbytes(8))[0])
        case 1:
            return f"{chance.uniform(-1e3, 1e3):.{chance.randrange(20)}f}"
        case 2:
            return f"{chance.choice(['', '-', '+'])}{chance.randrange(10 ** chance.randrange(1, 25))}.{chance.randrange(10 ** chance.randrange(1, 25))}e{chance.randrange(-340, 320)}"
        case 3:
            return str(chance.randrange(-(2**63), 2**63))
        case _:
            return str(chance.randrange(-1000, 1000))


def _column(chance: Random, name: str, rows: int) -> list[str]:
    """Draw the texts of a column; in most files, all are numbers of its dtype."""
    makers: dict[str, Callable[[], str]] = {
        "i": lambda: str(chance.randrange(-(10 ** chance.randrange(1, 19)), 10**18)),
        "f": lambda: _number(chance),
        "g": lambda: _number(chance),
    }
    make = makers.get(name, lambda: chance.choice(["a", "b c", "NA", "", "1", "x,y"]))
    rate, texts = chance.choice([0, 0, 0, 0.1]), [*ODD, *WORDS] if chance.random() < 0.3 else ["", "NA"]
    return [chance.choice(texts) if chance.random() < rate else make() for _ in range(rows)]


def _write(file: Path, chance: Random, columns: Sequence[Sequence[str]], delimiter: str) -> None:
    end = chance.choice(["\n", "\r\n"])
    with file.open("w", newline="", encoding=chance.choice(["utf-8", "utf-8-sig"])) as stream:
        quoting: Literal[0, 1] = csv.QUOTE_ALL if chance.random() < 0.3 else csv.QUOTE_MINIMAL
        writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end)
        writer.writerow(COLUMNS)
        for row in zip(*columns, strict=True):
            writer.writerow(row)
            if chance.random() < 0.01:
                stream.write(end)


def test_numbers_are_those_of_their_texts(tmp_path: Path) -> None:
    """Mostly for random files whose columns of numbers have only numbers, because the others are read as text."""
    chance, file, converted = Random(seed()), tmp_path / "rows.csv", 0
    count = examples(200, 20_000)
    for _ in range(count):
        delimiter = chance.choice([",", ",", ";", "\t", " "])
        rows = chance.choice([0, 1, 5, 40])
        _write(file, chance, [_column(chance, name, rows) for name in COLUMNS], delimiter)
        nulls = chance.sample(WORDS, chance.choice([0, 0, 1, 2]))
        converted += _check(file, read(Csv, {"type": "csv", "delimiter": delimiter, "null_values": nulls}))
    tell(f"{count} files with numbers, {converted} of which polars converted")
    assert converted > count / 3


def test_a_file_of_one_column_has_missing_numbers_in_blank_lines(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    for text, values in {
        "i\n1\n\n2\n": [1, None, 2],
        'i\n\n""\n2\n\n': [None, None, 2, None],
        "i\n1\n \n2\n": None,
    }.items():
        file.write_text(text)
        columns = {"i": COLUMNS["i"]}
        raw = Csv().raw_for(file, columns)
        assert (raw[0]["i"].dtype == pl.Int64) == (values is not None)
        rows, faults = Csv().convert(*raw, columns)
        assert _same((rows, faults), Csv().convert(*Csv().raw(file, ["i"]), columns))
        assert values is None or rows["i"].to_list() == values


def test_a_column_is_read_as_text_if_its_texts_matter(tmp_path: Path) -> None:
    """Polars converts a column only if the contract needs nothing but its numbers."""
    file = tmp_path / "rows.csv"
    file.write_text("a,b,a\n1,2,3\n")
    for ways, columns, numbers in (
        ({}, {"a": "int"}, [True]),
        ({"x": {"from": "a"}}, {"x": "float", "b": "int"}, [True, True]),
        ({"x": {"from": "b"}}, {"x": "string", "b": "int"}, [False]),
        ({"x": {"from": "b"}}, {"x": "float", "b": "int"}, [False]),
        ({"b": {"null_values": "2"}}, {"b": "int"}, [False]),
        ({"b": {"decimal": ","}}, {"b": "float"}, [False]),
        ({}, {"b": "bool"}, [False]),
    ):
        form = read(Csv, {"type": "csv", "read": ways})
        raw, header = form.raw_for(file, {name: Parsing(dtype=dtype) for name, dtype in columns.items()})
        assert [values.dtype.is_numeric() for values in raw] == numbers
        assert header == ["a", "b", "a"]


def test_the_last_text_of_a_long_file_is_not_lost(tmp_path: Path) -> None:
    """Polars reads a long file in pieces, and may have converted many of them before it finds a text."""
    file = tmp_path / "rows.csv"
    rows = "".join(f"{number},{number / 8},a,b,\n" for number in range(100_000))
    for last, faults in {"1,2,a,b,": 0, "x,2,a,b,": 1, "1,1e999,a,b, ": 2}.items():
        file.write_text(f"i,f,s,t,g\n{rows}{last}\n")
        table, found = Csv().read(file, COLUMNS)
        assert table.height == 100_001
        assert table["i"].sum() == sum(range(100_000)) + (last[0] == "1")
        assert [(fault.count, fault.samples[0][0]) for fault in found] == [(1, 100_001)] * faults
