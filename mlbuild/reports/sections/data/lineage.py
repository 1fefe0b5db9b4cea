"""What the output is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mlbuild.reports.blocks import Block, Drawing, Name, Table
from mlbuild.reports.charts.layers import layered
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section
from mlbuild.shown import shown

#: The most features of a table, and the most things that a drawing shows.
_MOST, _DRAWN = 100, 60


class Lineage(Section):
    """A graph of the definitions from the sources to the output, and the inputs that features are computed from."""

    title = "Lineage"

    def blocks(self, facts: Facts) -> Iterator[Block]:
        nodes: Mapping[str, str] = facts.about["graph"]["nodes"]
        edges: Sequence[Sequence[str]] = facts.about["graph"]["edges"]
        table = Table(
            "What is made from what", ["from", "to"], [[shown(one), shown(other)] for one, other in edges]
        )
        if len(nodes) <= _DRAWN:
            yield Drawing(
                layered(nodes, edges, f"From the sources to the output {facts.about['output']}"), table
            )
        else:
            yield table
        types = {one["name"]: one["dtype"] for one in facts.part("contract.json")["inputs"]}
        found = [*facts.about["lineage"].items()]
        rows = [
            [Name(name), tuple(part for one in read for part in (Name(one), types.get(one, "")))]
            for name, read in found[:_MOST]
        ]
        more = f" (the first {_MOST} of {len(found)})" if len(found) > _MOST else ""
        yield Table(
            f"Features, and the inputs that they are computed from{more}", ["feature", "inputs"], rows
        )
