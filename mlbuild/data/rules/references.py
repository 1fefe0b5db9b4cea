"""The rule that a column has only values of a column of another source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.data.rules.rule import Example, Rule
from mlbuild.frozen import frozen
from mlbuild.params import Described, Name, Object, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Reference(Described):
    """A column of a source."""

    source: str = field(Name("source"), "Source with all values.")
    column: str = field(Name("column"), "Column of that source, of the same dtype.")


@frozen
class References(Rule):
    """Every value occurs in a column of another source."""

    rule = "references"
    dtypes = ("int", "string", "date", "datetime")
    examples = (
        Example(
            {"dtype": "int", "references": {"source": "customers", "column": "id"}},
            keeps=[1, 2, 2],
            breaks=[3, 0, 3],
            others=[2, None, 1, 1, 5],
        ),
        Example(
            {"dtype": "string", "references": {"source": "customers", "column": "id"}},
            keeps=["a", ""],
            breaks=["A", "b"],
            others=["", "a"],
        ),
        Example(
            {"dtype": "int", "references": {"source": "customers", "column": "id"}},
            keeps=[],
            breaks=[1],
            others=[],
        ),
    )

    references: Reference | None = field(
        Object(Reference),
        "Column of another source in which every value must occur.",
        default=None,
        examples=({"source": "customers", "column": "id"},),
    )

    @property
    def other(self) -> tuple[str, str] | None:
        return (self.references.source, self.references.column) if self.references else None

    @property
    def text(self) -> str:
        return "references {}.{}".format(*self.other or ())

    def kept_among(self, name: str, others: pl.Series) -> pl.Expr:
        import polars as pl

        known = others.drop_nulls().unique(maintain_order=True)
        return pl.col(name).is_in(known.implode()) | pl.col(name).is_null()
