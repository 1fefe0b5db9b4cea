"""Sheets of workbooks: exactly the values of their cells, or violations; and files that cannot be read."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from mlbuild.data.formats.xlsx import Xlsx
from mlbuild.data.inference import infer
from mlbuild.data.parsing import Parsing
from mlbuild.diagnostics import Failed
from mlbuild.params import read
from tests.data.workbooks import workbook, write_xlsx

#: Styles 1 to 9: a date, a percentage, a time, a duration, minutes, a date in a language, red numbers, a text in a
#: number, and a built-in date.
_CODES = (
    "dd.mm.yyyy",
    "0.0%",
    "hh:mm",
    "[h]:mm:ss",
    "mm:ss.0",
    "[$-407]d/ mmm yyyy;@",
    "[Red]0.00;[Blue]-0.00",
    '0 "days"',
)
STYLES = (
    "<numFmts>"
    + "".join(
        f'<numFmt numFmtId="{164 + i}" formatCode="{code.replace(chr(34), "&quot;")}"/>'
        for i, code in enumerate(_CODES)
    )
    + '</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
    + "".join(f'<xf numFmtId="{164 + i}"/>' for i in range(len(_CODES)))
    + '<xf numFmtId="14"/></cellXfs>'
)
TEXTS = (
    "<si><t>north</t></si><si><r><t>so</t></r><r><rPr><b/></rPr><t xml:space='preserve'>uth </t></r><rPh><t>x</t></rPh></si>"
    "<si><t>a_x000D_b_x005F_x000D_</t></si><si><t>_xD83D__xDE00_</t></si><si><t/></si>"
)


def cell(inner: str, kind: str = "n", style: int = 0) -> str:
    return f'<c t="{kind}" s="{style}">{inner}</c>'


def sheet(*cells: str, **more: Any) -> bytes:
    """Return a workbook with one column `x`."""
    rows = "".join(f"<row>{one}</row>" for one in (cell("<is><t>x</t></is>", "inlineStr"), *cells))
    return workbook(rows, styles=STYLES, texts=TEXTS, **more)


def values_of(content: bytes, dtype: str, folder: Path, **options: Any) -> tuple[list[Any], list[str]]:
    file = folder / "rows.xlsx"
    file.write_bytes(content)
    rows, faults = read(Xlsx, options).read(file, {"x": Parsing(dtype=dtype)})
    return rows["x"].to_list(), [str(fault) for fault in faults]


V = "<v>{}</v>"
#: The value of a cell with each dtype. Every other dtype refuses it.
CELLS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "an integer": (cell("<v>12</v>"), {"int": 12, "float": 12.0, "string": "12"}),
    "a whole number with a point": (cell("<v>12.0</v>"), {"int": 12, "float": 12.0}),
    "a number": (cell("<v>0.30000000000000004</v>"), {"float": 0.1 + 0.2}),
    "a number with an exponent": (cell("<v>1.5E-3</v>"), {"float": 0.0015}),
    "minus zero": (cell("<v>-0</v>"), {"int": 0, "float": -0.0}),
    "a large integer": (cell(f"<v>{2**53 + 1}</v>"), {"int": 2**53 + 1, "string": str(2**53 + 1)}),
    "a percentage": (cell("<v>0.125</v>", style=2), {"float": 0.125}),
    "a number in color": (cell("<v>-2</v>", style=7), {"int": -2, "float": -2.0, "string": "-2"}),
    "a number with a text": (cell("<v>3</v>", style=8), {"int": 3, "float": 3.0, "string": "3"}),
    "true": (cell("<v>1</v>", "b"), {"bool": True}),
    "a text": (cell("<v>0</v>", "s"), {"string": "north"}),
    "a text in two fonts": (cell("<v>1</v>", "s"), {"string": "south "}),
    "a text with escapes": (cell("<v>2</v>", "s"), {"string": "a\rb_x000D_"}),
    "an escaped emoji": (cell("<v>3</v>", "s"), {"string": "😀"}),
    "a text of digits": (cell("<is><t>007</t></is>", "inlineStr"), {"string": "007", "int": 7, "float": 7.0}),
    "a date": (cell("<v>41548</v>", style=1), {"date": date(2013, 10, 1), "datetime": datetime(2013, 10, 1)}),
    "a built-in date": (
        cell("<v>41548</v>", style=9),
        {"date": date(2013, 10, 1), "datetime": datetime(2013, 10, 1)},
    ),
    "a date in German": (
        cell("<v>41548</v>", style=6),
        {"date": date(2013, 10, 1), "datetime": datetime(2013, 10, 1)},
    ),
    "a moment": (cell("<v>41548.2083333333</v>", style=1), {"datetime": datetime(2013, 10, 1, 5)}),
    "a moment with milliseconds": (
        cell("<v>46024.12784349537</v>", style=1),
        {"datetime": datetime(2026, 1, 2, 3, 4, 5, 678_000)},
    ),
    "a moment with microseconds": (
        cell("<v>41548.208333391216</v>", style=1),
        {"datetime": datetime(2013, 10, 1, 5, 0, 0, 5001)},
    ),
    "the day before the leap day of 1900": (
        cell("<v>59</v>", style=1),
        {"date": date(1900, 2, 28), "datetime": datetime(1900, 2, 28)},
    ),
    "the day after it": (
        cell("<v>61</v>", style=1),
        {"date": date(1900, 3, 1), "datetime": datetime(1900, 3, 1)},
    ),
    "the last day": (
        cell("<v>2958465</v>", style=1),
        {"date": date(9999, 12, 31), "datetime": datetime(9999, 12, 31)},
    ),
    "an ISO date": (cell("<v>2013-10-01T05:00:00</v>", "d"), {"datetime": datetime(2013, 10, 1, 5)}),
    "the number of a formula": (cell("<f>1+1</f><v>2</v>"), {"int": 2, "float": 2.0, "string": "2"}),
    "the text of a formula": (cell('<f>"a"&amp;"b"</f><v>ab</v>', "str"), {"string": "ab"}),
}
DTYPES = ("bool", "int", "float", "string", "date", "datetime")


@pytest.mark.parametrize("case", CELLS)
def test_a_cell_has_exactly_its_value(tmp_path: Path, case: str) -> None:
    written, wanted = CELLS[case]
    for dtype in DTYPES:
        # Next to a text, the column has several types.
        for others in ([], [cell("<is><t>word</t></is>", "inlineStr")]):
            values, faults = values_of(sheet(written, *others), dtype, tmp_path)
            if dtype in wanted:
                assert (repr(values[0]), type(values[0])) == (repr(wanted[dtype]), type(wanted[dtype])), dtype
            else:
                assert (
                    values[0] is None and f"'parses as {dtype}'" in faults[0] and "(line 2)" not in faults[0]
                )


#: Cells that never parse, and how messages show them.
ODD = {
    "an error": (cell("<v>#DIV/0!</v>", "e"), "#DIV/0!"),
    "the error of a formula": (cell("<f>1/0</f><v>#DIV/0!</v>", "e"), "#DIV/0!"),
    "a formula that was never computed": (cell("<f>1+1</f>"), "a formula without a stored result"),
    "a formula with an empty result": (cell("<f>1+1</f><v/>"), "a formula without a stored result"),
    "the day that never was": (cell("<v>60</v>", style=1), "date 60"),
    "a day before the first one": (cell("<v>0.5</v>", style=1), "date 0.5"),
    "a day after the last one": (cell("<v>2958466</v>", style=1), "date 2958466"),
    "a time of day": (cell("<v>0.25</v>", style=3), "time of day 0.25"),
    "minutes": (cell("<v>0.25</v>", style=5), "time of day 0.25"),
    "a duration": (cell("<v>1.5</v>", style=4), "duration 1.5"),
}


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("dtype", DTYPES)
def test_other_cells_are_violations_with_row_and_column(tmp_path: Path, case: str, dtype: str) -> None:
    file = tmp_path / "rows.xlsx"
    written, shown = ODD[case]
    file.write_bytes(sheet(written))
    form = Xlsx()
    values, faults = form.read(file, {"x": Parsing(dtype=dtype)})
    assert values["x"].to_list() == [None]
    assert [str(fault) for fault in faults] == [
        f"column 'x' violates 'parses as {dtype}' in 1 row: '{shown}' (row 1)"
    ]
    assert form.lines_before(file, 1) == 1


#: What a column without values can be: nothing is refused.
EMPTY = {
    "no value": cell(""),
    "an empty value": cell("<v></v>"),
    "an empty text": cell("<v>4</v>", "s"),
    "an empty result": cell('<f>""</f><v></v>', "str"),
}


@pytest.mark.parametrize("case", EMPTY)
def test_an_empty_cell_is_a_missing_value(tmp_path: Path, case: str) -> None:
    content = sheet(cell("<v>1</v>"), EMPTY[case] + cell("<v>5</v>"), cell("<v>2</v>"))
    values, faults = values_of(content, "int", tmp_path)
    assert faults == [] and [one for one in values if one is not None] == [1, 2]


def test_days_can_count_from_1904(tmp_path: Path) -> None:
    content = sheet(
        cell("<v>0</v>", style=1), cell("<v>60</v>", style=1), properties='<workbookPr date1904="1"/>'
    )
    assert values_of(content, "date", tmp_path) == ([date(1904, 1, 1), date(1904, 3, 1)], [])


def table(rows: Mapping[str, Any], name: str = "Sheet1") -> bytes:
    """Return a workbook with cells at places such as `B5`."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        page = book.add_worksheet(name)
        for place, value in rows.items():
            if ":" in place:
                page.merge_range(place, value)
            else:
                page.write(place, value)
    return made.getvalue()


