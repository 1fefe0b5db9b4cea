"""NDJSON: one JSON object per line."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mlbuild.data.formats.expanded import expanded
from mlbuild.data.formats.format import Format
from mlbuild.data.formats.texts.ndjson_rows import blocks, joined, keys, typed
from mlbuild.frozen import frozen
from mlbuild.progress import Report, silent

if TYPE_CHECKING:
    import polars as pl


@frozen
class Ndjson(Format):
    """A file with one JSON object per line.

    The keys are the columns. If an object lacks a key, the value is missing.
    """

    type = "ndjson"
    suffixes = (".ndjson", ".jsonl")
    compressible = True

    def lines_before(self, file: Path, rows: int) -> int | None:
        with expanded(file, self.type) as stream:
            return 0 if sum(1 for _ in stream) == rows else None

    def header(self, file: Path) -> list[str]:
        return [*keys(file)]

    def raw(
        self, file: Path, names: Sequence[str], progress: Report = silent
    ) -> tuple[pl.DataFrame, list[str]]:
        import polars as pl

        parts: dict[str, list[pl.Series]] = {name: [] for name in names}
        header: dict[str, None] = {}
        rows = 0
        for block in blocks(file, names, header):
            rows += block.rows
            progress(rows, None, "rows")
            for name, found in parts.items():
                found.append(typed(name, block.values[name]))
        if not rows:  # a table without rows does not lack any column
            return pl.DataFrame(schema=dict.fromkeys(names, pl.Null)), [*names]
        return pl.DataFrame([joined(found) for name, found in parts.items() if name in header]), [*header]

    def write(self, rows: pl.DataFrame, stream: IO[bytes]) -> None:
        import polars.selectors as cs

        floats = rows.select(cs.float())
        # A name such as `^a$` would be a pattern.
        floats.columns = [str(index) for index in range(floats.width)]
        if not any(column.is_infinite().any() for column in floats):
            rows.write_ndjson(stream)
            return
        for row in rows.iter_rows(named=True):
            line = {name: _plain(value) for name, value in row.items()}
            stream.write(f"{json.dumps(line, ensure_ascii=False, allow_nan=False)}\n".encode())


def _plain(value: Any) -> Any:
    """Convert a value for JSON. JSON has no infinite numbers, so these become text."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value.isoformat() if isinstance(value, date) else value
