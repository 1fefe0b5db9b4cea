"""The tests of the output."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.reports.blocks import BAD, GOOD, WARN, Badge, Block, Name, Table
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section
from mlbuild.shown import told

_OUTCOMES = {
    "passed": Badge("passed", GOOD),
    "warned": Badge("warning", WARN),
    "failed": Badge("failed", BAD),
}


class Tests(Section):
    title = "Tests"

    def blocks(self, facts: Facts) -> Iterator[Block]:
        rows = [
            [
                _OUTCOMES[report["outcome"]],
                Name(name),
                told(report["text"]),
                facts.about["tests"][name],
            ]
            for name, report in facts.tests.items()
        ]
        if rows:
            yield Table("What was tested with the model file", ["verdict", "test", "found", "kind"], rows)
