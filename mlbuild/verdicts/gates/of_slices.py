"""Gates that can be judged in each group of some slices, and how the groups decide together.

With many groups, chance alone puts some of them beyond any bound. The gate therefore fails only if a group is beyond it
after the correction of Holm (1979), so that all groups together are wrong in as many cases as one group alone would be.
It passes if every group passes. A group with too few rows does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mlbuild.diagnostics import Path, Problem
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.params import ListOf, Text, field
from mlbuild.verdicts.gates.gate import Found, Judged
from mlbuild.verdicts.gates.of_metric import OfMetric

#: What is found in a group at a level of confidence; None if it has too few rows.
Decide = Callable[[Any, float], Found | None]
#: The groups that are named at most.
_MOST = 5


@frozen
class OfSlices(OfMetric):
    """A gate on a metric of all rows, or of each group of some slices."""

    slices: tuple[str, ...] = field(
        ListOf(Text(), unique=True),
        "Slices of the model, by name or by their columns: each of their groups must meet the requirement, instead of all rows together.",
        default=(),
        examples=(["carrier"],),
    )

    @property
    def groups(self) -> tuple[str, ...]:
        return self.slices

    @property
    def where(self) -> str:
        """The slices in a few words, after the requirement."""
        return f" in {', '.join(self.slices)}" if self.slices else ""

    def problems(self, about: Judged) -> Iterator[Problem]:
        yield from super().problems(about)
        for index, name in enumerate(self.slices):
            yield from unmeasured(name, about, ("slices", index))

    def together(self, groups: Sequence[Mapping[str, Any]], confidence: float, decide: Decide) -> Found:
        """Judge the groups of the slices together. A single one would be judged with a level of `confidence`."""
        own = [one for one in groups if one["slice"] in self.slices]
        usual = [(one, decide(one, confidence)) for one in own]
        known = [(one, found) for one, found in usual if found is not None]
        left = len(own) - len(known)
        few = f"; {left} of {len(own)} groups have too few rows" if left else ""
        if not known:
            return Found("inconclusive", f"0 of {len(own)} groups have enough rows")
        failed = _failed([one for one, _ in known], confidence, decide)
        if failed:
            told = [f"{called(known[index][0])}: {known[index][1].text}" for index in failed]
            return Found("fail", f"{len(failed)} of {len(known)} groups fail: {_some(told)}{few}")
        open_ = [f"{called(one)}: {found.text}" for one, found in known if found.finding != "pass"]
        if open_:
            return Found(
                "inconclusive", f"{len(open_)} of {len(known)} groups do not decide: {_some(open_)}{few}"
            )
        return Found("pass", f"all {len(known)} groups pass{few}")


def unmeasured(name: str, about: Judged, at: Path) -> Iterator[Problem]:
    """Yield the problem of a slice that the model does not measure."""
    if name not in about.slices:
        near = did_you_mean(name, about.slices) or f"slices of the model: {listed(about.slices) or 'none'}"
        yield Problem("metric-mismatch", f"the model does not measure the slice '{name}'", at, near)


def called(group: Mapping[str, Any]) -> str:
    """Return the name of a group: the values of its columns, or the name of its condition."""
    return ", ".join(f"{name}={value}" for name, value in group["values"].items()) or str(group["slice"])


def _failed(groups: Sequence[Any], confidence: float, decide: Decide) -> list[int]:
    """Return the groups that fail after the correction.

    Holm compares the i-th smallest probability with the level divided by the number of the groups that are left.
    Decisions at these levels give the same without probabilities.
    """
    failed: list[int] = []
    while True:
        level = 1 - (1 - confidence) / max(len(groups) - len(failed), 1)
        found = [decide(one, level) for one in groups]
        now = [index for index, one in enumerate(found) if one is not None and one.finding == "fail"]
        if len(now) <= len(failed):
            return failed
        failed = now


def _some(texts: Sequence[str]) -> str:
    more = [f"and {len(texts) - _MOST} more"] if len(texts) > _MOST else []
    return "; ".join([*texts[:_MOST], *more])
