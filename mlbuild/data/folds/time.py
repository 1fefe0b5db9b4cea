"""The folds `time`: each is predicted by a model that is trained on earlier rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlbuild.columns import TEMPORAL
from mlbuild.data.folds.folds import HELD_OUT, TRAIN, UNUSED, Folds, different
from mlbuild.data.splits.split import suitable_column
from mlbuild.data.splits.time import moments_of
from mlbuild.data.steps.durations import Duration
from mlbuild.data.table import Table
from mlbuild.diagnostics import Problem, data_failure
from mlbuild.frozen import frozen
from mlbuild.hints import in_words
from mlbuild.moments import parse_duration
from mlbuild.params import Name, field

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


@frozen
class TimeFolds(Folds):
    """Divide by time: each fold is predicted by a model that is trained on earlier rows only, as `TimeSeriesSplit` of
    scikit-learn does.

    With n training rows, each fold has n // (`count` + 1) rows, and the last fold ends with the last row. Rows before the
    first fold are never predicted. Rows with the same time are always in the same fold, the later one. If many rows have
    the same time, each fold still has at least one time of its own, and there is one before the first fold.
    """

    discriminator = ("type", "time")
    separates = False

    column: str = field(
        Name("column"), "Date or datetime column to divide by. Its values must not be missing."
    )
    window: str | None = field(
        Duration(),
        "Train only on this much time before each fold (and before the `gap`). Default: train on all earlier rows.",
        default=None,
        examples=("90d", "52w"),
    )
    gap: str | None = field(
        Duration(),
        "Do not train on rows within this time before each fold, so that the model does not see the rows just before it.",
        default=None,
        examples=("7d", "12h"),
    )

    def check(self) -> Iterator[Problem]:
        if self.window is not None and not parse_duration(self.window):
            yield Problem("contradiction", "'window' leaves no rows to train on", ("window",))

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def infer(self, table: Table) -> None:
        suitable_column(self.column, table, "time folds need", TEMPORAL)

    @property
    def least(self) -> int:
        return self.count + 1

    def _roles(self, rows: pl.DataFrame) -> list[np.ndarray[Any, Any]]:
        import numpy as np

        moments = moments_of(rows, self.column, "time folds").to_numpy()
        starts = self._starts(moments)
        window = parse_duration(self.window) if self.window is not None else None
        folds = []
        for number, start in enumerate(starts):
            until = start - (parse_duration(self.gap) if self.gap is not None else 0)
            train = moments < until
            if window is not None:
                train &= moments >= until - window
            held_out = moments >= start
            if number + 1 < self.count:
                held_out &= moments < starts[number + 1]
            roles = np.where(held_out, HELD_OUT, np.where(train, TRAIN, UNUSED))
            folds.append(roles.astype(np.uint8))
        return folds

    def _starts(self, moments: np.ndarray[Any, Any]) -> list[int]:
        """Return the first time of each fold: those of rows at equal distances, moved apart if they are not different.

        Raises:
            Failed: Of kind `data`: there are too few times.
        """
        import numpy as np

        times, places = np.unique(np.sort(moments), return_inverse=True)
        spare = len(times) - self.count
        if spare < 1:
            told = f"the {len(moments):,} training rows have {len(times):,}; use fewer folds"
            raise data_failure(
                f"{self.count} time folds need at least {self.least} different times, but {told}"
            )
        size, numbers = len(moments) // (self.count + 1), np.arange(self.count)
        wanted = places[len(moments) - size * self.count :: size]
        # By how many times each start is later than the earliest one that is possible: this never falls.
        later = np.maximum.accumulate(np.clip(wanted - numbers, 1, spare))
        return list(times[later + numbers].tolist())

    def _why_empty(self, rows: pl.DataFrame) -> str:
        times = different(rows, [self.column], "time")
        limits = [
            name for name, limit in (("'window'", self.window), ("'gap'", self.gap)) if limit is not None
        ]
        return f"{times}; use fewer folds" + (f", or change {in_words(limits)}" if limits else "")
