"""How good the model is on parts of the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mlbuild.reports.blocks import (
    BAD,
    GOOD,
    WARN,
    Badge,
    Block,
    Cell,
    Folded,
    Interval,
    Number,
    Picture,
    Table,
    words,
)
from mlbuild.reports.charts.plot import strip
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section
from mlbuild.reports.words import slice_text
from mlbuild.shown import shown

#: A table has the slices with the most rows, and at most so many.
_MOST = 40


class Slices(Section):
    """A table with intervals for each metric. The first one is open."""

    title = "Slices"
    parts = ("slices.json",)

    def blocks(self, facts: Facts) -> Iterator[Block]:
        told = facts.part("slices.json").get("splits", {}).get(facts.split)
        if not told or not told["slices"]:
            return
        shown_slices = largest(told["slices"])
        tables = [_table(facts, name, shown_slices) for name in facts.labels]
        yield words(
            "The line is the value of all rows. A difference is marked if chance alone would hardly give it, also considering that "
            "many slices are compared.",
        )
        yield tables[0]
        yield from (Folded(f"Slices: {table.head[3]}", [table]) for table in tables[1:])
        left = len(told["slices"]) - len(shown_slices)
        if left:
            yield words(f"{left} smaller slices are only in slices.json.")


def largest(slices: Sequence[Any]) -> list[Any]:
    """Return the slices with the most rows, in their order."""
    kept = sorted(range(len(slices)), key=lambda place: -slices[place]["rows"])[:_MOST]
    return [slices[place] for place in sorted(kept)]


def _table(facts: Facts, name: str, slices: Sequence[Any]) -> Table:
    whole = facts.metrics[facts.split or "test"][name]
    found = [one["metrics"][name] for one in slices]
    ends = [one["interval"] for one in found if isinstance(one["interval"], list)]
    known = [one for one in (whole, *(one["value"] for one in found)) if one is not None]
    every = [*known, *(end for pair in ends for end in pair)] or [0.0]
    scale = min(every), max(every)
    best = facts.about["best"].get(name)
    rows: list[Sequence[Cell]] = [
        [
            slice_text(part["slice"], part["values"], facts.about["private"]),
            Number(part["rows"]),
            Picture(_strip(one, scale, whole)),
            Number(one["value"]),
            Interval(one["interval"]),
            Number(one["difference"], signed=True),
            _verdict(one, best),
        ]
        for part, one in zip(slices, found, strict=True)
    ]
    head = ["slice", "rows", "", shown(name), facts.level, "difference", ""]
    return Table(f"{shown(name)} on slices of the {facts.split} rows", head, rows)


def _strip(one: Any, scale: tuple[float, float], whole: float | None) -> Any:
    ends = one["interval"] if isinstance(one["interval"], list) else None
    return strip(scale, one["value"], ends, whole, tone="strong" if one["outside_chance"] else "")


def _verdict(one: Any, best: float | None) -> Cell:
    if not one["outside_chance"]:
        return ""
    if best is None:
        return Badge("differs", WARN)
    value, whole = one["value"], one["value"] - one["difference"]
    return Badge("better", GOOD) if abs(value - best) < abs(whole - best) else Badge("worse", BAD)
