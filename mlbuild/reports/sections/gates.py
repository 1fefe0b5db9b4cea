"""The requirements on the output, and what was found."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.reports.blocks import BAD, GOOD, WARN, Badge, Block, Table
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section
from mlbuild.shown import told

#: How a verdict of a gate is written.
_VERDICTS = {"pass": "passed", "fail": "failed", "inconclusive": "inconclusive", "no_baseline": "no baseline"}


class Gates(Section):
    title = "Gates"
    parts = ("gates.json",)

    def blocks(self, facts: Facts) -> Iterator[Block]:
        rows = [
            [_badge(one["verdict"], one["outcome"]), told(one["words"]), told(one["text"])]
            for one in facts.part("gates.json").get("gates", ())
        ]
        if rows:
            yield Table("What the model had to fulfil", ["verdict", "requirement", "found"], rows)


def _badge(verdict: str, outcome: str) -> Badge:
    """Return how a verdict is shown. What does not decide can stop the publication, too."""
    bad = verdict == "fail" or outcome == "failed"
    tone = BAD if bad else GOOD if verdict == "pass" else WARN
    return Badge(_VERDICTS[verdict], tone)
