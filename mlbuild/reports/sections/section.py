"""The base class of the sections of a report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlbuild.reports.blocks import Block, Part
from mlbuild.reports.facts import Facts


class Section:
    """A section of the report about an output.

    `blocks` yields what it consists of. It yields nothing if it does not apply: then there is no such section. `parts` are the
    files of the output that it reads, as far as they exist. `metrics.json`, `contract.json` and what is known about the
    data are always there.
    """

    title: ClassVar[str]
    parts: ClassVar[tuple[str, ...]] = ()

    def blocks(self, facts: Facts) -> Iterator[Block]:
        raise NotImplementedError

    def part(self, facts: Facts) -> Part | None:
        blocks = tuple(self.blocks(facts))
        return Part(self.title, blocks) if blocks else None
