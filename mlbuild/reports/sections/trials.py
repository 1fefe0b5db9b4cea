"""The settings that the model was chosen from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.models.searches.search import settings_text
from mlbuild.reports.blocks import (
    CALM,
    GOOD,
    Badge,
    Block,
    Cell,
    Folded,
    Interval,
    Name,
    Number,
    Table,
    words,
)
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section
from mlbuild.shown import shown

#: The most trials that are shown at once. The others can be unfolded.
_MOST = 10


class Trials(Section):
    """The trials from the best to the worst, and how they differ from the best."""

    title = "Trials"
    parts = ("trials.json",)

    def blocks(self, facts: Facts) -> Iterator[Block]:
        found = facts.part("trials.json")
        if not found:
            return
        # The trial with the best value is the best one, so the others are the worse the more they differ from it.
        ordered = sorted(found["trials"], key=lambda one: _distance(one, found["value"]))
        rows = [_row(one, found) for one in ordered]
        head = ["trial", "parameters", shown(found["metric"]), "difference", facts.level, ""]
        where = f"the {found['on']} rows" if found["on"] == "valid" else "the folds"
        yield Table(f"The best trials, by {shown(found['metric'])} on {where}", head, rows[:_MOST])
        if rows[_MOST:]:
            yield Folded("Other trials", [Table("Other trials", head, rows[_MOST:])])
        yield words("Median of all trials:", Number(found["median"]))
        yield words(
            "The best of several trials is too good on the rows that chose it. Only the test rows tell how good it is."
        )


def _distance(one: Mapping[str, Any], best: float) -> float:
    return float("inf") if one["value"] is None else abs(one["value"] - best)


def _row(one: Mapping[str, Any], found: Mapping[str, Any]) -> list[Cell]:
    against = one["against_best"] or {}
    return [
        Name(one["trial"]),
        shown(settings_text(one["params"])),
        Number(one["value"]),
        Number(against["difference"], signed=True) if against else "",
        Interval(against.get("interval"), signed=True),
        _verdict(one, found, against),
    ]


def _verdict(one: Mapping[str, Any], found: Mapping[str, Any], against: Mapping[str, Any]) -> Cell:
    if one["trial"] == found["best"]:
        return Badge("chosen", GOOD)
    if one["value"] is None:
        return (Badge("failed", CALM), shown(str(one.get("failure") or "")))
    if against.get("interval") and not against["beyond_chance"]:
        return Badge("can be chance", CALM)
    return ""
