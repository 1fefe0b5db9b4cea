"""Chooses builds by a condition on their metrics and on how they were made: `roc_auc > 0.68`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.expressions.binding import bind
from mlbuild.tracking.builds import SPLITS, Build

#: What can be asked of every build.
_TEXTS = ("build", "outcome", "started", "user", "host", "project", "git")
_NUMBERS = ("seconds",)


def fulfilling(builds: Sequence[Build], condition: str, model: str | None = None) -> list[Build]:
    """Return the builds for which an SQL condition is true.

    The columns are what every build has, such as `outcome`, and metrics: `roc_auc` is that of the chosen model, or of the
    first one that has it, on the test rows, or else on the valid or training rows. `"late.valid.roc_auc"` names model and
    split.

    Raises:
        Rejected: It is not a condition on such columns.
    """
    import polars as pl

    rows = [dict(_facts(build, model)) for build in builds]
    metrics = sorted({name for row in rows for name in row} - {*_TEXTS, *_NUMBERS})
    text, number = ColumnType("string", nullable=True), ColumnType("float", nullable=True)
    schema = Schema(dict.fromkeys(_TEXTS, text) | dict.fromkeys((*_NUMBERS, *metrics), number))
    found = bind(condition, schema)
    if found.type.dtype != "bool":
        message = f"a condition must be of dtype bool, but this is of dtype {found.type.dtype}"
        raise Rejected(Problem("type-mismatch", message))
    dtypes = dict.fromkeys(_TEXTS, pl.String()) | dict.fromkeys((*_NUMBERS, *metrics), pl.Float64())
    table = pl.DataFrame(
        {name: pl.Series([row.get(name) for row in rows], dtype=dtype) for name, dtype in dtypes.items()}
    )
    kept = table.select(found.to_polars().alias("kept"))["kept"].to_list() if builds else []
    return [build for build, keep in zip(builds, kept, strict=True) if keep]


def _facts(build: Build, model: str | None) -> Iterator[tuple[str, Any]]:
    """Yield the columns of a build. Of a name that is yielded twice, the last value counts."""
    for name, splits in reversed([*build.metrics.items()]):
        for split in reversed(SPLITS):
            for metric, value in splits.get(split, {}).items():
                yield f"{name}.{split}.{metric}", value
                yield f"{name}.{metric}", value
                if model in (None, name):
                    yield metric, value
    record = build.record
    yield from ((name, str(record.get(name))) for name in _TEXTS)
    seconds = record.get("seconds")
    yield "seconds", float(seconds) if isinstance(seconds, (int, float)) else None
    yield from (("outcome", build.outcome), ("git", build.git))
