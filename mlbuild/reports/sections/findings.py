"""What a person should know about the output before using it."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.reports.blocks import Block, Name, Table, words
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section
from mlbuild.shown import told


class Findings(Section):
    """Every finding with its code. A finding quotes no values of the data."""

    title = "Findings"

    def blocks(self, facts: Facts) -> Iterator[Block]:
        if not facts.findings:
            yield words("The build found nothing that needs attention.")
            return
        rows = [[Name(one["code"]), told(one["message"])] for one in facts.findings]
        yield Table("What the build found", ["code", "finding"], rows)
        yield words("The command", Name("mlbuild explain CODE"), "says what a code means and what to do.")
