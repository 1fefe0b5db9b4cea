from __future__ import annotations

import polars as pl
import pytest

from tests.data.tables import rejected, run, step, table, told

TABLE = table(
    {"name": {"dtype": "string", "nullable": True}, "n": {"dtype": "int", "nullable": True}, "late": "bool"}
)
ROWS = pl.DataFrame(
    {"name": ["b", "a", None, "B", "a"], "n": [1, 2, 3, None, 1], "late": [True, False, True, False, True]}
)


@pytest.mark.parametrize(
    ("definition", "order"),
    [
        ({"by": "n"}, [0, 4, 1, 2, 3]),
        ({"by": "n", "descending": "n"}, [2, 1, 0, 4, 3]),
        ({"by": ["name", "n"]}, [3, 4, 1, 0, 2]),
        ({"by": ["name", "n"], "descending": ["n"]}, [3, 1, 4, 0, 2]),
        ({"by": "late"}, [1, 3, 0, 2, 4]),
    ],
)
def test_rows_are_sorted_and_missing_values_come_last(
    definition: dict[str, object], order: list[int]
) -> None:
    made = run(step(op="sort", **definition), TABLE, ROWS)
    assert made.equals(ROWS[order])


def test_columns_and_promises_stay() -> None:
    here = table({"id": {"dtype": "int", "unique": True}, "n": "int"})
    after = step(op="sort", by="n").infer(here, {})
    assert after.columns == here.columns and after.promises() == [("id",)]


def test_unknown_columns_are_refused() -> None:
    problems = rejected(step(op="sort", by=["nam", "n"]), TABLE)
    assert told(problems) == [("unknown column 'nam'", ("by", 0))]
    assert problems[0].help == "did you mean 'name'?"


def test_a_column_cannot_be_descending_only() -> None:
    assert told(step(op="sort", by="n", descending=["n", "name"]).check()) == [
        ("'name' is in 'descending', but not in 'by'", ("descending", 1))
    ]
