"""Drafting a wide file looks at each column alone, so operations on the whole table do not grow with the columns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlbuild.data.inference import infer
from mlbuild.drafts.draft import draft

#: Operations whose cost depends on the width of the table, however little is asked for.
WHOLE = ("select", "n_unique", "filter", "with_columns", "unique", "group_by", "columns", "schema")


def write(folder: Path, columns: int) -> Path:
    """Write a file with columns of every kind."""
    kinds: list[Callable[[int], str]] = [
        lambda row: str(row % 7),
        lambda row: str(row / 7),
        lambda row: "abc"[row % 3],
        lambda row: f"2020-01-{row % 28 + 1:02}",
        lambda row: f"2020-01-{row % 28 + 1:02}T10:00:00",
        lambda row: "true" if row % 2 else "false",
        lambda row: "" if row % 5 else "x",
    ]
    names = [f"c{index}" for index in range(columns)]
    rows = [[kinds[index % len(kinds)](row + index) for index in range(columns)] for row in range(40)]
    lines = [[*names, "y"], *([*row, "no"[number % 2]] for number, row in enumerate(rows))]
    file = folder / f"{columns}.csv"
    file.write_text("\n".join(map(",".join, lines)) + "\n")
    return file


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record operations on wide tables."""
    found: list[str] = []

    def counted(name: str, method: Any) -> Any:
        def count(frame: pl.DataFrame, *arguments: Any, **options: Any) -> Any:
            if frame.width > 50:
                found.append(name)
            return method(frame, *arguments, **options)

        return count

    for name in WHOLE:
        known = getattr(pl.DataFrame, name)
        method = counted(name, known.fget if isinstance(known, property) else known)
        monkeypatch.setattr(pl.DataFrame, name, property(method) if isinstance(known, property) else method)
    return found


def test_a_wide_table_is_looked_at_column_by_column(tmp_path: Path, asked: list[str]) -> None:
    counts = []
    for columns in (70, 140):
        asked.clear()
        made = draft(infer(write(tmp_path, columns)), f"{columns}.csv", "wide", "y")
        assert made.roles is not None and len(made.roles.features) > columns / 2
        counts.append(len(asked))
    assert counts[0] == counts[1]