def read_rows(
    content: bytes, folder: Path, columns: Mapping[str, str], **options: Any
) -> tuple[Any, list[str]]:
    file = folder / "rows.xlsx"
    file.write_bytes(content)
    form = read(Xlsx, options)
    rows, faults = form.read(file, {name: Parsing(dtype=dtype) for name, dtype in columns.items()})
    before = form.lines_before(file, rows.height)
    return rows.rows(), [str(fault) for fault in faults] + (
        [] if before is None else [f"{before} lines before"]
    )


def test_a_table_can_start_anywhere(tmp_path: Path) -> None:
    """A title above it, empty rows around it, notes beside it and years as names do not matter."""
    content = table(
        {
            "A1": "Sales of 2013",
            "B4": "id",
            "C4": 2013,
            "E4": "note",
            "B5": 1,
            "C5": 0.5,
            "G5": "look here",
            "B6": 2,
            "E6": "x",
            "G9": "a note",
        }
    )
    columns = {"2013": "float", "id": "int", "note": "string"}
    told = ([(0.5, 1, None), (None, 2, "x")], ["4 lines before"])
    assert read_rows(content, tmp_path, columns, skip_rows=1) == told
    assert read_rows(content, tmp_path, columns, skip_rows=3) == told
    assert Xlsx(skip_rows=1).header(tmp_path / "rows.xlsx") == ["id", "2013", "note"]
    _, faults = read_rows(content, tmp_path, columns)
    assert faults[0] == "column '2013' is missing"


