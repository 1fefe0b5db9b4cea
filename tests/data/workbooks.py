"""Workbooks for tests: tables written by XlsxWriter, and workbooks of hand-written XML."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from typing import IO, Any

import polars as pl
import xlsxwriter

from mlbuild.data.formats.format import Format
from mlbuild.data.formats.xlsx import Xlsx


def store(form: Format, rows: pl.DataFrame, stream: IO[bytes]) -> None:
    """Write a table that a format reads back, also if only other programs can write it."""
    if isinstance(form, Xlsx):
        write_xlsx(rows, stream, form)
    else:
        form.write(rows, stream)


def write_xlsx(rows: pl.DataFrame, stream: IO[bytes], form: Xlsx | None = None) -> None:
    """Write a table as numbers, dates and texts, and the values that Excel cannot hold as texts."""
    form = form or Xlsx()
    name = form.sheet if isinstance(form.sheet, str) else "Sheet1"
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet(name)
        formats: dict[Any, Any] = {
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"}),
        }
        for row in range(form.skip_rows):
            sheet.write_string(row, 0, "a title")
        for column, values in enumerate(rows):
            sheet.write_string(form.skip_rows, column, values.name)
            for row, value in enumerate(values, form.skip_rows + 1):
                _write(sheet, row, column, value, formats)
        for row, missing in enumerate(rows.select(pl.all_horizontal(pl.all().is_null())).to_series(), 1):
            if missing:  # otherwise, it would be a blank row
                sheet.write_string(row + form.skip_rows, 0, "")
    stream.write(made.getvalue())


def _write(sheet: Any, row: int, column: int, value: Any, formats: Mapping[Any, Any]) -> None:
    if value is None or value != value:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, (int, float)) and _written(value):
        sheet.write_number(row, column, value)
    elif (
        isinstance(value, date)
        and not getattr(value, "tzinfo", None)
        and value.year > 1900
        and getattr(value, "microsecond", 0) % 1000 == 0
    ):
        sheet.write_datetime(row, column, value, formats[type(value)])
    else:
        sheet.write_string(row, column, value.isoformat() if isinstance(value, date) else str(value))


def _written(value: float) -> bool:
    """Whether XlsxWriter, which writes 16 digits, writes a number exactly."""
    return (
        abs(value) < float("inf")
        and float(f"{value:.16G}") == value
        and int(value) in (value, int(float(value)))
    )


_XMLNS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def workbook(
    rows: str,
    *,
    after: str = "",
    texts: str = "",
    styles: str = "",
    properties: str = "",
    parts: Mapping[str, str] | None = None,
) -> bytes:
    """Return a workbook with one sheet of hand-written `<row>` elements, and elements `after` them."""
    files = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships {_PACKAGE}><Relationship Id="a" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_XMLNS} xmlns:r="{_OFFICE}">{properties}<sheets><sheet name="Data" sheetId="1" r:id="s1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships {_PACKAGE}><Relationship Id="s1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="s2" Type="{_OFFICE}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
        f'<Relationship Id="s3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<worksheet {_XMLNS}><sheetData>{rows}</sheetData>{after}</worksheet>",
        "xl/sharedStrings.xml": f"<sst {_XMLNS}>{texts}</sst>",
        "xl/styles.xml": f"<styleSheet {_XMLNS}>{styles}</styleSheet>",
        **(parts or {}),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()
