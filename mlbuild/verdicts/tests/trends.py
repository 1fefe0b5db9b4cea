"""Follows the score of each row while one of its inputs grows."""

from __future__ import annotations

from typing import Any

from mlbuild.verdicts.tests.changed_rows import grid_of, scores_over, thinned
from mlbuild.verdicts.tests.subject import Subject
from mlbuild.verdicts.verdict import Verdict

#: Scores that differ by less are equal: the last bits of a sum depend on its order.
EQUAL = 1e-12


def judge_trend(subject: Subject, name: str, sign: int, of: Any, allow: float) -> Verdict:
    """Judge whether the score never falls (`sign` 1), or never rises (-1), while an input grows."""
    import numpy as np

    rows = subject.rows
    assert rows is not None
    grid = grid_of(subject, name, rows)
    picked = thinned(rows, len(grid.values))
    scores = (
        np.stack(
            [
                sign * subject.score_of(found, of)
                for found in scores_over(subject, rows[picked], name, grid.values)
            ],
            axis=1,
        )
        if len(picked) and grid.values
        else np.zeros((len(picked), 1))
    )
    can_fail = int((np.ptp(scores, axis=1) > EQUAL).sum())
    if not can_fail:
        return Verdict(
            False, f"no row can fail: the score does not depend on '{name}' in any of {len(picked):,} rows"
        )
    falls = np.maximum.accumulate(scores, axis=1) - scores
    wrong = int((falls.max(axis=1) > EQUAL).sum())
    about = f"{wrong:,} of {len(picked):,} rows {'fall' if sign > 0 else 'rise'}"
    tried = f"{grid.text} of '{name}' tried, {can_fail:,} rows could fail"
    if not wrong:
        return Verdict(True, f"{about} ({tried})")
    row, end = np.unravel_index(int(falls.argmax()), falls.shape)
    start = int(scores[row, :end].argmax())
    before, after = (float(sign * scores[row, at]) for at in (start, end))
    kept = wrong <= allow * len(picked)
    text = f"{about} somewhere{f', at most {allow:.4g} of them allowed' if allow else ''}; worst {after - before:+.3g} ({tried})"
    examples = {
        name: [grid.values[start], grid.values[int(end)]],
        "score": [round(before, 6), round(after, 6)],
    }
    return Verdict(kept, text, [f"worst: row {int(picked[row]) + 1:,} of the tested rows"], examples)
