"""What every preprocessing op is: a frozen class whose fields are its parameters, with one meaning stated twice.

`apply` is the meaning on polars rows, `lower` the same meaning in ONNX; they stand next to each other in each
op, and one property test compares them for every op of the catalogue.
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

#: What was learned: JSON values only, nothing that the parameters already say. The only thing that is cached.
State = Mapping[str, Any]

#: Placement of an op's results: what stands in the place of each column that it read. A read column that is not
#: a key stays as it is; an empty schema drops it; what stands under `ADDED` goes behind all other columns.
Placement = Mapping[str, Schema]
ADDED = ""


@dataclass(frozen=True)
class Op(Described):
    """One configured step of a preprocessing.

    Rows are polars frames in which missing is null, never NaN: bool is Boolean, int Int64, float Float64, string
    String, date Date, datetime Datetime("us"), category Float64 (codes from 1), vector Array(Float64, width).
    """

    op: ClassVar[str]
    #: Whether training rows are transformed otherwise than all others (`apply_fit`).
    refits: ClassVar[bool] = False
    #: Relative tolerance between `apply` and `lower`; 0 is equality bit by bit.
    tolerance: ClassVar[float] = 0.0

    columns: Selector = field(
        Columns(Name("feature")),
        "The columns to work on, at this step: a name, a list of names, or a selector.",
    )

    def reads(self, schema: Schema) -> tuple[str, ...]:
        """The columns of `schema` that this step reads, in a fixed order.

        Raises:
            Rejected: with problems whose paths start at this step.
        """
        try:
            return self.columns.resolve(schema)
        except Rejected as rejected:
            raise Rejected(*(problem.under("columns") for problem in rejected.problems)) from None

    def canonical(self, schema: Schema) -> Json:
        """The parameters that decide the result, for keys and for the run: selectors as the columns selected."""
        return write(self) | {"columns": list(self.reads(schema))}

    def unsuitable(
        self, name: str, type_: ColumnType, takes: Iterable[str], what: str | None = None
    ) -> Problem:
        """The problem that a column has none of the dtypes that this op, or `what` of it, takes."""
        names = self.columns.names or ()
        at = ("columns", names.index(name)) if len(names) > 1 else ("columns",)
        what = what or f"'{self.op}'"
        message = f"{what} takes {_either(takes)}, but column '{name}' is {type_.dtype}"
        return Problem("wrong-dtype", message, at, "leave the column out, or convert it in a step before")

    def infer(self, read: Schema) -> Placement:
        """The columns that this step makes of those it reads. No data is needed.

        Raises:
            Rejected: a column's type does not suit; paths start at this step.
        """
        raise NotImplementedError

    def fit(self, rows: pl.DataFrame, read: Schema, target: pl.Series, weight: pl.Series | None) -> State:
        """Learn from the train rows of the columns read; sums run in row order.

        Raises:
            Failed: of kind `data`, where these rows cannot be learned from.
        """
        return {}

    def apply(self, state: State, rows: pl.DataFrame, read: Schema) -> pl.DataFrame:
        """The columns made, named and ordered as `infer` gives them, one row for each of `rows`."""
        raise NotImplementedError

    def elements(self, state: State) -> Mapping[str, Sequence[str]]:
        """What the numbers of the vectors that it makes stand for, by column; empty where they are but numbered."""
        return {}

    def apply_fit(
        self, state: State, rows: pl.DataFrame, read: Schema, target: pl.Series, weight: pl.Series | None
    ) -> pl.DataFrame:
        """What the train rows become where that must differ from `apply`, as out-of-fold encodings do."""
        return self.apply(state, rows, read)

    def lower(
        self, state: State, graph: Graph, values: Mapping[str, Value], read: Schema
    ) -> dict[str, Value]:
        """The same columns as values of the graph."""
        raise NotImplementedError


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
