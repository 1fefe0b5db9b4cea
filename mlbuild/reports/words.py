"""How values of the data are written in a report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from mlbuild.columns import text_of
from mlbuild.shown import cut, shown

_LONGEST = 40


def value_text(value: Any) -> str:
    """Return a value of a column as text."""
    return "(missing)" if value is None else shown(cut(text_of(value), _LONGEST)) or "''"


def slice_text(name: str, values: Mapping[str, Any], private: Collection[str]) -> str:
    """Return what the rows of a slice have in common, without the values of private columns."""
    told = ", ".join(
        f"{shown(column)}={'(private)' if column in private else value_text(value)}"
        for column, value in values.items()
    )
    return told or shown(name)
