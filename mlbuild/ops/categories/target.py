"""The op `target`: replaces categories by the mean of the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import data_failure
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.categories.counting import LIMIT
from mlbuild.ops.categories.lookup import Numbers
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.op import Frame, State, Target
from mlbuild.ops.vocabulary import CATEGORICAL, fit_vocabulary
from mlbuild.params import Integer, Number, field

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Ints = np.ndarray[Any, np.dtype[np.int64]]


@frozen
class TargetEncoding(Columnwise):
    """Replace each category by the mean of the target in the training rows that have it.

    For two classes, that is the share of the positive one. The mean of a category with few rows is drawn to the mean of all rows, which is also that of a value that no training
    row has. Missing values are a category of their own. Training rows are encoded out of fold: with the means of the
    other folds, so that no row's own target reaches its value. All other rows, and the artifact, get the means of all
    training rows. A target with more than two classes is a data error. The state is the categories with their means, and
    the means of missing values and of all rows.
    """

    op = "target"
    takes = CATEGORICAL
    uses_target = True
    refits = True

    smooth: float | None = field(
        Number(min=0),
        "How many rows with the mean of all rows are added to each category. Default: estimated for each category from the"
        " variances of the target (empirical Bayes), as with `auto` in scikit-learn.",
        default=None,
        examples=(10, 0),
    )
    cv: int = field(Integer(min=2, max=100), "The number of folds for the training rows.", default=5)
    seed: int = field(
        Integer(min=0), "The seed for the random assignment of the training rows to folds.", default=0
    )

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("float")

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> dict[str, Any]:
        words = fit_vocabulary(self.op, column, replace(type_, categories=None), LIMIT)
        numbers = _numbers(target)
        *means, missing = self._means(_codes(words, column), numbers, len(words) + 1).tolist()
        return {"words": words, "means": means, "missing": missing, "all": float(numbers.mean())}

    def apply_column(self, state: Mapping[str, Any], column: pl.Series, type_: ColumnType) -> pl.Series:
        return _lookup(state).apply(column)

    def apply_fit(
        self, state: State, rows: Frame, read: Schema, target: Target | None
    ) -> Sequence[pl.Series]:
        import polars as pl

        numbers = _numbers(target)
        return [
            pl.Series(name, self._out_of_fold(_codes(state[name]["words"], rows[name]), numbers))
            for name in read
        ]

    def lower_column(self, state: Mapping[str, Any], graph: Graph, value: Value, type_: ColumnType) -> Value:
        return _lookup(state).lower(graph, value, "float")

    def _out_of_fold(self, codes: Ints, numbers: Floats) -> Floats:
        """Return the mean for each training row from the rows of the other folds."""
        import numpy as np

        made = np.empty(len(codes))
        order = np.argsort(np.random.PCG64(self.seed).random_raw(len(codes)), kind="stable")
        for fold in range(self.cv):
            held_out = order[fold :: self.cv]
            others = np.ones(len(codes), dtype=bool)
            others[held_out] = False
            # A single row has no others.
            others = others if others.any() else ~others
            means = self._means(codes[others], numbers[others], int(codes.max(initial=0)) + 1)
            made[held_out] = means[codes[held_out]]
        return made

    def _means(self, codes: Ints, numbers: Floats, count: int) -> Floats:
        """Return the mean of each code, drawn to the mean of all rows as in scikit-learn's `TargetEncoder`."""
        import numpy as np

        mean, rows = numbers.mean(), np.bincount(codes, minlength=count)
        sums = np.bincount(codes, numbers, count)
        with np.errstate(invalid="ignore", divide="ignore"):
            own = sums / rows
            if self.smooth is not None:
                drawn = (sums + self.smooth * mean) / (rows + self.smooth)
            else:
                spread = np.bincount(codes, (numbers - own[codes]) ** 2, count) / rows
                share = numbers.var() * rows / (numbers.var() * rows + spread)
                drawn = share * own + (1 - share) * mean
        found: Floats = np.where(np.isnan(drawn), mean, drawn)
        return found


def _numbers(target: Target | None) -> Floats:
    """Return the target as numbers: of two classes, 1 is the positive one.

    Raises:
        Failed: It has more than two classes.
    """
    import numpy as np

    assert target is not None
    if target.classes > 2:
        message = (
            f"'target' needs a target of numbers or with two classes, but it has {target.classes} classes"
        )
        raise data_failure(message, classes=target.classes)
    return target.values.astype(np.float64)


def _codes(words: Sequence[Any], column: pl.Series) -> Ints:
    """Return the index of the word of each training row; that of a missing value comes after all others."""
    import polars as pl

    known = pl.Series([*words, None], dtype=column.dtype)
    codes = pl.Series(range(len(known)), dtype=pl.Int64)
    return column.replace_strict(known, codes, return_dtype=pl.Int64).to_numpy()


def _lookup(state: Mapping[str, Any]) -> Numbers:
    return Numbers(state["words"], state["means"], state["all"], state["missing"])
