"""Describes how a model was chosen among trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlbuild.columns import text_of


def trials_text(found: Mapping[str, Any] | None) -> list[str]:
    """Return the line about the best of the trials, and the second best; none if there were no trials."""
    if not found:
        return []
    trials = found["trials"]
    best = next(one for one in trials if one["trial"] == found["best"])
    failed = sum(one["value"] is None for one in trials)
    told = f"best of {len(trials)} trials by {found['metric']} on {found['on']} {_number(found['value'])}: {settings_text(best)}"
    more = [f"median {_number(found['median'])}", *([f"{failed} failed"] if failed else [])]
    return [f"  {told} ({', '.join(more)})"]


def settings_text(trial: Mapping[str, Any]) -> str:
    """Return the parameters that a trial sets."""
    return ", ".join(f"{key}={text_of(value)}" for key, value in trial["params"].items()) or str(
        trial["trial"]
    )


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.6g}"
