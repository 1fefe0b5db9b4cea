"""The outputs of a model, as readable records and as tensors for the Open Inference Protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.columns import text_of
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.serving.columns.numbers import without_infinity

if TYPE_CHECKING:
    import numpy as np

#: The names of types in the Open Inference Protocol, by the type of an output in `contract.json`.
_DATATYPES = {"double": "FP64", "int64": "INT64", "string": "BYTES", "bool": "BOOL"}
#: The JSON types of the values of an output.
_JSON = {"double": "number", "int64": "integer", "string": "string", "bool": "boolean"}


@frozen
class Output:
    """An output of a model. `columns` are the names of its columns in tables. `classes` are those that they stand for, as
    texts, if it is wide.
    """

    name: str
    element: str
    width: int
    columns: tuple[str, ...]
    classes: tuple[str, ...] = ()

    @staticmethod
    def of(told: Json) -> Output:
        """Return the output that `contract.json` describes."""
        classes = tuple(map(text_of, told.get("classes", ())))
        columns = tuple(told.get("columns", [told["name"]]))
        return Output(told["name"], told["type"], told["shape"][1], columns, classes)

    @property
    def datatype(self) -> str:
        return _DATATYPES[self.element]

    def records(self, values: np.ndarray[Any, Any]) -> list[Any]:
        """Return the value of each row: one value, or a map from classes to values."""
        if self.classes:
            return [dict(zip(self.classes, row, strict=True)) for row in values.tolist()]
        found: list[Any] = values.ravel().tolist()
        return found

    def logged(self, values: np.ndarray[Any, Any]) -> list[Any]:
        """Return the values of one of the columns [N] for the log, where NaN becomes null, but an infinity does not."""
        found: list[Any] = values.tolist()
        return [*map(without_infinity, found)] if self.element == "double" else found

    def json_schema(self) -> Json:
        one: Json = {"type": _JSON[self.element]}
        if self.element == "double":
            one = {"type": ["number", "null"], "description": "null if the result is not a finite number"}
        if not self.classes:
            return one
        return {"type": "object", "properties": dict.fromkeys(self.classes, one), "required": [*self.classes]}
