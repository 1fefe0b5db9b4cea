"""Finds numbers such as -999 that may stand for missing values, from the statistics of the columns."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.data.inference import Inferred
from mlbuild.data.statistics.numbers import Numbers

#: Numbers that people write for missing values.
_WRITTEN = frozenset(sign * int("9" * digits) for sign in (1, -1) for digits in range(2, 7))
#: In fewer rows, such a number can be a measured one.
_FEWEST = 3


def placeholders(inferred: Inferred) -> Iterator[str]:
    """Yield a remark for each number that people write for missing values, if it is far from all others of a column."""
    for name, column in inferred.columns.items():
        if column.dtype not in ("int", "float"):
            continue
        values = inferred.rows[name]
        whole = Numbers.of(values, column.dtype)
        for number in (whole.min, whole.max):
            if number is None or number not in _WRITTEN:
                continue
            rest = Numbers.of(values.filter(values != number), column.dtype)
            rows = whole.finite - rest.finite
            if rest.min is None or rest.max is None or rows < _FEWEST:
                continue
            gap = max(number - rest.max, rest.min - number)
            if gap > rest.max - rest.min:
                yield (
                    f"'{name}' has {number:g} in {rows:,} rows, far from all other values: if it means a missing value, add "
                    "it to 'null_values' of the column under 'read' of the source"
                )
