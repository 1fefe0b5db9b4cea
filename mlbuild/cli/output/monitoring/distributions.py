"""Pictures of how the values of a column are distributed, in the training rows and in a window of a log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.profiles.bins import NumberBins, TextBins
from mlbuild.profiles.column import ColumnProfile
from mlbuild.reports.blocks import Cell, Chart, Number, Share, Table
from mlbuild.reports.charts.plot import Plot
from mlbuild.shown import cut, shown

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: How many bars a picture has.
BARS = 16
#: Bars end this many times the distance of the quartiles beyond them. Values that are farther belong to the outermost bars.
_REACH = 1.5
_LONGEST_TEXT = 40


def bars(column: ColumnProfile, counts: Array) -> list[float]:
    """Return the number of present values in each of the bars of a column, from the counts of its bins."""
    import numpy as np

    present = counts[:-1]
    if not isinstance(column.bins, NumberBins):
        rest = present[BARS - 1 :]
        return [*present[: BARS - 1].tolist(), *([float(rest.sum())] if len(rest) else [])]
    edges = column.bins.edges
    if len(edges) < 2:
        return [float(present.sum())]
    # Within a bin, values are spread evenly. Those below the first edge and above the last one belong to the outermost bars.
    within = np.cumsum([present[0], *present[1:-1].tolist()])
    below = np.interp(_bounds(column)[1:-1], edges, within)
    found: list[float] = np.diff([0.0, *below.tolist(), float(present.sum())]).tolist()
    return found


def distribution(column: ColumnProfile, counts: Array, *, samples: bool) -> Chart:
    """Draw the shares of the values of a column. With `samples`, the table quotes texts."""
    import numpy as np

    known = np.array(column.counts)
    both = [np.array(bars(column, one)) / max(one[:-1].sum(), 1) for one in (known, counts)]
    trained, found = both
    bounds = _places(column)
    most = float(max(trained.max(initial=0.0), found.max(initial=0.0)))
    plot = Plot((bounds[0], bounds[-1]), (0.0, most or 1.0))
    for start, end, height in zip(bounds, bounds[1:], found, strict=False):
        plot.bar(start, end, float(height))
    ends = zip(bounds, bounds[1:], trained, strict=False)
    plot.line([(x, float(height)) for start, end, height in ends for x in (start, end)], "line second")
    what = "value" if isinstance(column.bins, NumberBins) else "values, the most frequent first"
    label = f"Distribution of {shown(column.name)}: bars are the window, the dashed line is training"
    return Chart(shown(column.name), plot.svg(label, what, "share"), _table(column, known, counts, samples))


def _bounds(column: ColumnProfile) -> list[float]:
    """Return the ends of the bars of a column of numbers."""
    import numpy as np

    assert isinstance(column.bins, NumberBins)
    edges = np.array(column.bins.edges)
    low, middle, high = (edges[round(share * (len(edges) - 1))] for share in (0.25, 0.5, 0.75))
    reach = _REACH * max(high - low, high - middle, middle - low)
    first, last = (
        (edges[0], edges[-1]) if reach == 0 else (max(edges[0], low - reach), min(edges[-1], high + reach))
    )
    found: list[float] = np.linspace(first, last, BARS + 1).tolist()
    return found


def _places(column: ColumnProfile) -> list[float]:
    """Return the ends of the bars on the axis of a chart."""
    if isinstance(column.bins, NumberBins) and len(column.bins.edges) > 1:
        return _bounds(column)
    count = len(bars(column, _zeros(column)))
    return [place + 0.5 for place in range(count + 1)]


def _zeros(column: ColumnProfile) -> Array:
    import numpy as np

    return np.zeros(len(column.counts))


def _table(column: ColumnProfile, known: Array, counts: Array, samples: bool) -> Table:
    """Return the numbers of rows of each group that the stability index compares."""
    names = _groups(column, samples)
    sums = [column.grouped(one).tolist() for one in (known, counts)]
    rows = [
        [name, Share(before, int(known.sum())), Share(now, int(counts.sum()))]
        for name, before, now in zip(names, *sums, strict=True)
        if before or now
    ]
    return Table(f"Rows of each group of {shown(column.name)}", ["group", "training", "window"], rows)


def _groups(column: ColumnProfile, samples: bool) -> list[Cell]:
    """Return what is in each group of a column."""
    import numpy as np

    groups = column.groups
    number = int(groups.max()) + 1
    if isinstance(column.bins, NumberBins):
        edges = [-np.inf, *column.bins.edges, np.inf]
        found: list[Cell] = []
        for group in range(number - 1):
            places = np.flatnonzero(groups[:-1] == group)
            low, high = edges[places[0]], edges[places[-1] + 1]
            found.append(_between(float(low), float(high)))
        return [*found, "missing"]
    assert isinstance(column.bins, TextBins)
    return [*(_texts(column.bins, groups, group, samples) for group in range(number - 1)), "missing"]


def _between(low: float, high: float) -> Cell:
    import math

    if math.isinf(low):
        return ("below", Number(high, grouped=False)) if math.isfinite(high) else "any"
    return (
        "from",
        Number(low, grouped=False),
        *(("to", Number(high, grouped=False)) if math.isfinite(high) else ()),
    )


def _texts(bins: TextBins, groups: Array, group: int, samples: bool) -> str:
    import numpy as np

    places: Sequence[int] = np.flatnonzero(groups[:-1] == group).tolist()
    named = [bins.values[place] for place in places if place < len(bins.values)]
    if not named:
        return "others"
    if len(named) > 1 or not samples:
        return f"{len(named)} more values" if len(named) > 1 else f"value {places[0] + 1}"
    return shown(cut(named[0], _LONGEST_TEXT))
