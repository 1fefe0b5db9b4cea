"""Describes how a model was chosen among trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlbuild.cli.output.numbers import number
from mlbuild.models.searches.search import settings_text


def trials_text(found: Mapping[str, Any] | None) -> list[str]:
    """Return the line about the best of the trials; none if there were no trials."""
    if not found:
        return []
    trials = found["trials"]
    best = next(one for one in trials if one["trial"] == found["best"])
    failed = sum(one["value"] is None for one in trials)
    told = f"best of {len(trials)} trials by {found['metric']} on {found['on']} {number(found['value'])}"
    more = [f"median {number(found['median'])}", *([f"{failed} failed"] if failed else [])]
    return [f"  {told}: {settings_text(best['params'])} ({', '.join(more)})"]
