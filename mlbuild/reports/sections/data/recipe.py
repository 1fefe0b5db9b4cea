"""How the output is made: what the spec says, with all defaults."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.reports.blocks import Block, Folded, Name, Source, Table
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section
from mlbuild.reports.writing.plain import plain


class Recipe(Section):
    title = "Spec and versions"

    def blocks(self, facts: Facts) -> Iterator[Block]:
        yield Folded(
            "The parts of the spec that make this output, with all defaults",
            [Source(plain(facts.about["spec"]))],
        )
        rows = [[Name(name), version] for name, version in facts.versions.items()]
        yield Table("Versions of the libraries", ["library", "version"], rows)
