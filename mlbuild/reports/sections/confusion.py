"""Which classes are predicted for which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlbuild.reports.blocks import Block, Number, Table
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section

#: With more classes, only the most frequent errors are listed, and so many of them.
_CLASSES, _ERRORS = 12, 20


class Confusion(Section):
    title = "Confusion"
    parts = ("curves.json",)

    def blocks(self, facts: Facts) -> Iterator[Block]:
        counts: Sequence[Sequence[int]] = facts.curves.get("confusion", ())
        if not counts:
            return
        names = facts.class_names
        if len(names) > _CLASSES:
            yield _errors(counts, names)
            return
        shades = [[0.0, *(count / (sum(row) or 1) for count in row)] for row in counts]
        rows = [[name, *map(Number, row)] for name, row in zip(names, counts, strict=True)]
        caption = f"Rows of {facts.split} by class, and what is predicted for them"
        yield Table(caption, ["class", *(f"predicted {name}" for name in names)], rows, shades)


def _errors(counts: Sequence[Sequence[int]], names: Sequence[str]) -> Table:
    found = sorted(
        (-count, row, column)
        for row, line in enumerate(counts)
        for column, count in enumerate(line)
        if count and row != column
    )
    rows = [[names[row], names[column], Number(-count)] for count, row, column in found[:_ERRORS]]
    return Table("The most frequent errors", ["class", "predicted", "rows"], rows)
