"""The comparison of two builds as an HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlbuild.cli.output.tracking.comparison import Block, blocks_of, title_of
from mlbuild.reports.blocks import BAD, CALM, GOOD, WARN, Badge, Cell, Part, Picture, Table, text_of, words
from mlbuild.reports.charts.plot import strip
from mlbuild.reports.writing.page import page, words_html
from mlbuild.tracking.comparison import Comparison, MetricChange
from mlbuild.tracking.files import FileComparison

#: How the verdicts of metrics are shown.
_TONES = {"worse": BAD, "better": GOOD, "different": WARN, "can be chance": CALM, "the same": CALM}


def comparison_page(found: Comparison | FileComparison, *, predictions: bool, samples: bool) -> str:
    """Return the page. Equal comparisons give equal pages."""
    parts = [_part(block) for block in blocks_of(found, predictions, samples)]
    return page("Comparison of two builds", [words_html(words(title_of(found)))], parts)


def _part(block: Block) -> Part:
    head, *rows = ([*map(_cell, row)] for row in block.table) if block.table else [[]]
    if block.metrics:
        head.insert(-1, "")
        for row, picture in zip(rows, _pictures(block.metrics), strict=True):
            row.insert(-1, picture)
    tables = [Table(block.title, [*map(text_of, head)], rows)] if head else []
    return Part(block.title, [*tables, *(words(note) for note in block.notes)])


def _cell(text: str) -> Cell:
    return Badge(text, _TONES[text]) if text in _TONES else text


def _pictures(metrics: Sequence[MetricChange]) -> Iterator[Cell]:
    """Yield the differences with their intervals, each on a scale with 0 in the middle."""
    for one in metrics:
        interval = one.difference.interval if one.difference else None
        if one.difference is None or not interval or interval == (0.0, 0.0):
            yield ""
            continue
        most = max(map(abs, (*interval, one.difference.value)))
        yield Picture(strip((-most, most), one.difference.value, interval, 0.0))
