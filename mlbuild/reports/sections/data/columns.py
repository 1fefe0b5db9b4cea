"""The columns that the model uses: their values in each split, and how these differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mlbuild.data.statistics.distance import SHIFTED, SHIFTED_MUCH, Distance, distances
from mlbuild.data.statistics.flags import Flags
from mlbuild.data.statistics.numbers import QUANTILES, Numbers
from mlbuild.data.statistics.statistics import Statistics
from mlbuild.data.statistics.texts import Texts
from mlbuild.data.statistics.times import Times
from mlbuild.reports.blocks import (
    BAD,
    WARN,
    Badge,
    Block,
    Cell,
    Name,
    Number,
    Picture,
    Share,
    Stack,
    Table,
    words,
)
from mlbuild.reports.charts.plot import spark
from mlbuild.reports.facts import HELD_OUT, Facts
from mlbuild.reports.sections.section import Section
from mlbuild.reports.words import value_text

#: The most columns of the table, the number of bars of a picture, and of frequent values that are named.
_MOST, _BARS, _NAMED = 100, 16, 3
#: Distances are written with so many digits: the last bits of a logarithm differ between processors.
_DIGITS = 6


class Columns(Section):
    """One row for each column. Only the training rows are described by numbers; pictures show all splits."""

    title = "Columns"

    def blocks(self, facts: Facts) -> Iterator[Block]:
        tables = facts.tables
        if not tables:
            return
        first, train = next(iter(tables.items()))
        used = [(name, role) for name, role in facts.about["roles"] if name in train.columns]
        others = [split for split in HELD_OUT if split in tables and tables[split].rows]
        apart = {split: distances(train.columns, tables[split].columns) for split in others}
        splits = [first, *others]
        rows = [
            [Name(name), role, train.columns[name].dtype, *_cells(facts, name, splits, apart)]
            for name, role in used[:_MOST]
        ]
        head = ["column", "use", "dtype", "distinct", f"values in {first}", *splits, "missing", "drift"]
        yield Table("Columns of the dataset that the model uses", head, rows)
        if others:
            yield words(
                "Drift is the population stability index of a split, compared with the training rows:",
                Badge("shifted", WARN),
                f"from {SHIFTED:g},",
                Badge("shifted much", BAD),
                f"from {SHIFTED_MUCH:g}. Missing values count as a value.",
            )
        if len(used) > _MOST:
            yield words(f"{len(used) - _MOST} more columns are left out; `mlbuild describe` shows them.")


def _cells(
    facts: Facts, name: str, splits: Sequence[str], apart: Mapping[str, Mapping[str, Distance | None]]
) -> Iterator[Cell]:
    columns = {split: facts.tables[split].columns[name] for split in splits}
    own, private = columns[splits[0]], name in facts.about["private"]
    distinct = getattr(own, "distinct", None)
    yield "" if distinct is None else Number(distinct)
    yield "(private)" if private else values(own)
    for column in columns.values():
        yield "" if private else Picture(spark(column.bars(_BARS)))
    lost = {split: Share(one.missing, one.rows) for split, one in columns.items() if one.missing}
    yield Stack([*lost.items()])
    yield Stack([(split, drift(apart[split][name])) for split in splits[1:]])


def values(column: Statistics) -> Cell:
    """Return the most telling values of a column."""
    match column:
        case Numbers(quantiles=quantiles) if quantiles is not None:
            ends = column.min, quantiles[len(QUANTILES) // 2], column.max
            low, middle, high = (Number(one, grouped=False) for one in ends)
            return (low, "…", middle, "…", high)
        case Flags() if column.present:
            return ("true", Share(column.true, column.present))
        case Times(first=first, last=last) if first and last:
            return Stack([first, f"… {last}"])
        case Texts() if column.present:
            # Values that occur once can be names of people.
            named = [one for one in column.values.items() if one[1] > 1][:_NAMED]
            return Stack([(value_text(value), Share(count, column.present)) for value, count in named])
    return ""


def drift(distance: Distance | None) -> Cell:
    psi = distance.psi if distance else None
    if psi is None:
        return ""
    number = Number(float(f"{psi:.{_DIGITS}g}"))
    if psi < SHIFTED:
        return number
    much = psi >= SHIFTED_MUCH
    return (number, Badge("shifted much" if much else "shifted", BAD if much else WARN))
