"""How the inputs of an artifact are read from a data file."""

from __future__ import annotations

from typing import Any

from mlbuild.bundle.inputs import RawInput
from mlbuild.data.parsing import Parsing
from mlbuild.params import read


def parsing_of(item: RawInput) -> Parsing:
    """Return how the column of an input is read. A missing string has a text of its own, unless it is the empty one."""
    told: dict[str, Any] = {"dtype": item.type.dtype}
    if item.type.dtype == "string" and item.null_token != "":
        told |= {"empty_is_null": False, "null_token": item.null_token}
    return read(Parsing, {key: value for key, value in told.items() if value is not None})
