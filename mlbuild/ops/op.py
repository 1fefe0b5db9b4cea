"""The base class of preprocessing ops: a frozen class whose fields are its parameters.

Each op is implemented twice: `apply` works on polars rows, and `lower` builds the same computation in ONNX. The two
methods are next to each other, and one property test compares them for every op in the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.columns import UNKNOWN, ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.params import Described, Json, Name, field, write
from mlbuild.selection import ColumnSelection, Selector

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

#: What an op learned, and the only thing that is cached: JSON values without anything that is already a parameter.
State = Mapping[str, Any]

#: Columns by name.
Frame = Mapping[str, "pl.Series"]

#: The columns that an op makes, by the column whose position they take. A column that was read and is not a key stays
#: unchanged. An empty schema drops the column. The columns under `ADDED` go after all others.
Placement = Mapping[str, Schema]
ADDED = ""


@frozen
class Target:
    """The target of the training rows, coded by the model's answer in the same way as for its learner.

    If there are `classes`, `values` are codes from 0 to `classes` - 1. Otherwise they are numbers.
    """

    values: np.ndarray[Any, Any]
    classes: int = 0


@frozen
class Op(Described):
    """One configured preprocessing step.

    Missing values of a polars series are null, never NaN. The polars dtypes are: bool Boolean, int Int64, float
    Float64, string String, date Date, datetime Datetime("us"), category Float64 (codes from 1), vector
    Array(Float64, width).
    """

    by = "op"
    op: ClassVar[str]
    #: Whether `fit` or `apply_fit` reads the target. If no step does, the fit does not depend on the target.
    uses_target: ClassVar[bool] = False
    #: Whether the op works on each column on its own. The state of several columns must then be the union of the states
    #: of each, and the op must not make columns under `ADDED`.
    columnwise: ClassVar[bool] = False
    #: Whether training rows are transformed differently from all other rows (see `apply_fit`).
    refits: ClassVar[bool] = False

    columns: Selector = field(
        ColumnSelection(Name("feature")),
        "Columns to transform: a name, a list of names or a selector. It applies to the columns at this step.",
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
        return Problem("wrong-dtype", message, at, "exclude the column, or convert it in an earlier step")

    def infer(self, read: Schema) -> Placement:
        """Return the columns that this step makes from the columns `read`. No data is needed.

        Raises:
            Rejected: The type of a column is not suitable. Paths start at this step.
        """
        raise NotImplementedError

    def doubtful(self, schema: Schema) -> Schema:
        """Return what is still known of the columns after the step if `reads` rejects `schema`.

        The columns that it names have an unknown type, and there may be others.
        """
        names = self.columns.names
        changed = schema if names is None else [name for name in schema if name in names]
        return Schema({**schema, **dict.fromkeys(changed, ColumnType(UNKNOWN))}, open=True)

    def tolerance(self, read: Schema) -> float:
        """Return the relative tolerance between `apply` and `lower` on these columns; 0 means bit-identical."""
        return 0.0

    def fit(self, rows: Frame, read: Schema, target: Target | None) -> State:
        """Learn the state from the training rows of the columns `read`. Sums are computed in row order.

        `target` is None unless the class says `uses_target`.

        Raises:
            Failed: Of kind `data`: nothing can be learned from these rows.
        """
        return {}

    def apply(self, state: State, rows: Frame, read: Schema) -> Sequence[pl.Series]:
        """Return the new columns, with the names that `infer` gives, and one value for each of `rows`."""
        raise NotImplementedError

    def elements(self, state: State) -> Mapping[str, Sequence[str]]:
        """Return names for the elements of the vectors that this op makes, by column.

        Empty if they only have numbers.
        """
        return {}

    def apply_fit(
        self, state: State, rows: Frame, read: Schema, target: Target | None
    ) -> Sequence[pl.Series]:
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
