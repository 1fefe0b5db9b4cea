"""The gate `spread`: a metric is about equal in all slices."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.params import Number, Text, field
from mlbuild.verdicts.gates.gate import Evidence, Found, Judged
from mlbuild.verdicts.gates.of_metric import OfMetric


@frozen
class Spread(OfMetric):
    """A metric does not differ by more than a bound between the groups of a slice, such as the values of a column.

    Groups with too few rows for a confidence interval do not count. The gate passes if the values are close enough, and
    fails if even the closest ends of the highest and the lowest interval are too far apart.
    """

    gate = "spread"

    slice: str = field(Text(), "Slice of the model: its name, or its columns.", examples=("carrier",))
    max_difference: float = field(Number(min=0), "Largest accepted difference between two groups.")

    @property
    def words(self) -> str:
        return f"spread {self.metric.label} by {self.slice} <= {self.max_difference:g}"

    def problems(self, about: Judged) -> Iterator[Problem]:
        yield from super().problems(about)
        if self.slice not in about.slices:
            near = (
                did_you_mean(self.slice, about.slices)
                or f"slices of the model: {listed(about.slices) or 'none'}"
            )
            message = f"the model does not measure the slice '{self.slice}'"
            yield Problem("metric-mismatch", message, ("slice",), near)

    def judge(self, evidence: Evidence) -> Found:
        label = self.metric.label
        groups = [one for one in evidence.slices.get(self.split, ()) if one["slice"] == self.slice]
        known = [one for one in groups if isinstance(one["metrics"][label]["interval"], list)]
        if len(known) < 2:
            return Found("inconclusive", f"{len(known)} of {len(groups)} groups have enough rows to compare")
        ordered = sorted(known, key=lambda one: float(one["metrics"][label]["value"]))
        low, high = ordered[0], ordered[-1]
        ends = [one["metrics"][label] for one in (low, high)]
        difference = ends[1]["value"] - ends[0]["value"]
        text = f"{difference:.4g} between {ends[0]['value']:.4g} ({_called(low)}) and {ends[1]['value']:.4g} ({_called(high)})"
        text += f", {len(known)} of {len(groups)} groups have enough rows"
        if difference <= self.max_difference:
            return Found("pass", text)
        apart = ends[1]["interval"][0] - ends[0]["interval"][1]
        return Found("fail" if apart > self.max_difference else "inconclusive", text)


def _called(group: dict[str, object]) -> str:
    values = group["values"]
    return ", ".join(f"{name}={value}" for name, value in values.items()) if isinstance(values, dict) else ""
