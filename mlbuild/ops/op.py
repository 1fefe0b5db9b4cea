"""The base class of preprocessing ops: a frozen class whose fields are its parameters.

Each op is implemented twice: `apply` works on polars rows, and `lower` builds the same computation in ONNX. The two
methods are next to each other, and one property test compares them for every op in the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.params import Described, Json, Name, field, write
from mlbuild.selection import Columns, Selector

if TYPE_CHECKING:
    import polars as pl

#: What an op learned, and the only thing that is cached: JSON values without anything that is already a parameter.
State = Mapping[str, Any]

#: The columns that an op makes, by the column whose position they take. A column that was read and is not a key stays
#: unchanged. An empty schema drops the column. The columns under `ADDED` go after all others.
Placement = Mapping[str, Schema]
ADDED = ""


@dataclass(frozen=True)
class Op(Described):
    """One configured preprocessing step.

    Rows are polars frames in which missing values are null, never NaN. The polars dtypes are: bool Boolean, int
    Int64, float Float64, string String, date Date, datetime Datetime("us"), category Float64 (codes from 1), vector
    Array(Float64, width).
    """

    op: ClassVar[str]
    #: Whether training rows are transformed differently from all other rows (see `apply_fit`).
    refits: ClassVar[bool] = False
    #: The relative tolerance between `apply` and `lower`; 0 means bit-identical.
    tolerance: ClassVar[float] = 0.0

    columns: Selector = field(
        Columns(Name("feature")),
        "The columns to work on, at this step: a name, a list of names, or a selector.",
    )

    def reads(self, schema: Schema) -> tuple[str, ...]:
        """Return the columns of `schema` that this step reads, in a fixed order.

        Raises:
            Rejected: With problems whose paths start at this step.
        """
        try:
            return self.columns.resolve(schema)
        except Rejected as rejected:
            raise Rejected(*(problem.under("columns") for problem in rejected.problems)) from None

    def canonical(self, schema: Schema) -> Json:
        """Return the parameters that determine the result, for keys and for execution.

        Selectors are resolved to columns.
        """
        return write(self) | {"columns": list(self.reads(schema))}

    def unsuitable(
        self, name: str, type_: ColumnType, takes: Iterable[str], what: str | None = None
    ) -> Problem:
        """Create the problem for a column whose dtype this op, or the part of it called `what`, does not accept."""
        names = self.columns.names or ()
        at = ("columns", names.index(name)) if len(names) > 1 else ("columns",)
        what = what or f"'{self.op}'"
        message = f"{what} takes {_either(takes)}, but column '{name}' is {type_.dtype}"
        return Problem("wrong-dtype", message, at, "leave the column out, or convert it in a step before")

    def infer(self, read: Schema) -> Placement:
        """Return the columns that this step makes from the columns `read`. No data is needed.

        Raises:
            Rejected: The type of a column is not suitable. Paths start at this step.
        """
        raise NotImplementedError

    def fit(self, rows: pl.DataFrame, read: Schema, target: pl.Series, weight: pl.Series | None) -> State:
        """Learn the state from the training rows of the columns `read`. Sums are computed in row order.

        Raises:
            Failed: Of kind `data`: nothing can be learned from these rows.
        """
        return {}

    def apply(self, state: State, rows: pl.DataFrame, read: Schema) -> pl.DataFrame:
        """Return the new columns, with the names and in the order that `infer` gives, and one row for each of
        `rows`.
        """
        raise NotImplementedError

    def elements(self, state: State) -> Mapping[str, Sequence[str]]:
        """Return names for the elements of the vectors that this op makes, by column.

        Empty if they only have numbers.
        """
        return {}

    def apply_fit(
        self, state: State, rows: pl.DataFrame, read: Schema, target: pl.Series, weight: pl.Series | None
    ) -> pl.DataFrame:
        """Transform the training rows.

        Override this if the result must differ from `apply`, as for out-of-fold encodings.
        """
        return self.apply(state, rows, read)

    def lower(
        self, state: State, graph: Graph, values: Mapping[str, Value], read: Schema
    ) -> dict[str, Value]:
        """Return the same columns as `apply`, as values of the graph."""
        raise NotImplementedError


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
