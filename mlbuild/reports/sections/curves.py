"""How the probabilities of two classes relate to what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlbuild.reports.blocks import Block, Chart, Charts, Interval, Number, Table
from mlbuild.reports.charts.plot import Plot
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section

#: A table next to a chart has at most so many rows, at regular distances. The file has all of them.
_ROWS = 20
_UNIT = (0.0, 1.0)


class Curves(Section):
    title = "Curves"
    parts = ("curves.json",)

    def blocks(self, facts: Facts) -> Iterator[Block]:
        found, charts = facts.curves, []
        positive = facts.class_names[1] if len(facts.classes) == 2 else ""
        if "roc" in found:
            charts += [_roc(found["roc"]), _precision(found["precision_recall"])]
        if "calibration" in found:
            charts.append(_calibration(found["calibration"], positive))
        if "thresholds" in found:
            charts.append(_thresholds(found, facts.part("curves.json")["threshold"]))
        if charts:
            yield Charts(charts)


def _roc(curve: Mapping[str, Sequence[float]]) -> Chart:
    false, true = curve["false_positive_rate"], curve["true_positive_rate"]
    plot = Plot(_UNIT, _UNIT)
    plot.line([(0, 0), (1, 1)], "ref")
    plot.line(zip(false, true, strict=True))
    label = "ROC curve: the true positive rate at each false positive rate"
    svg = plot.svg(label, "false positive rate", "true positive rate")
    return Chart("ROC curve", svg, _table("ROC curve", curve))


def _precision(curve: Mapping[str, Sequence[float]]) -> Chart:
    recall, precision = curve["recall"], curve["precision"]
    plot = Plot(_UNIT, _UNIT)
    plot.line([(0, precision[-1]), (1, precision[-1])], "ref")  # what guessing gives
    plot.line(zip(recall, precision, strict=True))
    svg = plot.svg("Precision at each recall", "recall", "precision")
    return Chart("Precision and recall", svg, _table("Precision and recall", curve))


def _calibration(groups: Sequence[Mapping[str, Any]], positive: str) -> Chart:
    ends = [one["interval"] for one in groups if isinstance(one["interval"], list)]
    most = max(
        [
            *(one["predicted"] for one in groups),
            *(one["observed"] for one in groups),
            *(high for _, high in ends),
        ]
    )
    plot = Plot((0, most), (0, most))
    plot.line([(0, 0), (most, most)], "ref")
    for one in groups:
        if isinstance(one["interval"], list):
            plot.line([(one["predicted"], end) for end in one["interval"]], "whisker")
    plot.line(((one["predicted"], one["observed"]) for one in groups), "thin")
    for one in groups:
        plot.dot((one["predicted"], one["observed"]))
    rows = [
        [Number(one["rows"]), Number(one["predicted"]), Number(one["observed"]), Interval(one["interval"])]
        for one in groups
    ]
    svg = plot.svg(
        "Calibration: the observed share at each predicted probability",
        "predicted probability",
        f"observed share of {positive}",
    )
    table = Table("Calibration", ["rows", "predicted", "observed", "interval"], rows)
    return Chart("Calibration", svg, table)


def _thresholds(found: Mapping[str, Any], chosen: float | None) -> Chart:
    """Draw how many rows are selected, and which share of both errors there is, from each threshold on."""
    curve, rows = found["thresholds"], found["rows"]
    at = curve["threshold"]
    plot = Plot((min(at), max(at)), _UNIT)
    plot.line(zip(at, curve["selection_rate"], strict=True))
    plot.line(zip(at, (count / rows for count in curve["false_positives"]), strict=True), "line second")
    plot.line(zip(at, (count / rows for count in curve["false_negatives"]), strict=True), "line third")
    if chosen is not None:
        plot.line([(chosen, 0), (chosen, 1)], "ref")
    svg = plot.svg(
        "Shares of the rows at each threshold: predicted as positive, false positives, false negatives",
        "threshold",
        "share of the rows",
    )
    told = " (dashed: the chosen one)" if chosen is not None else ""
    title = f"Thresholds{told}: — predicted positive, ┄ false positives, ·· false negatives"
    return Chart(title, svg, _table("Thresholds", curve))


def _table(caption: str, curve: Mapping[str, Sequence[float]]) -> Table:
    columns = [*curve.values()]
    count = len(columns[0])
    step = max(-(-count // _ROWS), 1)
    places = [*range(0, count - 1, step), count - 1]
    return Table(
        f"{caption}: {len(places)} of {count} points of curves.json",
        [name.replace("_", " ") for name in curve],
        [[Number(column[place]) for column in columns] for place in places],
    )
