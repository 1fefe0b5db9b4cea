"""Formats what each preprocessing step makes of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mlbuild.bundle.stepwise import SeenStep
from mlbuild.cli.output.data.statistics import columns as aligned
from mlbuild.cli.output.printing import counted
from mlbuild.columns import text_of
from mlbuild.kinds import Json
from mlbuild.shown import shown

#: How many rows the text shows if none is chosen, and how many numbers of a vector.
_MOST_ROWS, _MOST_NUMBERS = 5, 8


def differences(steps: Sequence[SeenStep]) -> int:
    """Return how many values differ."""
    return sum(sum(column.differs) for step in steps for column in step.columns)


def applied_text(numbers: Sequence[int], steps: Sequence[SeenStep], *, chosen: bool) -> list[str]:
    """Return a table for each row. `numbers` are those of the rows in the file."""
    places = [*range(len(numbers))] if chosen else _worth_seeing(len(numbers), steps)
    lines: list[str] = []
    for place in places:
        lines += [f"row {numbers[place]:,}", *(f"  {line}" for line in aligned(_table(place, steps))), ""]
    left = len(numbers) - len(places)
    values = sum(len(column.native) for step in steps for column in step.columns)
    wrong = differences(steps)
    total = f"{wrong:,} of {counted(values, 'value')} differ{'s' if wrong == 1 else ''} in {counted(len(numbers), 'row')}"
    return [*lines, *([f"{counted(left, 'more row')}: choose some with --row N"] if left else []), total]


def _worth_seeing(rows: int, steps: Sequence[SeenStep]) -> list[int]:
    """Return rows that differ, and the first ones."""
    differ = {
        place
        for step in steps
        for column in step.columns
        for place, wrong in enumerate(column.differs)
        if wrong
    }
    first = [*sorted(differ), *(place for place in range(min(rows, _MOST_ROWS)) if place not in differ)]
    return sorted(first[:_MOST_ROWS])


def _table(place: int, steps: Sequence[SeenStep]) -> Iterator[list[str]]:
    yield ["step", "column", "native", "graph", ""]
    for step in steps:
        title = f"{step.number} {step.op}" if step.number else step.op
        for column in step.columns:
            both = (_value(column.native[place]), _value(column.graph[place]))
            yield [title, shown(column.name), *both, "differs" if column.differs[place] else ""]
            title = ""


def _value(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, list):
        rest = f", ... ({len(value)})" if len(value) > _MOST_NUMBERS else ""
        return f"[{', '.join(map(_value, value[:_MOST_NUMBERS]))}{rest}]"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")  # all digits: the last one can be what differs
    return shown(text_of(value))


def applied_json(numbers: Sequence[int], steps: Sequence[SeenStep]) -> Json:
    """Return the same for programs: the values of each column, in the order of `rows`."""
    return {
        "rows": [*numbers],
        "differences": differences(steps),
        "steps": [
            {
                "step": step.number,
                "op": step.op,
                "columns": [
                    {
                        "name": column.name,
                        "dtype": column.dtype,
                        "native": [*map(_plain, column.native)],
                        "graph": [*map(_plain, column.graph)],
                        "differs": [*column.differs],
                    }
                    for column in step.columns
                ],
            }
            for step in steps
        ],
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
