"""Every row of the tables of expressions, of scalars and of texts in files is correct."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from mlbuild.columns import ColumnType, Schema
from mlbuild.data.casts import cast, polars_type
from mlbuild.diagnostics import Rejected
from mlbuild.expressions.binding import bind
from mlbuild.expressions.functions.catalogue import FUNCTIONS
from mlbuild.spec.text.scalars import resolve
from tests.docs.markdown import DOCS, tables

PAGE = DOCS / "expressions.md"
#: The dtype of each column on the page.
DTYPES = {
    name: dtype
    for dtype, names in {
        "float": "xy",
        "int": "nm",
        "bool": "pq",
        "string": "st",
        "date": "de",
        "datetime": "uv",
    }.items()
    for name in names
}
SCHEMA = Schema({name: ColumnType(dtype, nullable=True) for name, dtype in DTYPES.items()})


def rows(*header: str, page: Any = PAGE) -> list[Any]:
    return [pytest.param(*cells, id=f"{page.name}:{line}") for line, cells in tables(page, *header)]


@pytest.mark.parametrize(("expression", "of", "wanted"), rows("expression", "of", "is"))
def test_an_expression_is_what_the_page_says(expression: str, of: str, wanted: str) -> None:
    if of:
        assert computed(expression.strip("`"), of) == wanted
    else:
        for one in expression.split("`, `"):
            assert bind(one.strip("`"), SCHEMA).type.dtype == "float"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_page_shows_every_function(name: str) -> None:
    shown = "".join(cells[0] for _, cells in tables(PAGE, "expression", "of", "is"))
    assert f"{name}(" in shown


@pytest.mark.parametrize("usage", FUNCTIONS.values())
def test_messages_show_how_a_function_is_written(usage: str) -> None:
    """The words of the catalogue are expressions; `start` and `end` stand for dates."""
    assert bind(usage.replace("start", "d").replace("end", "e"), SCHEMA).names


@pytest.mark.parametrize(("expression", "wanted"), rows("expression", "error"))
def test_an_expression_is_refused_as_the_page_says(expression: str, wanted: str) -> None:
    assert refused(expression.strip("`")) == wanted


@pytest.mark.parametrize(("text", "dtype", "wanted"), rows("text", "as", "is", page=DOCS / "spec/sources.md"))
def test_a_text_of_a_file_is_cast_as_the_page_says(text: str, dtype: str, wanted: str) -> None:
    value = cast(pl.Series([text.strip("`")]), dtype).item()
    assert ("rejected" if value is None else "missing" if value != value else shown(value)) == wanted


@pytest.mark.parametrize(("written", "wanted"), rows("text", "value", page=DOCS / "spec.md"))
def test_a_scalar_is_what_the_page_says(written: str, wanted: str) -> None:
    text = written.strip("`")
    value = text if text.startswith("'") else resolve(text)
    assert meaning(value) == wanted


def computed(expression: str, of: str) -> str:
    """Return the value of an expression for one row, with its dtype: "float 0.5", "missing"."""
    given = dict(cell.split("` ", 1) for cell in of.removeprefix("`").split(", `"))
    row = {name: value_of(text, DTYPES[name]) for name, text in given.items()}
    columns = [pl.Series(name, [row.get(name)], polars_type(dtype)) for name, dtype in DTYPES.items()]
    typed = bind(expression, SCHEMA)
    value = pl.DataFrame(columns).select(typed.to_polars()).item()
    return "missing" if value is None else f"{typed.type.dtype} {shown(value)}"


def value_of(text: str, dtype: str) -> Any:
    readers: dict[str, Callable[[str], Any]] = {
        "float": float,
        "int": int,
        "bool": "true".__eq__,
        "string": lambda quoted: quoted.strip("'"),
        "date": date.fromisoformat,
        "datetime": datetime.fromisoformat,
    }
    return None if text == "NULL" else readers[dtype](text)


def shown(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return f"{value:.15g}"


def refused(expression: str) -> str:
    with pytest.raises(Rejected) as caught:
        bind(expression, SCHEMA)
    return "; ".join(problem.message for problem in caught.value.problems)


def meaning(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"bool {str(value).lower()}"
    if isinstance(value, (int, float)):
        return "number infinity" if math.isinf(value) else f"number {value:g}"
    return "text"
