"""A split by the values of a column, for rows that are already divided."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from mlbuild.diagnostics import Rejected
from tests.data.tables import split, table, told

HERE = table(
    {
        "fold": "int",
        "part": {"dtype": "string", "nullable": True},
        "held": "bool",
        "size": "float",
        "kind": {"dtype": "string", "categories": ["old", "new"]},
    }
)


def parts(values: list[Any], **definition: Any) -> dict[str, list[int]]:
    rows = pl.DataFrame({"x": pl.Series(values), "row": range(len(values))})
    made = split(type="column", column="x", **definition).parts(rows)
    return {name: part["row"].to_list() for name, part in made.items()}


@pytest.mark.parametrize(
    ("values", "definition", "expected"),
    [
        (["a", "v", None, "t", "v"], {"valid": "v", "test": ["t"]}, ([0, 2], [1, 4], [3])),
        ([0, 1, 2, 3, 4], {"valid": [3], "test": [4, 0]}, ([1, 2], [3], [0, 4])),
        ([0, 1, 2], {"test": 2.0}, ([0, 1], [], [2])),
        ([True, False, None], {"test": [True]}, ([1, 2], [], [0])),
        (["1", "2"], {"valid": "2"}, ([0], [1], [])),
    ],
)
def test_values_decide(
    values: list[Any], definition: dict[str, Any], expected: tuple[list[int], ...]
) -> None:
    assert tuple(parts(values, **definition).values()) == expected


@pytest.mark.parametrize(
    ("definition", "message", "at"),
    [
        ({"column": "fold"}, "a column split needs 'valid' or 'test'", ()),
        ({"column": "part", "valid": ["a", "b"], "test": ["c", "b"]}, "the rows with 'b' cannot be valid and test", ("test", 1)),
        ({"column": "fold", "valid": 1, "test": 1}, "the rows with 1 cannot be valid and test", ("test", 0)),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_told(
    definition: dict[str, Any], message: str, at: tuple[Any, ...]
) -> None:
    assert told(split(type="column", **definition).check()) == [(message, at)]


@pytest.mark.parametrize(
    ("definition", "message", "at"),
    [
        ({"column": "parts", "test": "a"}, "unknown column 'parts'", ("column",)),
        (
            {"column": "size", "test": 1},
            "a column split needs a bool, int or string column, but 'size' is of dtype float",
            ("column",),
        ),
        ({"column": "fold", "test": ["a"]}, "the column is of dtype int, so it is never 'a'", ("test", 0)),
        (
            {"column": "fold", "valid": [1, 1.5]},
            "the column is of dtype int, so it is never 1.5",
            ("valid", 1),
        ),
        ({"column": "fold", "valid": True}, "the column is of dtype int, so it is never true", ("valid", 0)),
        ({"column": "held", "valid": 1}, "the column is of dtype bool, so it is never 1", ("valid", 0)),
        ({"column": "part", "test": 7}, "the column is of dtype string, so it is never 7", ("test", 0)),
        ({"column": "kind", "test": "nw"}, "'nw' is not one of the categories of the column", ("test", 0)),
    ],
)
def test_columns_and_values_that_do_not_suit_are_refused(
    definition: dict[str, Any], message: str, at: tuple[Any, ...]
) -> None:
    with pytest.raises(Rejected) as caught:
        split(type="column", **definition).infer(HERE)
    assert told(caught.value.problems) == [(message, at)]
    if definition["column"] == "kind":
        assert caught.value.problems[0].help == "did you mean 'new'?"


def test_what_suits_is_accepted() -> None:
    split(type="column", column="fold", valid=[1, 2.0], test=3).infer(HERE)
    split(type="column", column="held", test=True).infer(HERE)
    split(type="column", column="kind", test="new").infer(HERE)
