"""Names the slices on which a model is better or worse than on all rows by more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlbuild.columns import text_of
from mlbuild.shown import shown

#: A line names this many slices.
_MOST = 5


def outside_chance(content: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the slices of the last split that differ from all rows, the surest difference first; None without slices."""
    if content is None or not content["splits"]:
        return None
    split, told = [*content["splits"].items()][-1]
    found = [
        {key: one[key] for key in ("slice", "values", "rows")}
        | {"metric": name, **{key: value[key] for key in ("value", "difference", "p")}}
        for one in told["slices"]
        for name, value in one["metrics"].items()
        if value["outside_chance"]
    ]
    return {
        "split": split,
        "slices": len(told["slices"]),
        "outside_chance": sorted(found, key=lambda one: float(one["p"])),
    }


def slices_text(told: Mapping[str, Any] | None) -> Sequence[str]:
    """Return the line about the slices of a model."""
    if told is None:
        return []
    found = told["outside_chance"]
    named = [
        f"{_named(one)} {one['metric']} {one['value']:.3g} ({one['difference']:+.2g})"
        for one in found[:_MOST]
    ]
    more = [f"and {len(found) - _MOST} more"] if len(found) > _MOST else []
    which = f"significant: {', '.join([*named, *more])}" if found else "none significant"
    return [f"  slices: {told['slices']} of the {told['split']} rows; {which}"]


def _named(one: Mapping[str, Any]) -> str:
    if not one["values"]:
        return shown(str(one["slice"]))
    return " ".join(f"{shown(name)}={_value(value)}" for name, value in one["values"].items())


def _value(value: Any) -> str:
    return "(missing)" if value is None else shown(text_of(value))
