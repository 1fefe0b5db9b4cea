"""Folds: how the training rows are divided for cross-validation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.data.data_warning import DataWarning
from mlbuild.data.splits.overlap import shared_keys
from mlbuild.data.splits.split import SEED
from mlbuild.data.table import Table
from mlbuild.diagnostics import data_failure
from mlbuild.frozen import frozen
from mlbuild.params import Described, Integer, Json, field, write

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

#: The roles that a row can have in a fold: it is not used, the model of the fold is trained on it, or predicts it.
UNUSED, TRAIN, HELD_OUT = range(3)


@frozen
class Folds(Described):
    """How the training rows are divided into folds. The model that predicts the rows of a fold is trained on other rows."""

    #: Whether the fold of a row depends on the order of the rows.
    ordered: ClassVar[bool] = False
    #: Whether more rows never move old ones to another fold.
    stable: ClassVar[bool] = False
    #: Whether rows of one thing belong into one fold. The future, in contrast, is also about known things.
    separates: ClassVar[bool] = True
    usual = ("count",)

    count: int = field(Integer(min=2, max=100), "Number of folds.", default=5, examples=(5,))

    def columns(self) -> tuple[str, ...]:
        """Return the columns that the folds depend on."""
        return ()

    def findings(self, rows: pl.DataFrame, folds: Sequence[Array]) -> Iterator[DataWarning]:
        """Yield which columns of the training rows whose name says that they are keys have a value in several folds."""
        if self.separates:
            held = {str(place): rows.filter(roles == HELD_OUT) for place, roles in enumerate(folds)}
            yield from shared_keys(held, "folds")

    def canonical(self) -> Json:
        """Return what determines the folds."""
        return write(self)

    def seeded(self, seed: int) -> Folds:
        """Return the folds with the seed of the project, if they need one and have none."""
        return self

    def infer(self, table: Table) -> None:
        """Check that the columns that they read exist and have suitable types.

        Raises:
            Rejected: With problems whose paths start at these folds.
        """

    @property
    def least(self) -> int:
        """The smallest number of training rows that can be divided."""
        return self.count

    def divide(self, rows: pl.DataFrame) -> list[Array]:
        """Return, for each fold, the role of each of the training rows as uint8. Each row is held out at most once.

        Raises:
            Failed: Of kind `data`: a fold has no rows to predict, or none to train on.
        """
        if rows.height < self.least:
            message = (
                f"{self.count} folds need at least {self.least} training rows, but there are {rows.height}"
            )
            raise data_failure(message)
        folds = self._roles(rows)
        for number, roles in enumerate(folds, 1):
            for role, purpose in ((HELD_OUT, "predict"), (TRAIN, "train on")):
                if not (roles == role).any():
                    why = self._why_empty(rows)
                    raise data_failure(f"fold {number} of {self.count} has no rows to {purpose}: {why}")
        return folds

    def _roles(self, rows: pl.DataFrame) -> list[Array]:
        raise NotImplementedError

    def _why_empty(self, rows: pl.DataFrame) -> str:
        """Return why a fold can lack rows, and what to do about it."""
        raise NotImplementedError


@frozen
class NumberedFolds(Folds):
    """Folds that each row has one number of. A model is trained on all rows with other numbers."""

    seed: int | None = field(
        SEED, "Random seed of the folds. Default: the `seed` of the project.", default=None
    )

    def seeded(self, seed: int) -> NumberedFolds:
        return self if self.seed is not None else replace(self, seed=seed)

    def _roles(self, rows: pl.DataFrame) -> list[Array]:
        import numpy as np

        numbers = self._numbers(rows)
        roles = (np.where(numbers == number, HELD_OUT, TRAIN) for number in range(self.count))
        return [one.astype(np.uint8) for one in roles]

    def _numbers(self, rows: pl.DataFrame) -> Array:
        """Return the number of the fold of each row, from 0."""
        raise NotImplementedError


def dealt(order: Sequence[int] | Array, count: int) -> Array:
    """Return the number of the fold of each row, if rows are dealt to the folds in this order, one to each in turn."""
    import numpy as np

    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.arange(len(order)) % count
    return numbers


def different(rows: pl.DataFrame, columns: Sequence[str], noun: str) -> str:
    """Say how many different values rows have in some columns."""
    count = rows.select(columns).n_unique()
    return f"the {rows.height:,} training rows have {count:,} different {noun}{'' if count == 1 else 's'}"