def test_empty_rows_are_skipped(tmp_path: Path) -> None:
    content = table({"A1": "x", "B1": "y", "A3": 1, "B4": "b", "A8": 2})
    rows, faults = read_rows(content, tmp_path, {"x": "int", "y": "string"})
    assert rows == [(1, None), (None, "b"), (2, None)] and faults == []


def test_merged_cells_are_violations(tmp_path: Path) -> None:
    """Only the first cell of them has the value, but people see it in all of them."""
    content = table(
        {"A1": "shop", "B1": "sales", "A2:A4": "north", "B2": 1, "B3": 2, "B4": 3, "A5": "south", "B5": 4}
    )
    rows, faults = read_rows(content, tmp_path, {"shop": "string", "sales": "int"})
    assert [row[1] for row in rows] == [1, 2, 3, 4]
    assert faults[0] == (
        "column 'shop' violates 'parses as string' in 2 rows: 'merged with A2' (row 2), 'merged with A2' (row 3)"
    )
    assert read_rows(content, tmp_path, {"sales": "int"}) == ([(1,), (2,), (3,), (4,)], ["1 lines before"])


def test_merged_cells_without_a_value_are_empty(tmp_path: Path) -> None:
    content = table({"A1": "x", "B1": "y", "A2:A3": "", "B2": 1, "B3": 2})
    assert read_rows(content, tmp_path, {"x": "string", "y": "int"})[0] == [(None, 1), (None, 2)]


