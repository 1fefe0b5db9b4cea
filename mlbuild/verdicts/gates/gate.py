"""The base class of gates: requirements on how good a model is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Choice, Described, field
from mlbuild.verdicts.verdict import SEVERITIES

if TYPE_CHECKING:
    from mlbuild.evaluation.harm import Harm
    from mlbuild.models.metrics.metric import Metric

#: What a gate finds. A model can be good enough, or not; the rows can be too few to say; or there is no model to compare
#: it with.
Finding = Literal["pass", "fail", "inconclusive", "no_baseline"]


@frozen
class Found:
    """What a gate found, and one sentence with the figures behind it."""

    finding: Finding
    text: str


@frozen
class Evidence:
    """What is known about a model when its gates are judged.

    `metrics` and `intervals` are those of each part, by the label of a metric. `harms` compare with the `baseline` and
    the `constant` in each part. `flips` is the share of rows with another answer than the baseline's. `missing` says why
    there is no baseline, and `unit` what the independent units of the rows are called. `bytes` is the size of the
    artifact. `slices` are the groups of each part with their metrics, and `slice_harms` those with their harms, as in
    `harms`. `latency` is what was measured on which machine, by the number of rows.
    """

    metrics: Mapping[str, Mapping[str, float | None]]
    intervals: Mapping[str, Mapping[str, Any]]
    harms: Mapping[str, Mapping[str, Mapping[str, Harm | None]]]
    flips: Mapping[str, float]
    missing: str | None
    unit: str
    bytes: int
    slices: Mapping[str, Sequence[Any]]
    slice_harms: Mapping[str, Mapping[str, Sequence[Any]]]
    latency: Mapping[str, Any]


@frozen
class Judged:
    """What is known about the model of a gate before any data is read.

    `metrics` are those that the model measures, by their labels, and `slices` the labels of its slices. `parts` can have rows.
    """

    metrics: Mapping[str, Metric]
    classes: int | None
    parts: tuple[str, ...]
    baseline: bool
    slices: tuple[str, ...] = ()


@frozen
class Gate(Described):
    """A requirement on how good a model is.

    A gate that `compares` needs the harms compared with the `baseline` or to the `constant`.
    """

    by = "gate"
    gate: ClassVar[str]
    compares: ClassVar[Literal["baseline", "constant"] | None] = None

    severity: str = field(Choice(SEVERITIES), "What happens if the gate fails.", default="fail")

    @property
    def measured(self) -> int | None:
        """The number of rows whose prediction is timed, if the gate is about time."""
        return None

    @property
    def groups(self) -> tuple[str, ...]:
        """The slices in whose groups it is judged, instead of on all rows."""
        return ()

    @property
    def words(self) -> str:
        """The gate in a few words, for reports."""
        return self.gate

    def problems(self, about: Judged) -> Iterator[Problem]:
        """Yield the reasons why the gate does not fit the model."""
        if self.compares == "baseline" and not about.baseline:
            message = f"gate '{self.gate}' needs a baseline to compare with"
            help_ = "add 'baseline' to the output, such as {type: model, model: NAME}"
            yield Problem("missing-key", message, (), help_, on="key")

    def judge(self, evidence: Evidence) -> Found:
        """Judge the model."""
        raise NotImplementedError

    def passes(self, finding: Finding) -> bool:
        """Whether a finding lets the output be published."""
        return finding == "pass"
