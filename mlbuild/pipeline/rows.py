"""Counts how many rows of stored columns differ, to explain changes. Builds do not use this."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping

from mlbuild.engine.store.contents import Contents
from mlbuild.frozen import frozen

#: The maximum number of bytes of columns to compare.
MOST_BYTES = 1 << 28


@frozen
class RowChange:
    """A part with a column that had `was` rows and has `now` rows.

    `differ` of them differ, if the numbers are equal.
    """

    part: str
    was: int
    now: int
    differ: int | None


def row_changes(contents: Contents, pairs: Mapping[str, tuple[str, str]]) -> Iterator[RowChange]:
    """Compare the old and the new content of parts, given by their digests, as far as the store has both.

    Parts without a column are skipped, and also everything beyond `MOST_BYTES`.
    """
    left = MOST_BYTES
    for part, digests in pairs.items():
        sizes = [contents.size(digest) for digest in digests]
        size = sum(size or 0 for size in sizes)
        if "/" not in part or None in sizes or size > left:
            continue
        left -= size
        was, now = (contents.get(digest) for digest in digests)
        if was is not None and now is not None:
            yield _compared(part, was, now)


def _compared(part: str, was: bytes, now: bytes) -> RowChange:
    import polars as pl

    before, after = (pl.read_parquet(io.BytesIO(content)).to_series() for content in (was, now))
    same_kind = len(before) == len(after) and before.dtype == after.dtype
    differ = int(before.ne_missing(after).sum()) if same_kind else None
    return RowChange(part, len(before), len(after), differ)
