"""Formats what a monitored log shows: a table of the columns, and a line for everything else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from mlbuild.cli.output.data.statistics import columns
from mlbuild.cli.output.monitoring.findings import Findings
from mlbuild.cli.output.numbers import number
from mlbuild.cli.output.printing import counted
from mlbuild.monitoring.log import Log
from mlbuild.monitoring.performance import Performance
from mlbuild.monitoring.windows import TOO_FEW, Window
from mlbuild.profiles.drift import INDEPENDENT, ColumnDrift, Drift
from mlbuild.profiles.profile import FEWEST_ROWS, Periods, Profile
from mlbuild.serving.replay.skew import Different, Skew
from mlbuild.shown import cut, shown

_LONGEST_NAME = 30
#: How many columns without an alarm are listed.
_MOST = 20


def left_out_lines(log: Log) -> list[str]:
    """Return what of a log is not compared."""
    lost = [f"{counted(log.broken, 'line')} could not be read"] if log.broken else []
    others = [f"{counted(log.others, 'row')} of other models are left out"] if log.others else []
    names = ", ".join(f"'{shown(cut(name, _LONGEST_NAME))}'" for name in log.unlogged)
    return [*lost, *others, *([f"values that are not logged are not compared: {names}"] if names else [])]


def text_lines(found: Findings) -> Iterator[str]:
    """Yield all that a log shows."""
    if found.windows[1:]:
        yield from (*history_lines(found.windows), "")
    yield from window_lines(found.judged, found.profile)
    if found.performance:
        yield from ("", *performance_lines(found.performance))
    if found.skew:
        yield from ("", *skew_lines(found.skew, samples=found.samples))


def window_lines(window: Window, profile: Profile) -> Iterator[str]:
    """Yield what a window shows."""
    rows = counted(window.rows, "row")
    yield f"{moment_text(window.start)} to {moment_text(window.end)}: {rows}, compared with {profile.rows:,} training rows"
    yield from column_lines(window.drift)
    yield rule_line(window.drift, profile.periods)
    if window.micros:
        yield f"time of a request: {', '.join(f'{name} {_time(value)}' for name, value in window.micros.items())}"
    for column, rule, count in window.violations:
        yield f"violations: {counted(count, 'row')} of '{shown(column)}' ({shown(rule)})"
    yield f"verdict: {verdict_text(window)}"


def performance_lines(found: Performance) -> Iterator[str]:
    """Yield the metrics of the rows with a label, next to those of the build."""
    yield f"labels: {counted(found.rows, 'row')} with a label, {found.unlabelled:,} without"
    if found.unknown:
        yield f"labels of a class that the model does not have: {found.unknown:,}"
    if not found.rows:
        return
    if not found.values:
        yield "the build measured none of the metrics of the spec: build again"
        return
    rows = [["metric", "", "logged rows", "", f"{found.split} rows of the build", ""]]
    for label, value in found.values.items():
        sides = ((value, found.intervals), (found.reference[label], found.reference_intervals))
        cells = [cell for one, known in sides for cell in (number(one), _interval(known.get(label)))]
        rows.append([label, "worse" if label in found.worse else "", *cells])
    yield from columns(rows)
    if not found.clustered:
        yield "the intervals assume independent rows"


def skew_lines(found: Skew, *, samples: bool) -> Iterator[str]:
    """Yield whether the models give the logged answers again. With `samples`, values are quoted."""
    yield f"skew: {counted(found.rows, 'row')} answered again, {found.different:,} with another answer"
    for name, count in found.outputs.items():
        far = f", by at most {found.largest[name]:.3g}" if name in found.largest else ""
        yield f"'{shown(cut(name, _LONGEST_NAME))}' differs in {counted(count, 'row')}{far}"
    if samples and found.examples:
        rows = [["id", "row", "output", "logged", "again"], *map(_example, found.examples)]
        yield from columns(rows)
        if (more := sum(found.outputs.values()) - len(found.examples)) > 0:
            yield f"and {counted(more, 'more value')}"
    for digest, count in found.absent.items():
        yield f"not compared: {counted(count, 'row')} of model {shown(digest[:12])}, which is not at hand"
    if found.withheld:
        names = ", ".join(f"'{shown(cut(name, _LONGEST_NAME))}'" for name in found.columns)
        why = f"the values of {names}" if names else "the outputs"
        yield f"not compared: {counted(found.withheld, 'row')}, because {why} are not logged"
    if found.unfit:
        yield f"not compared: {counted(found.unfit, 'row')} with values that the model cannot have"
    for share in found.shares:
        yield f"the log has {share:.3%} of the requests, and all that violate a rule"


def history_lines(windows: Sequence[Window]) -> list[str]:
    """Return a line for each window."""
    rows = [["window", "rows", "verdict", "columns"]]
    for one in windows:
        names = ", ".join(shown(cut(alarm.name, _LONGEST_NAME)) for alarm in one.drift.alarms)
        rows.append([moment_text(one.start), f"{one.rows:,}", one.verdict, names])
    return columns(rows)


def column_lines(drift: Drift) -> list[str]:
    """Return a line for each column, those with an alarm first."""
    ordered = sorted(drift.columns, key=lambda one: (not one.alarm, -one.stability.index))
    kept = [place for place, one in enumerate(ordered) if one.alarm or place < _MOST]
    ordered, hidden = [ordered[place] for place in kept], len(ordered) - len(kept)
    rows = [["column", "", "role", "psi", "largest", "shift", "missing", "ratio", "p"]]
    rows += [_cells(one) for one in ordered]
    return [*columns(rows), *([f"{counted(hidden, 'more column')} with a smaller psi"] if hidden else [])]


def rule_line(drift: Drift, periods: Periods | None) -> str:
    """Return how the verdict was reached."""
    if not drift.enough:
        return f"rule: none, because fewer than {FEWEST_ROWS} rows differ too much by chance"
    if drift.rule == INDEPENDENT:
        return (
            "rule: 1% false discoveries among the columns and a psi above the limit; assumes independent rows"
        )
    assert periods is not None and drift.threshold is not None
    return (
        f"rule: a ratio above {drift.threshold:.3g}, the largest of any column in {len(periods.starts)} periods of "
        f"{periods.length} of the training rows, and a psi above the limit"
    )


def verdict_text(window: Window) -> str:
    if window.verdict == TOO_FEW:
        return f"not enough rows: {window.rows:,}, but at least {FEWEST_ROWS} are needed"
    alarms = window.drift.alarms
    if not alarms:
        return "calm: no column has drifted"
    names = ", ".join(f"'{shown(cut(one.name, _LONGEST_NAME))}'" for one in alarms)
    return f"drift: {counted(len(alarms), 'column')} of {len(window.drift.columns)}: {names}"


def moment_text(micros: int) -> str:
    """Format microseconds since 1970 in UTC, without seconds."""
    return datetime.fromtimestamp(micros / 1e6, UTC).strftime("%Y-%m-%d %H:%M")


def _cells(one: ColumnDrift) -> list[str]:
    missing, before = f"{one.missing:.2%}", f"{one.reference_missing:.2%}"
    return [
        shown(cut(one.name, _LONGEST_NAME)),
        "*" if one.alarm else "",
        one.role,
        f"{one.stability.index:.3f}",
        f"{one.largest:.3f}",
        "" if one.shift is None else f"{one.shift:+.2f}",
        "" if one.missing == one.reference_missing == 0 else f"{before} -> {missing}",
        "" if one.ratio is None else f"{one.ratio:.3g}",
        "" if one.chance is None else f"{one.chance:.2g}",
    ]


def _example(one: Different) -> list[str]:
    values = (one.id, str(one.row), one.output, json.dumps(one.logged), json.dumps(one.answered))
    return [shown(cut(value, _LONGEST_NAME)) for value in values]


def _interval(found: Any) -> str:
    if isinstance(found, list):
        return f"[{found[0]:.3g}, {found[1]:.3g}]"
    return "" if found is None else f"({found})"


def _time(micros: float) -> str:
    return f"{micros / 1000:.2f} ms" if micros < 1e6 else f"{micros / 1e6:.2f} s"
