"""How good the model is, next to a constant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mlbuild.hints import listed
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
from mlbuild.reports.facts import SPLITS, Facts
from mlbuild.reports.sections.section import Section


class Metrics(Section):
    title = "Metrics"

    def blocks(self, facts: Facts) -> Iterator[Block]:
        split = facts.split
        if split is None:
            yield words(
                "All rows were used for training, so nothing says how good the model is on other rows."
            )
            return
        constants = facts.part("metrics.json")["constant"]
        others = [one for one in SPLITS if one != split and facts.metrics.get(one, {}).get("rows")]
        head = ["metric", split, facts.level, "", "constant", "compared with it", *others]
        rows: list[Sequence[Cell]] = []
        comparable = {*facts.about["beyond_constants"]}
        for name in facts.labels:
            value, interval = facts.metrics[split][name], facts.intervals.get(name)
            best = facts.about["best"].get(name) if name in comparable else None
            constant = constants[split][name]
            train = facts.metrics["train"][name]
            rows.append(
                [
                    Name(name),
                    Number(value),
                    Interval(interval),
                    _strip(value, interval, constant, train),
                    Number(constant),
                    compared(value, interval, constant, best),
                    *(Number(facts.metrics[one][name]) for one in others),
                ]
            )
        yield Table(f"Metrics of the {split} rows, which were not used for training", head, rows)
        yield _rows(facts, split)
        yield words(
            "The constant predicts the same for every row: the best that is possible without features. A line marks it, the "
            "bar is the interval, and the ring is the value of the training rows.",
        )
        perfect = [name for name in facts.labels if name in facts.about["best"] and name not in comparable]
        if perfect:
            yield words(
                f"A constant can be perfect in {listed(perfect)}, so nothing follows from a comparison with it."
            )


def _rows(facts: Facts, split: str) -> Block:
    clusters, rows = facts.intervals.get("clusters"), facts.metrics[split]["rows"]
    if clusters in (None, rows):
        return words(Number(rows), f"{split} rows. The intervals treat them as independent of each other.")
    return words(
        Number(rows),
        f"{split} rows of",
        Number(clusters),
        f"{facts.unit()}, which the intervals are computed from.",
    )


def _strip(value: float | None, interval: Any, constant: float | None, train: float | None) -> Cell:
    ends = interval if isinstance(interval, list) else None
    known = [one for one in (value, constant, train, *(ends or ())) if one is not None]
    return Picture(strip((min(known), max(known)), value, ends, constant, train)) if known else ""


def compared(value: float | None, interval: Any, constant: float | None, best: float | None) -> Cell:
    """Return whether a value is better than that of a constant, as far as its interval shows."""
    if value is None or constant is None or best is None or not isinstance(interval, Sequence):
        return ""
    if isinstance(interval, str):
        return Badge(interval)
    if interval[0] <= constant <= interval[1]:
        return Badge("can be chance", CALM)
    return Badge("better", GOOD) if abs(value - best) < abs(constant - best) else Badge("worse", BAD)
