"""How a model in use did over time: its windows, its requests and the rules that rows violated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mlbuild.cli.output.monitoring.findings import Findings
from mlbuild.cli.output.monitoring.text import left_out_lines, moment_text
from mlbuild.monitoring.windows import CALM, DRIFT, QUANTILES, Window
from mlbuild.reports.blocks import (
    BAD,
    GOOD,
    WARN,
    Badge,
    Block,
    Cell,
    Chart,
    Charts,
    Name,
    Number,
    Table,
    words,
)
from mlbuild.reports.charts.plot import Plot
from mlbuild.shown import cut, shown

#: The most windows of a table, the newest ones, and the most columns of a chart.
_MOST = 100
_LINES = ("line", "line second", "line third")
_STYLES = ("solid", "dashed", "dotted")
_DAY = 86_400e6
#: How verdicts are shown.
TONES = {CALM: GOOD, DRIFT: BAD}


def windows(found: Findings) -> Iterator[Block]:
    """Yield a chart and a table of all windows, if there are several."""
    if len(found.windows) < 2:
        return
    rows = [[moment_text(one.start), Number(one.rows), *_verdict(one)] for one in reversed(found.windows)]
    more = f" (the newest {_MOST} of {len(rows)})" if len(rows) > _MOST else ""
    yield Charts([_stability(found), _counts(found)])
    yield Table(
        f"Windows, the newest first{more}", ["from", "rows", "verdict", "columns that drifted"], rows[:_MOST]
    )


def requests(found: Findings) -> Iterator[Block]:
    """Yield how long requests took, and which rules rows violated."""
    judged = found.judged
    if judged.micros:
        timed = [one for one in found.windows if one.micros]
        if len(timed) > 1:
            yield Charts([_times(timed)])
        head = [*QUANTILES]
        row = [Number(judged.micros[name] / 1000) for name in head]
        yield Table("Milliseconds that a request took, in the window", head, [row])
    if judged.violations:
        rows = [
            [Name(cut(column, 60)), Name(rule), Number(rows)]
            for column, rule, rows in judged.violations[:_MOST]
        ]
        yield Table("Rules that rows of the window violate", ["column", "rule", "rows"], rows)
    if left_out := left_out_lines(found.log):
        yield words(f"{', and '.join(left_out)}.")


def _verdict(one: Window) -> tuple[Cell, Cell]:
    names = ", ".join(shown(cut(alarm.name, 30)) for alarm in one.drift.alarms)
    return Badge(one.verdict, TONES.get(one.verdict, WARN)), names


def _stability(found: Findings) -> Chart:
    """Draw the psi of the columns that differ most, over the windows that are large enough."""
    used = [one for one in found.windows if one.drift.enough] or [*found.windows]
    by_name = {
        column.name: [one.drift.columns[place].stability.index for one in used]
        for place, column in enumerate(used[0].drift.columns)
    }
    largest = sorted(by_name, key=lambda name: -max(by_name[name]))[: len(_LINES)]
    at = _days(used)
    most = max([found.limit, *(value for name in largest for value in by_name[name])])
    plot = Plot((at[0], at[-1]), (0.0, most))
    plot.line([(at[0], found.limit), (at[-1], found.limit)], "ref")
    for name, kind in zip(largest, _LINES, strict=False):
        plot.line(zip(at, by_name[name], strict=True), kind)
        if len(at) < 2:
            plot.dot((at[0], by_name[name][0]))
    named = ", ".join(
        f"{shown(cut(name, 20))} ({style})" for name, style in zip(largest, _STYLES, strict=False)
    )
    rows = [
        [moment_text(one.start), *(Number(by_name[name][place]) for name in largest)]
        for place, one in enumerate(used)
    ][-_MOST:]
    title = f"psi of {named}; the straight line is the limit"
    return Chart(
        title,
        plot.svg(title, _since(used), "psi"),
        Table("psi by window", ["from", *map(shown, largest)], rows),
    )


def _counts(found: Findings) -> Chart:
    """Draw the number of rows of each window."""
    at, most = _days(found.windows), max(one.rows for one in found.windows)
    width = min((later - one for one, later in pairwise(at)), default=1.0)
    plot = Plot((at[0], at[-1] + width), (0.0, float(most)))
    for place, one in zip(at, found.windows, strict=True):
        plot.bar(place, place + width, one.rows)
    rows = [[moment_text(one.start), Number(one.rows)] for one in found.windows][-_MOST:]
    title = "Rows of each window"
    return Chart(title, plot.svg(title, _since(found.windows), "rows"), Table(title, ["from", "rows"], rows))


def _times(used: Sequence[Window]) -> Chart:
    """Draw the quantiles of the time that requests took."""
    at, names = _days(used), [*QUANTILES]
    plot = Plot((at[0], at[-1]), (0.0, max(one.micros[names[-1]] for one in used) / 1000))
    for name, kind in zip(names, _LINES, strict=True):
        plot.line(((place, one.micros[name] / 1000) for place, one in zip(at, used, strict=True)), kind)
    title = f"Time of requests: {', '.join(f'{name} ({style})' for name, style in zip(names, _STYLES, strict=True))}"
    rows = [[moment_text(one.start), *(Number(one.micros[name] / 1000) for name in names)] for one in used][
        -_MOST:
    ]
    return Chart(
        title,
        plot.svg(title, _since(used), "milliseconds"),
        Table("Milliseconds by window", ["from", *names], rows),
    )


def _days(used: Sequence[Window]) -> list[float]:
    """Return the time from the start of the first window to that of each, in days."""
    return [(one.start - used[0].start) / _DAY for one in used]


def _since(used: Sequence[Window]) -> str:
    return f"days since {moment_text(used[0].start)}"
