"""The metrics on rows of the folds."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.reports.blocks import Block, Folded, Name, Number, Table
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section
from mlbuild.shown import shown


class CrossValidation(Section):
    title = "Cross-validation"
    parts = ("cross_validation.json",)

    def blocks(self, facts: Facts) -> Iterator[Block]:
        found = facts.part("cross_validation.json")
        if not found:
            return
        metrics = found["metrics"]
        head = ["metric", "mean", "standard deviation", "folds", "all rows together"]
        rows = [
            [Name(name), *(Number(one[key]) for key in ("mean", "std", "folds", "pooled"))]
            for name, one in metrics.items()
        ]
        yield Table("Metrics of rows that were held out in a fold", head, rows)
        folds = [
            [
                Number(one["fold"]),
                Number(one["rows"]["train"]),
                Number(one["rows"]["held_out"]),
                *(Number(one["metrics"][name]) for name in metrics),
            ]
            for one in found["folds"]
        ]
        head = ["fold", "training rows", "held-out rows", *map(shown, metrics)]
        yield Folded("Metrics of each fold", [Table("Metrics of each fold", head, folds)])
