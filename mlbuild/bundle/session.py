"""Runs ONNX models: converts polars rows to inputs and returns outputs as numpy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.bundle.runtime import onnxruntime
from mlbuild.bundle.trained import RawInput
from mlbuild.lowering.value import ELEMENTS, NAT

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

Arrays = dict[str, "np.ndarray[Any, Any]"]


class Session:
    """A loaded model. With one thread, the default, the result for a row does not depend on its batch."""

    def __init__(self, model: bytes, threads: int = 1) -> None:
        library = onnxruntime()
        options = library.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # errors are raised as exceptions, too
        self._session = library.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.input_names = [value.name for value in self._session.get_inputs()]
        self.output_names = [value.name for value in self._session.get_outputs()]

    def run(self, feed: Arrays) -> Arrays:
        """Return all outputs by name."""
        wanted = {name: feed[name] for name in self.input_names}
        return dict(zip(self.output_names, self._session.run(None, wanted), strict=True))


def refusals() -> tuple[type[Exception], ...]:
    """Return the exceptions that onnxruntime raises if it cannot load or run a model."""
    kinds = vars(onnxruntime().capi.onnxruntime_pybind11_state).values()
    own = (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Exception))
    return (*own, RuntimeError, MemoryError)


def encode(rows: pl.DataFrame, inputs: tuple[RawInput, ...]) -> Arrays:
    """Convert native rows to the inputs of the artifact: one array [N, 1] for each input."""
    return {item.name: _encode_column(rows[item.name], item).reshape(-1, 1) for item in inputs}


def _encode_column(column: pl.Series, item: RawInput) -> np.ndarray[Any, Any]:
    import numpy as np
    import polars as pl

    element = ELEMENTS[item.type.dtype]
    if element == "string":
        texts = column if item.null_token is None else column.fill_null(item.null_token)
        return np.array(texts.to_list(), dtype=object)
    if element == "int64":
        micros = column.cast(pl.Datetime("us")).cast(pl.Int64).fill_null(NAT)
        return micros.to_numpy()
    return column.cast(pl.Float64).to_numpy()  # with NaN for missing values
