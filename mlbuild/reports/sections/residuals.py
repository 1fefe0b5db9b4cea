"""The errors of a model that predicts a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlbuild.reports.blocks import Block, Chart, Charts, Number, Table
from mlbuild.reports.charts.plot import Plot
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section


class Residuals(Section):
    title = "Errors"
    parts = ("curves.json",)

    def blocks(self, facts: Facts) -> Iterator[Block]:
        found = facts.curves.get("residuals")
        if found:
            yield Charts([_histogram(found), _by_prediction(found)])


def _histogram(found: Any) -> Chart:
    edges, rows = found["histogram"]["edges"], found["histogram"]["rows"]
    plot = Plot((edges[0], edges[-1]), (0, max(rows)))
    for start, end, count in zip(edges, edges[1:], rows, strict=False):
        plot.bar(start, end, count)
    plot.line([(0, 0), (0, max(rows))], "ref")
    table = Table(
        "Quantiles of the errors",
        ["quantile", "target minus prediction"],
        [
            [Number(level), Number(value)]
            for level, value in zip(found["levels"], found["quantiles"], strict=True)
        ],
    )
    svg = plot.svg("How often each error occurs", "target minus prediction", "rows")
    return Chart("Errors", svg, table)


def _by_prediction(found: Any) -> Chart:
    """Draw the quantiles of the errors of rows with similar predictions, at the middle of their predictions."""
    groups, levels = found["by_prediction"], found["levels"]
    lines = [
        [((one["low"] + one["high"]) / 2, one["quantiles"][place]) for one in groups]
        for place in range(len(levels))
    ]
    every = [value for line in lines for _, value in line]
    plot = Plot((groups[0]["low"], groups[-1]["high"]), (min(*every, 0), max(*every, 0)))
    plot.band(lines[0], lines[-1])
    plot.line([(groups[0]["low"], 0), (groups[-1]["high"], 0)], "ref")
    plot.line(lines[len(levels) // 2])
    head = ["predictions from", "to", "rows", *(f"quantile {level:g}" for level in levels)]
    rows = [
        [Number(one["low"]), Number(one["high"]), Number(one["rows"]), *map(Number, one["quantiles"])]
        for one in groups
    ]
    title = f"Errors by prediction: the median, and from {levels[0]:.0%} to {levels[-1]:.0%}"
    svg = plot.svg("Quantiles of the errors at each prediction", "prediction", "target minus prediction")
    return Chart(title, svg, Table("Errors of rows with similar predictions", head, rows))