def several() -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        for name, value in (("notes", "hello"), ("2013", 1), ("data & more", 2)):
            page = book.add_worksheet(name)
            page.write_column(0, 0, ["x", value])
        book.add_chartsheet("picture")
    return made.getvalue()


@pytest.mark.parametrize(
    ("sheet_", "value"),
    [(None, "hello"), (1, "hello"), (2, "1"), ("2013", "1"), ("data & more", "2"), (3, "2")],
)
def test_a_sheet_has_a_name_and_a_number(tmp_path: Path, sheet_: Any, value: str) -> None:
    options = {} if sheet_ is None else {"sheet": sheet_}
    assert values_of(several(), "string", tmp_path, **options) == ([value], [])


#: Sheets that do not exist.
LOST = {
    "dta & more": "there is no sheet 'dta & more' / help: did you mean 'data & more'?",
    "x": "there is no sheet 'x' / help: sheets: notes, 2013, data & more",
    4: "there is no sheet 4: the workbook has 3 sheets",
}


@pytest.mark.parametrize("name", LOST)
def test_a_sheet_must_exist(tmp_path: Path, name: Any) -> None:
    with pytest.raises(Failed) as caught:
        values_of(several(), "string", tmp_path, sheet=name)
    failure = caught.value.failure
    told = " / ".join([failure.message, *failure.details.get("lines", [])])
    assert told == f"cannot read the file as xlsx: {LOST[name]}"


def test_errors_can_mean_missing_values(tmp_path: Path) -> None:
    content = sheet(cell("<v>#N/A</v>", "e"), cell("<v>1</v>"))
    assert values_of(content, "int", tmp_path, null_values=["#N/A"]) == ([None, 1], [])
    assert values_of(content, "int", tmp_path, read={"x": {"null_values": "#N/A"}}) == ([None, 1], [])


def test_a_draft_names_what_it_decides(tmp_path: Path) -> None:
    file = tmp_path / "rows.xlsx"
    file.write_bytes(several())
    found = infer(file)
    assert found.format == Xlsx(sheet="notes") and found.remarks == {"sheet": "the first one"}
    file.write_bytes(sheet(cell("<v>#N/A</v>", "e"), cell("<v>1</v>")))
    found = infer(file)
    assert found.format == Xlsx(null_values=("#N/A",)) and found.columns["x"].dtype == "int"
    assert found.remarks == {"null_values": "missing values, in 1 column"}


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


