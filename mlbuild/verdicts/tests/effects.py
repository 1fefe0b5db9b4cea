"""Compares the answers for rows before and after a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.verdicts.tests.changed_rows import (
    alternatives,
    answers,
    changed,
    differing,
    scores_over,
    thinned,
)
from mlbuild.verdicts.tests.subject import Subject
from mlbuild.verdicts.tests.trends import EQUAL
from mlbuild.verdicts.verdict import Verdict

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def judge_columns(
    subject: Subject, columns: Sequence[str], of_label: bool, within: float, allow: float
) -> Verdict:
    """Judge whether the answers stay the same while each of the inputs gets other values."""
    import numpy as np

    rows = subject.rows
    assert rows is not None
    grids = {name: alternatives(subject, name, rows) for name in columns}
    picked = thinned(rows, sum(len(grid.values) for grid in grids.values()))
    rows = rows[picked]
    before = answers(subject, rows)
    moved, can_fail = np.zeros(len(picked)), np.zeros(len(picked), bool)
    worst: tuple[float, str, Any] = (-1.0, "", None)
    for name, grid in grids.items():
        for value, after in zip(grid.values, scores_over(subject, rows, name, grid.values), strict=True):
            own = (
                rows[name].eq_missing(value).fill_null(False).to_numpy()
                if value is not None
                else rows[name].is_null().to_numpy()
            )
            can_fail |= ~own
            distance = _moved(subject, before, after, of_label)
            moved = np.maximum(moved, distance)
            if len(distance) and distance.max() > worst[0]:
                worst = float(distance.max()), name, value
    tried = ", ".join(f"{grid.text} of '{name}'" for name, grid in grids.items()) + " tried"
    examples = {worst[1]: [worst[2]]}
    return _counted(moved, can_fail, within, allow, of_label, tried, examples)


def judge_change(
    subject: Subject, change: Mapping[str, Any], of_label: bool, within: float, allow: float
) -> Verdict:
    """Judge whether the answers stay the same after a change."""
    assert subject.rows is not None
    after = changed(subject.rows, change, subject)
    moved = _moved(subject, answers(subject, subject.rows), answers(subject, after), of_label)
    return _counted(moved, differing(subject.rows, after), within, allow, of_label, "", {})


def judge_rise(
    subject: Subject,
    change: Mapping[str, Any],
    bounds: tuple[float | None, float | None],
    of: Any,
    allow: float,
) -> Verdict:
    """Judge whether the rise of each score after a change is within bounds."""
    import numpy as np

    assert subject.rows is not None
    after = changed(subject.rows, change, subject)
    can_fail = differing(subject.rows, after)
    if not can_fail.any():
        return _vacuous(len(can_fail))
    before, now = (subject.score_of(answers(subject, rows), of) for rows in (subject.rows, after))
    rise = (now - before)[can_fail]
    low, high = (
        bound if bound is not None else sign * np.inf for bound, sign in zip(bounds, (-1, 1), strict=True)
    )
    beyond = np.maximum(low - rise, rise - high)
    wrong, count = int((beyond > EQUAL).sum()), len(rise)
    place = int(beyond.argmax())
    text = f"{count - wrong:,} of {count:,} changed rows rise by {_between(bounds)}; the rises are {rise.min():+.3g} to {rise.max():+.3g}"
    if not wrong:
        return Verdict(True, text)
    number = int(np.flatnonzero(can_fail)[place]) + 1
    return Verdict(
        wrong <= allow * count,
        text,
        [f"worst: row {number:,} of the tested rows"],
        {"score": [round(float(before[number - 1]), 6), round(float(now[number - 1]), 6)]},
    )


def _between(bounds: tuple[float | None, float | None]) -> str:
    low, high = bounds
    told = [f"at least {low:g}"] if low is not None else []
    return " and ".join([*told, *([f"at most {high:g}"] if high is not None else [])])


def _moved(
    subject: Subject, before: Mapping[str, Array], after: Mapping[str, Array], of_label: bool
) -> Array:
    """Return how far the answer for each row has moved: 1 for another label, or the largest difference of a score."""
    if of_label:
        name = subject.values or subject.scores
        other: Array = (before[name] != after[name]).any(axis=1).astype(float)
        return other
    distance: Array = abs(before[subject.scores] - after[subject.scores]).max(axis=1, initial=0.0)
    return distance


def _counted(
    moved: Array,
    can_fail: Array,
    within: float,
    allow: float,
    of_label: bool,
    tried: str,
    examples: Mapping[str, Sequence[Any]],
) -> Verdict:
    import numpy as np

    if not can_fail.any():
        return _vacuous(len(can_fail))
    count, wrong = int(can_fail.sum()), int((moved > max(within, EQUAL)).sum())
    what = "get another label" if of_label else f"move by more than {within:g}" if within else "move"
    text = f"{wrong:,} of {count:,} changed rows {what}"
    if wrong and not of_label:
        text += f"; worst {moved.max():.3g}"
    text += f", {allow:.2%} allowed" if allow else ""
    text += f" ({tried})" if tried else ""
    if not wrong:
        return Verdict(True, text)
    line = f"worst: row {int(np.argmax(moved)) + 1:,} of the tested rows"
    return Verdict(wrong <= allow * count, text, [line], examples)


def _vacuous(count: int) -> Verdict:
    return Verdict(False, f"no row can fail: the change does not affect any of the {count:,} rows")
