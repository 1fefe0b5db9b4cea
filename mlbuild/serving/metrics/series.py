"""Counters and histograms, and how Prometheus reads them.

https://prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

_ESCAPED = {ord("\\"): r"\\", ord("\n"): r"\n", ord('"'): r"\""}


class Histogram:
    """Counts values in buckets: each up to a bound, and the last one above all bounds."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def add(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self, name: str, labels: Sequence[tuple[str, str]]) -> Iterator[str]:
        """Yield the lines of the exposition. The count of a bucket contains those of all lower ones."""
        total = 0
        for bound, count in zip([*map(str, self._bounds), "+Inf"], self._counts, strict=True):
            total += count
            yield line(f"{name}_bucket", [*labels, ("le", bound)], total)
        yield line(f"{name}_sum", labels, self._sum)
        yield line(f"{name}_count", labels, total)


def about(name: str, kind: str, help_: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a metric after those that describe it; nothing if it has none."""
    found = [*lines]
    if found:
        yield f"# HELP {name} {help_}"
        yield f"# TYPE {name} {kind}"
        yield from found


def counts(name: str, keys: Sequence[str], counter: Counter[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a counter, by its labels."""
    for values, count in sorted(counter.items()):
        yield line(name, [*zip(keys, values, strict=True)], count)


def line(name: str, labels: Sequence[tuple[str, str]], value: float) -> str:
    told = ",".join(f'{key}="{text.translate(_ESCAPED)}"' for key, text in labels)
    return f"{name}{{{told}}} {value}" if told else f"{name} {value}"
