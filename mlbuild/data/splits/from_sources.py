"""The split `sources`: by the source that a row comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mlbuild.data.splits.split import TEST, TRAIN, VALID, Split
from mlbuild.diagnostics import Path, Problem
from mlbuild.frozen import frozen
from mlbuild.params import Json, Name, field

if TYPE_CHECKING:
    import polars as pl

#: The hidden column with the part of each row. Steps pass it on.
ORIGIN = "\0part"


@frozen
class FromSources(Split):
    """Split by source: the rows of the source that the dataset starts from are for training.

    The rows of the other sources are appended to them before the first step, so all rows go through the same steps.
    All of these sources must have the same contract. Rows that a `concat` step appends are for training.
    """

    discriminator = ("type", "sources")
    usual = ("valid", "test")

    valid: str | None = field(
        Name("table"), "Source of the validation rows.", default=None, examples=("later",)
    )
    test: str | None = field(Name("table"), "Source of the test rows.", default=None, examples=("latest",))

    def check(self) -> Iterator[Problem]:
        if self.valid is None and self.test is None:
            yield Problem("missing-key", "a sources split needs 'valid' or 'test'")
        elif self.valid == self.test:
            message = f"the rows of '{self.valid}' cannot be both validation and test rows"
            yield Problem("contradiction", message, ("test",))

    def tables(self) -> Mapping[str, Path]:
        given = {VALID: self.valid, TEST: self.test}
        return {name: (part,) for part, name in given.items() if name is not None}

    @property
    def has_valid(self) -> bool:
        return self.valid is not None

    @property
    def has_test(self) -> bool:
        return self.test is not None

    def canonical(self) -> Json:
        """Return what determines the parts: the names of the sources do not."""
        return {"type": "sources", **{str(part): part for (part,) in self.tables().values()}}

    def compared(self, columns: Sequence[str]) -> Sequence[str]:
        return columns

    def _assign(self, rows: pl.DataFrame) -> pl.Series:
        part = rows[ORIGIN].fill_null(TRAIN)
        return part.set(~part.is_in([str(key) for (key,) in self.tables().values()]), TRAIN)
