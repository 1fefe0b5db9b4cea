"""What a test or a gate says about a model, in readable words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from mlbuild.data.faults import first
from mlbuild.frozen import frozen
from mlbuild.kinds import Json

#: What happens if the requirement is not met.
SEVERITIES = {
    "fail": "The build ends with exit code 4 and publishes nothing.",
    "warn": "The build reports a warning.",
}


@frozen
class Verdict:
    """Whether a requirement is met, and one sentence with the figures behind it.

    `lines` say more about a failure. `examples` are values of rows, by what they are; they can be left out of reports.
    """

    passed: bool
    text: str
    lines: Sequence[str] = ()
    examples: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def details(self) -> Json:
        """The details of a failure."""
        return {
            "lines": list(self.lines),
            "examples": {name: first([*some]) for name, some in self.examples.items()},
        }
