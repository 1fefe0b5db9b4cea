"""Splits: which rows are for training, which for validation, which for the test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlbuild.data.table import Table
from mlbuild.params import Described, Integer, Json, ListOf, Number, Text, field

if TYPE_CHECKING:
    import polars as pl

#: The parts of a split dataset, in this order.
PARTS = ("train", "valid", "test")


@dataclass(frozen=True)
class Split(Described):
    """How rows are divided into train, valid and test."""

    def reads(self) -> tuple[str, ...]:
        """The columns that decide which part a row belongs to."""
        return ()

    def infer(self, table: Table) -> None:
        """Check that the split suits the table."""

    def canonical(self, seed: int) -> Json:
        raise NotImplementedError

    def parts(self, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
        raise NotImplementedError


@dataclass(frozen=True)
class Hash(Split):
    """By a hash of key columns: rows that agree in them stay together, in this and every later build."""

    discriminator = ("type", "hash")

    key: tuple[str, ...] = field(
        ListOf(Text(), or_one=True, min_items=1, unique=True), "The columns that are hashed."
    )
    valid: float = field(Number(min=0, below=1), "The share of keys for validation.", default=0.0)
    test: float = field(Number(min=0, below=1), "The share of keys for the test.", default=0.0)
    seed: int | None = field(
        Integer(min=0, max=2**31 - 1),
        "Another seed gives another division. Default: the project's.",
        default=None,
    )


@dataclass(frozen=True)
class Time(Split):
    """By time: train comes before valid, valid before test."""

    discriminator = ("type", "time")

    column: str = field(Text(), "A date or datetime column.")
    valid_from: str | None = field(Text(), "The first moment of the valid rows.", default=None)
    test_from: str | None = field(Text(), "The first moment of the test rows.", default=None)


@dataclass(frozen=True)
class Random(Split):
    """By chance: the same rows in the same order are always divided alike."""

    discriminator = ("type", "random")

    valid: float = field(Number(min=0, below=1), "The share of rows for validation.", default=0.0)
    test: float = field(Number(min=0, below=1), "The share of rows for the test.", default=0.0)
    seed: int | None = field(
        Integer(min=0, max=2**31 - 1),
        "Another seed gives another division. Default: the project's.",
        default=None,
    )
