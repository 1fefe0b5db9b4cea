"""Opens an artifact that may have been made, damaged or replaced by anyone, and computes predictions with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.bundle.inputs import Arrays, RawInput, encode
from mlbuild.bundle.runtime import onnxruntime
from mlbuild.bundle.session import Session, refusals
from mlbuild.columns import DTYPES, ColumnType
from mlbuild.folders import CERTIFICATE
from mlbuild.lowering.checksum import checksum_holds
from mlbuild.lowering.foreign import Foreign, Inspected, inspect
from mlbuild.lowering.value import ELEMENTS
from mlbuild.params import Json
from mlbuild.regular import NOTE_LIMIT, read_regular
from mlbuild.shown import is_unicode

if TYPE_CHECKING:
    import polars as pl

#: The maximum size of an ONNX file.
_LIMIT = 2_000_000_000
#: The maximum number of elements of all results in the graph at one time: a gigabyte of numbers.
_AT_ONCE = 2**27


class NotOurs(Exception):
    """A model that mlbuild did not write, or that was changed afterwards.

    The message is the predicate of a sentence about it.
    """


class Opened:
    """An artifact that passed the checks. `outputs` gives the names of the columns of each output, and `described` has
    the inputs and outputs as in `contract.json`. `digest` is the SHA-256 of the file.

    Raises:
        NotOurs: The artifact did not pass, or the file cannot be read.
    """

    def __init__(self, file: Path) -> None:
        try:
            content = read_regular(file, _LIMIT)
        except OSError as error:
            why = error.strerror or "unknown error"
            raise NotOurs(f"cannot be read: {why[0].casefold()}{why[1:]}") from None
        _check_whole(content)
        self.digest = hashlib.sha256(content).hexdigest()
        _check_certificate(self.digest, file.with_name(CERTIFICATE))
        try:
            found = inspect(content)
            self.described = {key: [*_described(found, f"mlbuild.{key}")] for key in ("inputs", "outputs")}
            self.inputs, self.outputs = _inputs(found), _outputs(found)
        except Foreign as foreign:
            raise NotOurs(f"was not written by mlbuild: {foreign}") from None
        self._block = max(1, _AT_ONCE // max(1, found.elements))
        try:
            self._session = Session(content)
        except refusals():
            version = onnxruntime().__version__
            raise NotOurs(f"cannot be loaded by onnxruntime {version}") from None

    def answers(self, rows: pl.DataFrame) -> Arrays:
        """Return the outputs by name for rows of the inputs.

        Raises:
            NotOurs: onnxruntime cannot run the model.
        """
        return self.run(encode(rows, self.inputs), len(rows))

    def run(self, feed: Arrays, rows: int) -> Arrays:
        """Return the outputs by name for arrays of the inputs with this number of rows.

        They are computed in blocks, because a hostile model needs much memory.

        Raises:
            NotOurs: onnxruntime cannot run the model.
        """
        if rows <= self._block:
            return self._run(feed, rows)
        import numpy as np

        starts = range(0, rows, self._block)
        blocks = [
            self._run(
                {name: array[start : start + self._block] for name, array in feed.items()},
                min(self._block, rows - start),
            )
            for start in starts
        ]
        return {name: np.concatenate([block[name] for block in blocks]) for name in self.outputs}

    def _run(self, feed: Arrays, rows: int) -> Arrays:
        try:
            found = self._session.run(feed)
        except refusals():
            raise NotOurs("fails in onnxruntime") from None
        if any(found[name].shape != (rows, len(columns)) for name, columns in self.outputs.items()):
            raise NotOurs(
                "was not written by mlbuild: its outputs have an unexpected number of rows or columns"
            )
        return found


def _check_whole(content: bytes) -> None:
    holds = checksum_holds(content)
    if holds is None:
        raise NotOurs("was not written by mlbuild, or is incomplete: the checksum at its end is missing")
    if not holds:
        raise NotOurs("is damaged, or was changed after mlbuild wrote it: its checksum does not match")


def _check_certificate(digest: str, certificate: Path) -> None:
    """Check that a certificate next to the model belongs to the model."""
    try:
        told = json.loads(read_regular(certificate, NOTE_LIMIT))
        proven = told["model"]
    except FileNotFoundError:
        return
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        raise NotOurs(f"cannot be verified: the {CERTIFICATE} next to it cannot be read") from None
    if proven != digest:
        raise NotOurs(f"does not match the {CERTIFICATE} next to it: one of them was replaced")


def _inputs(found: Inspected) -> tuple[RawInput, ...]:
    """Return the raw columns in the metadata, which must be the inputs of the graph."""
    inputs = tuple(_input(one) for one in _described(found, "mlbuild.inputs"))
    described = {item.name: ELEMENTS[item.type.dtype] for item in inputs}
    if len(described) < len(inputs) or described != {
        name: port.element for name, port in found.inputs.items()
    }:
        raise Foreign("its inputs do not match its metadata")
    return inputs


def _input(told: Json) -> RawInput:
    name, dtype, missing = (told.get(key) for key in ("name", "dtype", "missing"))
    if not isinstance(name, str) or not isinstance(missing, str | None) or dtype not in list(DTYPES):
        raise Foreign("its metadata describes an input incorrectly")
    return RawInput(name, ColumnType(dtype, bool(told.get("nullable"))), missing)


def _outputs(found: Inspected) -> dict[str, tuple[str, ...]]:
    """Return the columns of each output in the metadata, which must be the outputs of the graph."""
    outputs = dict(map(_output, _described(found, "mlbuild.outputs")))
    columns = [column for one in outputs.values() for column in one]
    widths = {name: len(one) for name, one in outputs.items()}
    if (
        not columns
        or len(set(columns)) < len(columns)
        or widths != {name: port.width for name, port in found.outputs.items()}
    ):
        raise Foreign("its outputs do not match its metadata")
    return outputs


def _output(told: Json) -> tuple[str, tuple[str, ...]]:
    name = told.get("name")
    columns = told.get("columns", [name])
    if not isinstance(columns, list) or not all(isinstance(one, str) for one in (name, *columns)):
        raise Foreign("its metadata describes an output incorrectly")
    return str(name), tuple(columns)


def _described(found: Inspected, key: str) -> Iterator[Json]:
    """Return the metadata of each input or output."""
    try:
        told = json.loads(found.metadata[key])
    except (KeyError, ValueError, RecursionError):
        raise Foreign(f"its metadata '{key}' is missing or not JSON") from None
    if not is_unicode(json.dumps(told, ensure_ascii=False)):
        raise Foreign(f"its metadata '{key}' contains half a character")
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise Foreign(f"its metadata '{key}' is not a list of descriptions")
    yield from told