HEADER = row(1, '<c r="A1" t="inlineStr"><is><t>x</t></is></c>')
WHOLE = sheet(cell("<v>1</v>"))
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'
REFUSED = {
    "an empty file": (b"", "it is empty"),
    "half of a file": (WHOLE[: len(WHOLE) // 2], "it is truncated"),
    "text": (b"x\n1\n", "it is not an Excel workbook"),
    "no rows": (workbook(""), "the sheet 'Data' is empty"),
    "no sheets": (
        workbook("", parts={"xl/workbook.xml": "<workbook/>"}),
        "the workbook has no sheet with cells",
    ),
    "another document": (workbook("", parts={"_rels/.rels": "<Relationships/>"}), "it is not a workbook"),
    "a sheet that is not there": (
        workbook("", parts={"xl/_rels/workbook.xml.rels": "<Relationships/>"}),
        "the workbook has no sheet with cells",
    ),
    "no number": (sheet(cell("<v>12a</v>")), "cell A2: '12a' is not a number"),
    "an infinite number": (sheet(cell("<v>1e999</v>")), "cell A2: '1e999' is not a number"),
    "no such text": (sheet(cell("<v>5</v>", "s")), "cell A2: there is no shared text '5'"),
    "no boolean": (sheet(cell("<v>2</v>", "b")), "cell A2: '2' is not a boolean"),
    "an unknown type": (sheet(cell("<v>2</v>", "z")), "cell A2: unknown type 'z'"),
    "half of a character": (
        sheet(cell("<is><t>_xD83D_</t></is>", "inlineStr")),
        "cell A2: a text has half of a character",
    ),
    "rows in another order": (workbook(row(3) + row(2)), "row 2 of the sheet is out of order"),
    "rows beyond the last one": (workbook(row(1_048_577)), "row 1048577 of the sheet is out of order"),
    "cells in another order": (
        workbook(HEADER + row(2, '<c r="B2"><v>1</v></c><c r="A2"><v>1</v></c>')),
        "the cell A2 in row 2 is out of order",
    ),
    "a cell of another row": (
        workbook(row(2, '<c r="A3"><v>1</v></c>')),
        "the cell A3 in row 2 is out of order",
    ),
    "no place": (workbook(row(2, '<c r="?"><v>1</v></c>')), "there is no cell '?'"),
    "entities": (workbook("", parts={"xl/worksheets/sheet1.xml": BOMB}), "a part of it defines entities"),
    "no XML": (workbook("<row>"), "it is damaged (mismatched tag: line 1, column"),
    "merged cells that overlap": (
        workbook(
            HEADER + row(2, '<c r="A2"><v>1</v></c>'),
            after='<mergeCells><mergeCell ref="A2:B2"/><mergeCell ref="A2:A3"/></mergeCells>',
        ),
        "merged cells overlap",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, case: str) -> None:
    content, reason = REFUSED[case]
    file = tmp_path / "rows.xlsx"
    file.write_bytes(content)
    with pytest.raises(Failed) as caught:
        Xlsx().raw(file, ["x"])
    assert caught.value.failure.message.startswith(f"cannot read the file as xlsx: {reason}")


def test_a_file_that_expands_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlbuild.data.formats.sheets import workbook as module

    file = tmp_path / "rows.xlsx"
    monkeypatch.setattr(module, "MOST", 100_000)
    monkeypatch.setattr(module, "RATIO", 1)
    long = "x" * 30_000
    for content in (
        sheet(*[cell(f"<is><t>{long}</t></is>", "inlineStr")] * 4),
        # A text that is stored once, and used again and again.
        workbook(
            "".join(row(i, '<c t="s"><v>0</v></c>') for i in range(1, 9)), texts=f"<si><t>{long}</t></si>"
        ),
    ):
        file.write_bytes(content)
        with pytest.raises(Failed, match="it expands to too much data"):
            Xlsx().raw(file, ["x"])


def test_what_other_programs_read_is_read(tmp_path: Path) -> None:
    """Openpyxl reads the same values from a table of all kinds of cells."""
    import openpyxl

    moments = [
        datetime(1950, 1, 1) + timedelta(days=37 * i, milliseconds=(i * 7_919_123) % 86_400_000)
        for i in range(500)
    ]
    rows = pl.DataFrame(
        {
            "at": moments,
            "day": [one.date() for one in moments],
            "number": [(i - 250) / 7 for i in range(500)],
            "whole": [i * 12_345_678 for i in range(500)],
            "flag": [i % 3 == 0 for i in range(500)],
            "text": [f"ä {i} <&>" if i % 5 else None for i in range(500)],
        }
    )
    file = tmp_path / "rows.xlsx"
    with file.open("wb") as stream:
        write_xlsx(rows, stream)
    columns = {
        "at": "datetime",
        "day": "date",
        "number": "float",
        "whole": "int",
        "flag": "bool",
        "text": "string",
    }
    found, faults = Xlsx().read(file, {name: Parsing(dtype=dtype) for name, dtype in columns.items()})
    assert faults == [] and found.equals(rows, null_equal=True)
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    _, *others = book.worksheets[0].iter_rows(values_only=True)
    book.close()
    for ours, theirs in zip(found.iter_rows(), others, strict=True):
        midnight = datetime.combine(ours[1], time())
        assert (*ours[:1], midnight, *ours[2:]) == (*theirs[:2], float(theirs[2] or 0), *theirs[3:])
