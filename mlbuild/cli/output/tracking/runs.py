"""Formats the table of builds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlbuild.cli.output.building.reasons import value_text
from mlbuild.cli.output.data.statistics import columns as aligned
from mlbuild.pipeline.builds.written import told_spec
from mlbuild.shown import shown
from mlbuild.tracking.changes import Change
from mlbuild.tracking.table import Cell, Column, Row

#: The mark of a difference that is statistically significant, and what it means.
MARK = "*"
MEANING = f"{MARK} the difference from the row above is statistically significant (95%, same rows)"
_MOST_CHANGES = 3


def rows_text(rows: Sequence[Row], columns: Sequence[Column]) -> list[str]:
    """Return a line for each build, and the meaning of the marks."""
    if not rows:
        return ["no builds"]
    lines = [["build", "outcome", "git", *_heads(columns), "changed"]]
    for row in rows:
        build = row.build
        changed = "first" if row.first else changes_text(row.changes)
        cells = [_cell_text(cell) for cell in row.cells]
        lines.append([build.name, build.outcome, build.git, *cells, changed])
    marked = any(
        cell and cell.difference and cell.difference.beyond_chance for row in rows for cell in row.cells
    )
    return [*aligned(lines), *([MEANING] if marked else [])]


def _heads(columns: Sequence[Column]) -> list[str]:
    """Name the columns: with their model if there are several, and with their split where it changes."""
    models, heads, split = {column.model for column in columns}, [], ""
    for column in columns:
        model = f"{shown(column.model)} " if len(models) > 1 else ""
        heads.append(f"{column.split if column.split != split else ''} {model}{shown(column.metric)}".strip())
        split = column.split
    return heads


def changes_text(found: Sequence[Change], most: int = _MOST_CHANGES) -> str:
    """Format the first changes on one line."""
    told = [change_text(one) for one in found[:most]]
    more = [f"and {len(found) - most} more"] if len(found) > most else []
    return "; ".join([*told, *more]) or "nothing"


def change_text(change: Change) -> str:
    """Format a change: `models.late.params.num_leaves 63 -> 31`."""
    where = shown(change.where)
    if change.what == "data":
        return f"data of {where}"
    if change.was is None:
        return f"{where} {value_text(change.now)} added"
    if change.now is None:
        return f"{where} {value_text(change.was)} removed"
    return f"{where} {value_text(change.was)} -> {value_text(change.now)}"


def _cell_text(cell: Cell | None) -> str:
    if cell is None:
        return ""
    apart = cell.difference
    if apart is None:
        return number(cell.value)
    change = f"{apart.value:+.3g}" if apart.value else "="
    return f"{number(cell.value)} {change}{f' {MARK}' if apart.beyond_chance else ''}"


def number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4g}"


def rows_json(rows: Sequence[Row], columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Return all that is known about each build."""
    return [
        {
            "build": row.build.name,
            "outcome": row.build.outcome,
            "started": row.build.started,
            "seconds": row.build.record.get("seconds"),
            "user": row.build.record.get("user"),
            "command": row.build.record["command"],
            "spec": told_spec(row.build.record),
            "git": row.build.record["git"],
            "changes": None if row.first else [vars(one) for one in row.changes],
            "metrics": [
                vars(column) | {"value": cell.value, "interval": cell.interval} | _apart(cell)
                for column, cell in zip(columns, row.cells, strict=True)
                if cell
            ],
        }
        for row in rows
    ]


def _apart(cell: Cell) -> dict[str, Any]:
    """Return the difference to the row above."""
    return {"difference": cell.difference.to_json() if cell.difference else None}
