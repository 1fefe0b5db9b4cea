"""Where the rows come from: how many each step leaves, and how many each split and class have."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.reports.blocks import Block, Cell, Number, Share, Table
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section


class Rows(Section):
    title = "Rows"

    def blocks(self, facts: Facts) -> Iterator[Block]:
        found = facts.part("report.json")
        steps = [
            [
                one["op"],
                *(
                    Number(one.get(key)) if key in one else ""
                    for key in ("rows_before", "rows_after", "matched")
                ),
            ]
            for one in found.get("steps", ())
        ]
        if steps:
            yield Table("Rows before and after each step", ["step", "before", "after", "matched"], steps)
        by_class = facts.part("metrics.json")["classes"]
        names = facts.class_names
        rows: list[list[Cell]] = []
        for split, count in found.get("rows", {}).items():
            classes = by_class["rows"].get(split, ()) if by_class else ()
            rows.append([split, Number(count), *(Share(one, count) for one in classes or [0] * len(names))])
        yield Table(
            "Rows of each split, by class" if names else "Rows of each split", ["split", "rows", *names], rows
        )
