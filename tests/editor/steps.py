"""The smallest use of an op in the spec of the examples."""

from __future__ import annotations

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Rejected
from mlbuild.kinds import Choice, Json
from mlbuild.ops.op import Op
from mlbuild.params import params_of, read
from mlbuild.selection import ColumnSelection

#: Columns of the contract of the examples, one of which an op can work on.
FEATURES = {
    "x": ColumnType("float"),
    "kind": ColumnType("string", nullable=True),
    "day": ColumnType("datetime"),
}


def smallest_step(cls: type[Op]) -> Json:
    """The required parameters of an op, on the first column that it accepts."""
    body: Json = {"op": cls.op}
    for key, param in params_of(cls).items():
        if param.required and not isinstance(param.kind, ColumnSelection):
            first = param.kind.values[0] if isinstance(param.kind, Choice) else None
            body[key] = param.examples[0] if param.examples else first
    for name, type_ in FEATURES.items():
        try:
            read(cls, body | {"columns": name}).infer(Schema({name: type_}))
        except Rejected:
            continue
        return {"op": cls.op, "columns": name} | body
    raise AssertionError(f"'{cls.op}' needs an entry in SMALLEST")
