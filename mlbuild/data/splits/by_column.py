"""The split `column`: by the values of a column that says where rows belong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType, text_of
from mlbuild.data.splits.split import TEST, TRAIN, VALID, Split, suitable_column
from mlbuild.data.table import Table
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.params import ListOf, Name, Scalar, field

if TYPE_CHECKING:
    import polars as pl

#: The Python types of the values of a column, by its dtype.
_TYPES: dict[str, tuple[type, ...]] = {"bool": (bool,), "int": (int, float), "string": (str,)}


@frozen
class ByColumn(Split):
    """Split by the values of a column, for rows that are already divided or belong to folds.

    Rows with other values, or without a value, are for training.
    """

    discriminator = ("type", "column")
    usual = ("valid", "test")

    column: str = field(Name("column"), "Bool, int or string column that assigns each row to a part.")
    valid: tuple[Any, ...] | None = field(
        ListOf(Scalar(), or_one=True, min_items=1, unique=True),
        "Values of validation rows.",
        default=None,
        examples=(["valid"], [8]),
    )
    test: tuple[Any, ...] | None = field(
        ListOf(Scalar(), or_one=True, min_items=1, unique=True),
        "Values of test rows.",
        default=None,
        examples=(["test"], [9]),
    )

    def check(self) -> Iterator[Problem]:
        if not (self.valid or self.test):
            yield Problem("missing-key", "a column split needs 'valid' or 'test'")
        for index, value in enumerate(self.test or ()):
            if value in (self.valid or ()):
                yield Problem(
                    "contradiction",
                    f"the rows with {_shown(value)} cannot be valid and test",
                    ("test", index),
                )

    @property
    def has_valid(self) -> bool:
        return bool(self.valid)

    @property
    def has_test(self) -> bool:
        return bool(self.test)

    def infer(self, table: Table) -> None:
        type_ = suitable_column(self.column, table, "a column split needs", tuple(_TYPES))
        problems = [*_unlike(self.valid, "valid", type_), *_unlike(self.test, "test", type_)]
        if problems:
            raise Rejected(*problems)

    def compared(self, columns: Sequence[str]) -> Sequence[str]:
        return [name for name in columns if name != self.column]

    def _assign(self, rows: pl.DataFrame) -> pl.Series:
        import polars as pl

        values, part = rows[self.column], pl.Series([TRAIN]).new_from_index(0, rows.height)
        for name, wanted in ((VALID, self.valid), (TEST, self.test)):
            if wanted:
                there = values.is_in(pl.Series(wanted, dtype=values.dtype, strict=False).implode())
                part = part.set(there.fill_null(False), name)
        return part


def _unlike(values: Sequence[Any] | None, key: str, type_: ColumnType) -> Iterator[Problem]:
    """Report values that the column cannot have."""
    for index, value in enumerate((values or ()) if type_.known else ()):
        at = (key, index)
        fits = isinstance(value, _TYPES[type_.dtype]) and isinstance(value, bool) == (type_.dtype == "bool")
        if not fits or (type_.dtype == "int" and value != value // 1):
            message = f"the column is of dtype {type_.dtype}, so it is never {_shown(value)}"
            yield Problem("wrong-value", message, at)
        elif type_.categories is not None and value not in type_.categories:
            near = did_you_mean(value, type_.categories) if isinstance(value, str) else None
            help_ = near or f"categories: {listed(map(str, type_.categories))}"
            yield Problem(
                "wrong-value", f"{_shown(value)} is not one of the categories of the column", at, help_
            )


def _shown(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else text_of(value)
