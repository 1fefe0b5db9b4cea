"""How much the model relies on each input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlbuild.reports.blocks import Block, Cell, Folded, Interval, Name, Number, Picture, Stack, Table, words
from mlbuild.reports.charts.plot import strip
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section
from mlbuild.shown import shown

#: A table has the most important inputs, and at most so many.
_MOST = 40


class Importance(Section):
    """Tables with intervals: of inputs, and of inputs that belong together."""

    title = "Importance of inputs"
    parts = ("importance.json",)

    def blocks(self, facts: Facts) -> Iterator[Block]:
        told = facts.part("importance.json")
        if not told.get("columns"):
            return
        metric, split = shown(told["metric"]), told["split"]
        yield words(
            f"How much worse {metric} gets on the {split} rows if the values of an input are shuffled among them. This is a property of this "
            "model and not of the world: an input that matters can be unimportant here, if the model gets the same from another one.",
        )
        gain = {one["inputs"][0]: one["share"] for one in told["gain"] if len(one["inputs"]) == 1}
        columns = told["columns"][:_MOST]
        scale = _scale([*columns, *told["groups"]])
        yield _table(f"Loss of {metric} if an input is shuffled", facts, columns, scale, gain)
        if told["groups"]:
            caption = f"Loss of {metric} if inputs that belong together are shuffled together"
            yield Folded("Inputs that belong together", [_groups(caption, facts, told["groups"], scale)])
        left = len(told["columns"]) - len(columns) + len(told["left_out"])
        if left:
            yield words(f"{left} more inputs are only in importance.json.")


def _scale(found: Sequence[Any]) -> tuple[float, float]:
    ends = [end for one in found if isinstance(one["interval"], list) for end in one["interval"]]
    every = [0.0, *ends, *(one["importance"] for one in found if one["importance"] is not None)]
    return min(every), max(every)


def _measured(one: Any, scale: tuple[float, float]) -> list[Cell]:
    ends = one["interval"] if isinstance(one["interval"], list) else None
    tone = "strong" if one["outside_chance"] else ""
    return [
        Picture(strip(scale, one["importance"], ends, 0.0, tone=tone)),
        Number(one["importance"], signed=True),
        Interval(one["interval"], signed=True),
        "significant" if one["outside_chance"] else "",
    ]


def _table(
    caption: str,
    facts: Facts,
    columns: Sequence[Any],
    scale: tuple[float, float],
    gain: Mapping[str, float],
) -> Table:
    """Return the table of inputs. The gain is that of trees in training, and is biased to inputs with many values."""
    rows: list[list[Cell]] = [
        [Name(one["column"]), *_measured(one, scale), *([Number(gain.get(one["column"]))] if gain else [])]
        for one in columns
    ]
    return Table(caption, ["input", "", "loss", facts.level, "", *(["share of gain"] if gain else [])], rows)


def _groups(caption: str, facts: Facts, groups: Sequence[Any], scale: tuple[float, float]) -> Table:
    rows: list[list[Cell]] = [
        [Stack([Name(name) for name in one["columns"]]), *_measured(one, scale), one["because"]]
        for one in groups
    ]
    return Table(caption, ["inputs", "", "loss", facts.level, "", "because of"], rows)
