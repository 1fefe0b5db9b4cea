"""Formats the search for the commit that made a metric worse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlbuild.cli.output.tracking.comparison import comparison_json, comparison_text
from mlbuild.cli.output.tracking.runs import number
from mlbuild.pipeline.builds.commits import Commit
from mlbuild.shown import shown, told
from mlbuild.tracking.bisect import Verdict
from mlbuild.tracking.comparison import Comparison

_WORDS = {True: "worse", False: "good", None: "skipped"}


def step_text(commit: Commit, verdict: Verdict, metric: str) -> str:
    """Return a line about a commit that was judged."""
    value = f"{metric} {number(verdict.value)}" if verdict.value is not None else ""
    why = told(verdict.why) if verdict.worse is None else ""
    parts = [
        commit.name[:7],
        f"{_WORDS[verdict.worse]:<7}",
        f"{value}{_apart(verdict)}",
        why,
        shown(commit.subject),
    ]
    return "  ".join(part for part in parts if part)


def _apart(verdict: Verdict) -> str:
    found = verdict.difference
    if found is None:
        return ""
    interval = found.interval
    within = f" [{interval[0]:+.2g}, {interval[1]:+.2g}]" if interval and interval != (0.0, 0.0) else ""
    return f" ({found.value:+.3g}{within})"


def found_text(
    suspects: Sequence[Commit], verdict: Verdict, metric: str, compared: Comparison | None
) -> list[str]:
    """Return which commit it was, and what it changed. There are several suspects if some could not be judged."""
    *others, last = suspects
    lines = [f"{commit.name[:7]}  {shown(commit.subject)}" for commit in (*others, last)]
    head = f"{metric} is worse since {'this commit' if not others else 'one of these commits'}: {number(verdict.value)}{_apart(verdict)}"
    more = ["", *comparison_text(compared, predictions=False, samples=False)] if compared else []
    return [head, *lines, *more]


def found_json(
    suspects: Sequence[Commit] | None, tested: Sequence[tuple[Commit, Verdict]], compared: Comparison | None
) -> dict[str, Any]:
    return {
        "worse_since": None if suspects is None else [vars(one) for one in suspects],
        "tested": [
            vars(commit)
            | {"verdict": _WORDS[verdict.worse], "value": verdict.value, "why": verdict.why or None}
            | {"difference": verdict.difference.to_json() if verdict.difference else None}
            for commit, verdict in tested
        ],
        "comparison": comparison_json(compared, predictions=False, samples=False) if compared else None,
    }
