"""The requirements on the output, and what was found."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.reports.blocks import BAD, GOOD, WARN, Badge, Block, Table
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section
from mlbuild.shown import told

#: How a verdict of a gate is written.
_VERDICTS = {
    "pass": Badge("passed", GOOD),
    "fail": Badge("failed", BAD),
    "inconclusive": Badge("inconclusive", WARN),
    "no_baseline": Badge("no baseline", WARN),
}


class Gates(Section):
    title = "Gates"
    parts = ("gates.json",)

    def blocks(self, facts: Facts) -> Iterator[Block]:
        rows = [
            [_VERDICTS[one["verdict"]], told(one["words"]), told(one["text"])]
            for one in facts.part("gates.json").get("gates", ())
        ]
        if rows:
            yield Table("What the model had to fulfil", ["verdict", "requirement", "found"], rows)
