"""Runs ONNX models: polars rows in the artifact's input form, answers as numpy arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.runtime import onnxruntime
from mlbuild.bundle.trained import RawInput
from mlbuild.columns import ColumnType
from mlbuild.lowering.value import ELEMENTS, NAT
from mlbuild.params import Json

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

Arrays = dict[str, "np.ndarray[Any, Any]"]


class Session:
    """A loaded model, on one thread unless told otherwise: then a row's answer does not depend on its batch."""

    def __init__(self, model: bytes | Path, threads: int = 1) -> None:
        library = onnxruntime()
        refusals = library.capi.onnxruntime_pybind11_state
        options = library.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        source = model.read_bytes() if isinstance(model, Path) else model
        try:
            self._session = library.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        except (refusals.InvalidProtobuf, refusals.InvalidArgument):
            raise NotOurs("is no ONNX model") from None
        except (refusals.InvalidGraph, refusals.NotImplemented, refusals.Fail):
            if not isinstance(model, Path):
                raise
            told = f"cannot be loaded by onnxruntime {library.__version__}: it is damaged, or of a newer form"
            raise NotOurs(told) from None
        self.input_names = [value.name for value in self._session.get_inputs()]
        self.output_names = [value.name for value in self._session.get_outputs()]

    def metadata(self) -> dict[str, str]:
        return dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, feed: Arrays) -> Arrays:
        """All outputs by name."""
        wanted = {name: feed[name] for name in self.input_names}
        return dict(zip(self.output_names, self._session.run(None, wanted), strict=True))


class NotOurs(Exception):
    """A model that mlbuild did not write, or no model at all."""


def inputs_of(session: Session) -> tuple[RawInput, ...]:
    """The raw columns that a written artifact takes, from its metadata.

    Raises:
        NotOurs: the model tells nothing of its columns.
    """
    told = _told(session, "mlbuild.inputs")
    return tuple(
        RawInput(one["name"], ColumnType(one["dtype"], one["nullable"]), one["missing"]) for one in told
    )


def outputs_of(session: Session) -> list[Json]:
    """The outputs of a written artifact as `contract.json` tells them.

    Raises:
        NotOurs: the model tells nothing of its outputs.
    """
    return _told(session, "mlbuild.outputs")


def _told(session: Session, key: str) -> list[Json]:
    metadata = session.metadata()
    if key not in metadata:
        raise NotOurs("was not written by mlbuild: its metadata lack the contract")
    told: list[Json] = json.loads(metadata[key])
    return told


def encode(rows: pl.DataFrame, inputs: tuple[RawInput, ...]) -> Arrays:
    """Native rows in the form that the artifact takes: one array [N, 1] for each input."""
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
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
