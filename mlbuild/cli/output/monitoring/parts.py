"""The parts of a report on a model in use, which are written as HTML or Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from mlbuild.cli.output.monitoring.distributions import bars, distribution
from mlbuild.cli.output.monitoring.findings import Findings
from mlbuild.cli.output.monitoring.text import moment_text, rule_line
from mlbuild.cli.output.monitoring.windows import TONES, requests, windows
from mlbuild.monitoring.performance import Performance
from mlbuild.profiles.column import ColumnProfile
from mlbuild.profiles.drift import ColumnDrift
from mlbuild.profiles.tally import Tally
from mlbuild.reports.blocks import (
    BAD,
    GOOD,
    WARN,
    Badge,
    Block,
    Cell,
    Charts,
    Interval,
    Name,
    Number,
    Part,
    Picture,
    Share,
    Table,
    Words,
    words,
)
from mlbuild.reports.charts.plot import spark, strip
from mlbuild.serving.replay.skew import Skew
from mlbuild.shown import cut, shown

#: The most columns of a table, and of charts.
_MOST, _DRAWN = 100, 12


def head_of(found: Findings) -> list[Words]:
    """Return what is most important."""
    judged, alarms = found.judged, len(found.judged.drift.alarms)
    verdict: list[Cell] = [Badge(judged.verdict, TONES.get(judged.verdict, WARN))]
    if alarms:
        verdict.append(f"{alarms} of {len(judged.drift.columns)} columns have drifted")
    if found.performance and found.performance.worse:
        verdict.append(Badge("worse than in the build", BAD))
    if found.skew and found.skew.different:
        verdict.append(Badge("answers are not given again", BAD))
    return [
        words(*verdict),
        words(
            f"{moment_text(judged.start)} to {moment_text(judged.end)} UTC:",
            Number(judged.rows),
            "rows, compared with",
            Number(found.profile.rows),
            "training rows of model",
            Name(found.profile.digest[:12]),
        ),
    ]


def parts_of(found: Findings) -> list[Part]:
    """Return the parts of the report that have content."""
    parts = (
        ("Columns", _columns(found)),
        ("Windows", windows(found)),
        ("Requests", requests(found)),
        ("What really happened", _performance(found.performance)),
        ("Skew", _skew(found.skew, samples=found.samples)),
    )
    return [Part(title, made) for title, blocks in parts if (made := [*blocks])]


def _columns(found: Findings) -> Iterator[Block]:
    drift = found.judged.drift
    profiles = {one.name: one for one in found.profile.columns}
    tally = Tally.of(found.profile, found.log.between(found.judged.start, found.judged.end).values)
    ordered = sorted(drift.columns, key=lambda one: (not one.alarm, -one.stability.index))
    head = ["column", "", "use", "training", "window", "psi", "bias", "groups", "largest", "shift", "missing"]
    unusual = "ratio" if drift.threshold is not None else "p"
    rows = [_row(one, profiles[one.name], tally) for one in ordered[:_MOST]]
    more = f" (the first {_MOST} of {len(ordered)})" if len(ordered) > _MOST else ""
    yield Table(
        f"Columns of {drift.rows:,} rows, compared with {drift.reference_rows:,}{more}",
        [*head, unusual],
        rows,
    )
    rule = rule_line(drift, found.profile.periods)
    yield words(f"{rule[0].upper()}{rule[1:]}. The limit of the psi is {found.limit:g}.")
    yield words(
        "psi is the population stability index without the bias that chance gives on average, (groups - 1) (1/n + 1/m); largest is the largest "
        "difference of the cumulative distributions or, for texts, of a share; shift is that of the means in standard deviations of the training rows."
    )
    drawn = [one for one in ordered if one.alarm][:_DRAWN]
    if drawn:
        yield Charts(
            [
                distribution(profiles[one.name], tally.columns[one.name].counts, samples=found.samples)
                for one in drawn
            ]
        )
        yield words(
            "Bars are the window, and the dashed line is training. The outermost bars also count the values beyond them."
        )


def _row(one: ColumnDrift, profile: ColumnProfile, tally: Tally) -> list[Cell]:
    import numpy as np

    before, now = (
        Picture(spark([round(1000 * bar / (sum(found) or 1)) for bar in found]))
        for found in (bars(profile, np.array(profile.counts)), bars(profile, tally.columns[one.name].counts))
    )
    missing: Cell = ""
    if one.missing or one.reference_missing:
        missing = f"{one.reference_missing:.2%} → {one.missing:.2%}"
    return [
        Name(cut(one.name, 60)),
        Badge("drift", BAD) if one.alarm else "",
        one.role,
        before,
        now,
        Number(one.stability.index),
        Number(one.stability.bias),
        Number(one.stability.groups),
        Number(one.largest),
        "" if one.shift is None else Number(one.shift, signed=True),
        missing,
        Number(one.chance if one.ratio is None else one.ratio)
        if one.ratio is not None or one.chance is not None
        else "",
    ]


def _performance(found: Performance | None) -> Iterator[Block]:
    if found is None:
        return
    known = found.rows + found.unlabelled + found.unknown
    yield words(Share(found.rows, known), "logged rows have a label.")
    if found.unknown:
        yield words(Number(found.unknown), "labels are of a class that the model does not have.")
    if found.rows and not found.values:
        yield words("The build measured none of the metrics of the spec: build again.")
    if not found.rows or not found.values:
        return
    rows: list[Sequence[Cell]] = []
    for name, value in found.values.items():
        before, ends, usual = (
            found.reference[name],
            found.intervals.get(name),
            found.reference_intervals.get(name),
        )
        rows.append(
            [
                Name(name),
                Badge("worse", BAD) if name in found.worse else "",
                Number(value),
                Interval(ends),
                _strip(value, ends, before, usual),
                Number(before),
                Interval(usual),
            ]
        )
    head = [
        "metric",
        "",
        "logged rows",
        "95% interval",
        "",
        f"{found.split} rows of the build",
        "95% interval of the build",
    ]
    yield Table(f"Metrics of {found.rows:,} logged rows with a label, next to those of the build", head, rows)
    yield words(
        "A line marks the value of the build. A metric is worse if its whole interval is worse than that of the build."
        + ("" if found.clustered else " The intervals assume independent rows.")
    )


def _strip(value: float | None, ends: object, before: float | None, usual: object) -> Cell:
    intervals = [one if isinstance(one, list) else [] for one in (ends, usual)]
    known = [one for one in (value, before, *intervals[0], *intervals[1]) if one is not None]
    return Picture(strip((min(known), max(known)), value, intervals[0] or None, before)) if known else ""


def _skew(found: Skew | None, *, samples: bool) -> Iterator[Block]:
    if found is None:
        return
    same = Badge("every bit is the same", GOOD) if found.rows else Badge("no row could be compared", WARN)
    yield words(
        Badge("answers differ", BAD) if found.different else same,
        Number(found.rows),
        "rows were answered again,",
        Number(found.different),
        "with another answer.",
    )
    if found.outputs:
        rows = [
            [
                Name(name),
                Number(count),
                Number(found.largest[name]) if name in found.largest else "",
            ]
            for name, count in found.outputs.items()
        ]
        yield Table("Outputs that differ", ["output", "rows", "largest difference"], rows)
    if samples and found.examples:
        yield Table(
            "The first values that differ",
            ["id", "row", "output", "logged", "again"],
            [
                [
                    Name(cut(one.id, 40)),
                    str(one.row),
                    Name(one.output),
                    *(_value(value) for value in (one.logged, one.answered)),
                ]
                for one in found.examples
            ],
        )
    rest = [
        [f"model {shown(digest[:12])} is not at hand", Number(count)]
        for digest, count in found.absent.items()
    ]
    if found.withheld:
        names = ", ".join(shown(name) for name in found.columns)
        rest.append(
            [
                f"values are not logged: {names}" if names else "the outputs are not logged",
                Number(found.withheld),
            ]
        )
    if found.unfit:
        rest.append(["the model cannot have such values", Number(found.unfit)])
    if rest:
        yield Table("Rows that were not compared", ["why", "rows"], rest)
    for share in found.shares:
        yield words(f"The log has {share:.3%} of the requests, and all that violate a rule.")


def _value(value: object) -> str:
    return shown(cut(json.dumps(value), 40))
