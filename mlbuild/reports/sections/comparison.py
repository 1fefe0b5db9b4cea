"""How the model differs from its baseline on the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlbuild.evaluation.harm import IDENTICAL
from mlbuild.evaluation.intervals import around
from mlbuild.models.metrics.metric import rounded
from mlbuild.reports.blocks import (
    BAD,
    CALM,
    GOOD,
    Badge,
    Block,
    Cell,
    Interval,
    Name,
    Number,
    Picture,
    Table,
    words,
)
from mlbuild.reports.charts.plot import strip
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section


class Comparison(Section):
    """The differences to the baseline, as harm: positive where this model is worse."""

    title = "Comparison with the baseline"

    def blocks(self, facts: Facts) -> Iterator[Block]:
        found = facts.part("comparison.json")
        if found.get("missing"):
            yield words(f"There is no comparison: {found['missing']}.")
        harms = found.get("harms", {}).get("baseline", {}).get(facts.split)
        if not harms:
            return
        rows = [
            [
                Name(name),
                Number(one["ours"]),
                Number(one["theirs"]),
                Number(_change(one), signed=True),
                Interval(reach(one), signed=True),
                _strip(one),
                _verdict(one),
            ]
            for name, one in harms.items()
            if one
        ]
        head = ["metric", "this model", "baseline", "difference", facts.level, "", ""]
        yield Table(f"Differences on the same {facts.split} rows", head, rows)
        flips = found["flips"].get(facts.split)
        if flips is not None:
            yield words(Number(flips), "of the rows get another label than from the baseline.")


def _change(one: Any) -> float:
    """Return the difference of the values, which has the sign of the metric."""
    return rounded(one["ours"] - one["theirs"])


def reach(one: Any) -> list[float] | str | None:
    """Return the interval of the difference of the values; or why there is none."""
    if one["error"] is None:
        return one["why"] if one["why"] != IDENTICAL else None
    return around(_change(one), one["error"], one["clusters"]).to_json()


def _strip(one: Any) -> Cell:
    ends = reach(one)
    if not isinstance(ends, list):
        return ""
    most = max(map(abs, ends))
    return Picture(strip((-most, most), _change(one), ends, 0.0))


def _verdict(one: Any) -> Cell:
    ends = reach(one)
    if one["why"] == IDENTICAL:
        return Badge("the same", CALM)
    if not isinstance(ends, list) or not one["harm"]:
        return ""
    if ends[0] <= 0 <= ends[1]:
        return Badge("can be chance", CALM)
    return Badge("worse", BAD) if one["harm"] > 0 else Badge("better", GOOD)
