"""Splits: which rows are for training, validation and test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.columns import ColumnType, Schema
from mlbuild.data.data_warning import DataWarning
from mlbuild.data.splits.clusters import Cluster
from mlbuild.data.splits.overlap import equal_rows, shared_keys
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem, Rejected, data_failure
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.params import INT32, Described, Integer, Json, Number, field, write

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

TRAIN, VALID, TEST = "train", "valid", "test"


@frozen
class Split(Described):
    """How rows are divided into train, valid and test. Each part keeps the order of the rows."""

    #: Whether the part of a row depends on the order of the rows.
    ordered: ClassVar[bool] = False
    #: Whether rows of one thing belong into one part. The future, in contrast, is also about known things.
    separates: ClassVar[bool] = True
    #: Whether rows can be in no part, and are then left out.
    partial: ClassVar[bool] = False
    #: The key that creates validation rows.
    valid_key: ClassVar[str] = "valid"

    @property
    def has_valid(self) -> bool:
        """Whether there can be validation rows."""
        raise NotImplementedError

    @property
    def has_test(self) -> bool:
        """Return whether there can be test rows."""
        raise NotImplementedError

    def findings(
        self, parts: Mapping[str, pl.DataFrame], columns: Sequence[str], distinct: bool = False
    ) -> Iterator[DataWarning]:
        """Yield which parts have no rows, although the split should give them some, and what is in two parts.

        `columns` are the columns of the dataset, and `distinct` says that no two rows are equal in all of them.
        """
        counts = ", ".join(f"{rows.height:,} {name}" for name, rows in parts.items())
        for name, called, wanted in ((VALID, "validation", self.has_valid), (TEST, "test", self.has_test)):
            if wanted and parts[name].is_empty():
                yield DataWarning("empty-part", f"the split leaves no {called} rows: {counts}")
        held = {name: rows.select(columns) for name, rows in parts.items() if rows.height}
        if not distinct and (compared := self.compared(columns)):
            yield from equal_rows({name: rows.select(compared) for name, rows in held.items()})
        yield from shared_keys(held) if self.separates else ()

    def compared(self, columns: Sequence[str]) -> Sequence[str]:
        """Return the columns in which rows of two parts can be equal; empty if no two rows can be."""
        return columns if self.ordered else ()

    def tables(self) -> Mapping[str, Path]:
        """Return the sources with the rows of other parts than train, each with the key that names it."""
        return {}

    @property
    def cluster(self) -> Cluster | None:
        """Which rows belong together; None if each row is independent of the others."""
        return None

    def canonical(self) -> Json:
        """Return what determines the parts."""
        return write(self)

    def seeded(self, seed: int) -> Split:
        """Return the split with the seed of the project, if it needs one and has none."""
        return self

    def infer(self, table: Table) -> None:
        """Check that the columns that it reads exist and have suitable types.

        Raises:
            Rejected: With problems whose paths start at this split.
        """

    def parts(self, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """Return the rows of `train`, `valid` and `test`.

        Raises:
            Failed: Of kind `data`: no row is left for training, or a row does not belong to any part.
        """
        part = self._assign(rows)
        parts = {name: rows.filter(part == name) for name in (TRAIN, VALID, TEST)}
        if parts[TRAIN].is_empty():
            counts = f"{parts[VALID].height:,} valid, {parts[TEST].height:,} test"
            raise data_failure(
                f"the split leaves no rows for training: {rows.height:,} rows in total, {counts}"
            )
        return parts

    def _assign(self, rows: pl.DataFrame) -> pl.Series:
        """Return the name of the part of each row. It is missing for rows that are left out."""
        raise NotImplementedError


def named(places: np.ndarray[Any, np.dtype[np.integer[Any]]]) -> pl.Series:
    """Return the name of the part of each row: 0 is train, 1 valid, 2 test."""
    import polars as pl

    return pl.Series("part", [TRAIN, VALID, TEST]).gather(pl.Series(places))


_SHARE = Number(min=0, below=1)
SEED = Integer(min=0, max=INT32)


@frozen
class Shares(Split):
    """A split by fractions of the rows."""

    usual = ("valid", "test")

    valid: float = field(
        _SHARE,
        "Fraction of all rows to use for validation, such as early stopping. The remaining rows are for training.",
        default=0.0,
        examples=(0.2,),
    )
    test: float = field(
        _SHARE,
        "Fraction of all rows to use for testing. They do not influence training. The remaining rows are for training.",
        default=0.0,
        examples=(0.2,),
    )
    seed: int | None = field(
        SEED, "Random seed of the split. Default: the `seed` of the project.", default=None
    )

    def check(self) -> Iterator[Problem]:
        if self.valid + self.test >= 1:
            total = f"{self.valid:g} + {self.test:g}"
            yield Problem(
                "contradiction",
                f"'valid' and 'test' leave no rows for training: {total} is not less than 1",
                ("test",),
            )

    @property
    def has_valid(self) -> bool:
        return self.valid > 0

    @property
    def has_test(self) -> bool:
        return self.test > 0

    def seeded(self, seed: int) -> Shares:
        return self if self.seed is not None else replace(self, seed=seed)


def suitable_column(name: str, table: Table, needs: str, dtypes: Sequence[str]) -> ColumnType:
    """Return the type of the column of a split. `needs` begins the message: "a time split needs".

    Raises:
        Rejected: The column does not exist, or its dtype is none of `dtypes`. The path is the key `column`.
    """
    unknown = unknown_column(name, table.trained, ("column",))
    if unknown:
        raise Rejected(unknown)
    type_ = table.trained[name]
    if type_.known and type_.dtype not in dtypes:
        *most, last = dtypes
        wanted = f"{', '.join(most)} or {last}"
        message = f"{needs} a {wanted} column, but '{name}' is of dtype {type_.dtype}"
        raise Rejected(Problem("wrong-dtype", message, ("column",)))
    return type_


def unknown_column(name: str, schema: Schema, at: Path) -> Problem | None:
    """Return the problem if a split names a column that does not exist."""
    if name in schema:
        return None
    help_ = did_you_mean(name, schema) or f"available columns: {listed(schema)}"
    return Problem("unknown-column", f"unknown column '{name}'", at, help_)
