"""Reads requests of the Open Inference Protocol: tensors as JSON, or as bytes after the JSON."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.serving.columns.column import Column, told
from mlbuild.serving.limits import Limits
from mlbuild.serving.model import Model, Values
from mlbuild.serving.reading.documents import decode, repeated_key, texts_in
from mlbuild.serving.reading.rows import Rows, check_count, check_names
from mlbuild.serving.refused import Refused
from mlbuild.shown import shown

#: How the struct module calls the types of a fixed size.
_FORMATS = {"FP64": "d", "INT64": "q"}
_KEYS = frozenset({"id", "parameters", "inputs", "outputs", "model_name", "model_version"})
_INPUT_KEYS = frozenset({"name", "shape", "datatype", "parameters", "data"})


@frozen
class Wanted:
    """An output that a client asks for, and whether it comes as bytes."""

    name: str
    binary: bool


@frozen(eq=False)
class Inference:
    """A request: its rows, its id, and which outputs it asks for."""

    rows: Rows
    id: str | None
    wanted: tuple[Wanted, ...]


def read_inference(body: bytes, header: int | None, model: Model, limits: Limits) -> Inference:
    """Return the request in a body, of which the first `header` bytes are JSON (None: all of them).

    Raises:
        Refused: It does not follow the protocol, or its tensors are not the inputs of the model.
    """
    if header is not None and header > len(body):
        raise Refused(
            f"the header with the length of the JSON says {header}, but the body has {len(body)} bytes"
        )
    head = body if header is None else body[:header]
    request = decode(head, lenient=True)
    _check_object(request, "the body", _KEYS)
    inputs = _objects(request, "inputs")
    names = [_text(one, "name", f"input {place}") for place, one in enumerate(inputs)]
    check_names(names, model, what="input")
    blobs = _Blobs(b"" if header is None else body[header:])
    count: int | None = None
    values: dict[str, Values] = {}
    for name, one in zip(names, inputs, strict=True):
        column = model.columns[model.places[name]]
        rows = _rows(one, column)
        if count is None:
            check_count(rows, limits.rows)
        elif rows != count:
            raise Refused(
                f"input '{name}' has {rows} rows, but '{names[0]}' has {count}", column=name, rule="shape"
            )
        count = rows
        values[name] = column.from_elements(_elements(one, column, rows, blobs))
    blobs.check_end()
    if repeated := repeated_key(head, _texts(request, inputs)):
        raise Refused(f"key '{shown(repeated[0])}' is there twice in an object of the body", rule="duplicate")
    columns = [values[name] for name in model.names]
    return Inference(Rows(count or 0, columns), _id(request), tuple(_wanted(request, model)))


def _texts(request: Json, inputs: Sequence[Json]) -> int:
    """Return how many keys and strings a request with valid inputs has, without a look at each of their numbers."""
    others = {key: value for key, value in request.items() if key != "inputs"}
    parameters = [one["parameters"] for one in inputs if "parameters" in one]
    strings = [one["data"] for one in inputs if one["datatype"] == "BYTES" and "data" in one]
    named = sum(map(len, inputs)) + 2 * len(inputs)  # keys, and the strings of `name` and `datatype`
    return 1 + texts_in(others) + named + texts_in(parameters) + texts_in(strings)


def _rows(given: Json, column: Column) -> int:
    """Return the number of rows of an input, whose type and shape must be those of the model."""
    _check_object(given, f"input '{column.name}'", _INPUT_KEYS)
    datatype, shape = given.get("datatype"), given.get("shape")
    if datatype != column.datatype:
        message = f"input '{column.name}' must have the datatype {column.datatype}, not {told(datatype)}"
        raise Refused(message, column=column.name, rule="datatype")
    if not (
        isinstance(shape, list) and [*map(type, shape)] == [int, int] and shape[0] >= 0 and shape[1] == 1
    ):
        message = f"input '{column.name}' must have the shape [N, 1], not {shown(str(shape))}"
        raise Refused(message, column=column.name, rule="shape")
    return int(shape[0])


def _elements(given: Json, column: Column, rows: int, blobs: _Blobs) -> Sequence[Any]:
    """Return the elements of an input, from its data or from the bytes after the JSON."""
    what = f"input '{column.name}'"
    parameters = _parameters(given, what, {"binary_data_size"})
    if "binary_data_size" in parameters:
        if "data" in given:
            raise Refused(f"{what} has both data and a binary_data_size", column=column.name)
        return _unpacked(blobs.take(parameters["binary_data_size"], what), column, rows)
    data = given.get("data")
    if not isinstance(data, list):
        raise Refused(f"{what} must have a list as its data", column=column.name, rule="data")
    if data and isinstance(data[0], list):
        if any(not isinstance(row, list) or len(row) != 1 for row in data):
            raise Refused(
                f"the data of {what} must be flat, or lists of one element", column=column.name, rule="data"
            )
        data = [row[0] for row in data]
    _check_length(len(data), what, column, rows)
    return data


def _unpacked(blob: bytes, column: Column, rows: int) -> Sequence[Any]:
    what = f"input '{column.name}'"
    if column.datatype not in _FORMATS:
        texts = [*_strings(blob, what)]
        _check_length(len(texts), what, column, rows)
        return texts
    packed = struct.Struct(f"<{rows}{_FORMATS[column.datatype]}")
    if len(blob) != packed.size:
        message = f"{what} has {len(blob)} bytes, but {rows} rows of {column.datatype} have {packed.size}"
        raise Refused(message, column=column.name, rule="data")
    return packed.unpack(blob)


def _strings(blob: bytes, what: str) -> Iterator[str]:
    """Yield the strings of a tensor: each has its length in four bytes before it."""
    place = 0
    while place < len(blob):
        start = place + 4
        end = start + int.from_bytes(blob[place:start], "little")
        if end > len(blob) or start > len(blob):
            raise Refused(f"the bytes of {what} end in the middle of a string")
        try:
            yield blob[start:end].decode()
        except UnicodeDecodeError:
            raise Refused(f"a string of {what} is not UTF-8") from None
        place = end


def _check_length(count: int, what: str, column: Column, rows: int) -> None:
    if count != rows:
        message = f"{what} has {count} elements, but the shape [{rows}, 1] needs {rows}"
        raise Refused(message, column=column.name, rule="shape")


class _Blobs:
    """The bytes after the JSON, which belong to the inputs in their order."""

    def __init__(self, rest: bytes) -> None:
        self._rest, self._taken = rest, 0

    def take(self, size: Any, what: str) -> bytes:
        left = len(self._rest) - self._taken
        if type(size) is not int or not 0 <= size <= left:
            message = (
                f"the binary_data_size of {what} must be an integer from 0 to {left}, which is what is left"
            )
            raise Refused(f"{message}, not {told(size)}")
        start, self._taken = self._taken, self._taken + size
        return self._rest[start : self._taken]

    def check_end(self) -> None:
        if left := len(self._rest) - self._taken:
            raise Refused(f"the body has {left} bytes that belong to no input")


def _id(request: Json) -> str | None:
    if "id" not in request:
        return None
    return _text(request, "id", "the body", empty=True)


def _wanted(request: Json, model: Model) -> Iterator[Wanted]:
    """Yield the outputs that a request asks for; all if it names none."""
    parameters = request.get("parameters", {})
    if not isinstance(parameters, dict):
        raise Refused(f"the parameters of the body must be an object, not {told(parameters)}")
    usual = _flag(parameters, "binary_data_output", "the body", False)
    known = [output.name for output in model.outputs]
    asked = _objects(request, "outputs") if "outputs" in request else []
    seen: set[str] = set()
    for place, one in enumerate(asked):
        _check_object(one, f"output {place}", frozenset({"name", "parameters"}))
        name = _text(one, "name", f"output {place}")
        if name not in known:
            raise Refused(f"there is no output '{shown(name)}', only {', '.join(known)}")
        if name in seen:
            raise Refused(f"output '{name}' is there twice")
        seen.add(name)
        what = f"output '{name}'"
        yield Wanted(name, _flag(_parameters(one, what, {"binary_data"}), "binary_data", what, usual))
    if not asked:
        for name in known:
            yield Wanted(name, usual)


def _objects(holder: Json, key: str) -> list[Any]:
    found = holder.get(key)
    if not isinstance(found, list):
        raise Refused(
            f"'{key}' must be a list, not {told(found)}" if key in holder else f"the body has no '{key}'"
        )
    for place, one in enumerate(found):
        if not isinstance(one, dict):
            raise Refused(f"{key[:-1]} {place} must be an object, not {told(one)}")
    return found


def _check_object(found: Any, what: str, keys: frozenset[str]) -> None:
    if not isinstance(found, dict):
        raise Refused(f"{what} must be an object, not {told(found)}")
    for key in found:
        if key not in keys:
            raise Refused(f"{what} has the unknown key '{shown(key)}'")


def _text(holder: Json, key: str, what: str, *, empty: bool = False) -> str:
    found = holder.get(key)
    if not isinstance(found, str) or not (found or empty):
        raise Refused(f"the {key} of {what} must be a string, not {told(found)}")
    return found


def _parameters(holder: Json, what: str, known: set[str]) -> Mapping[str, Any]:
    found = holder.get("parameters", {})
    if not isinstance(found, dict):
        raise Refused(f"the parameters of {what} must be an object, not {told(found)}")
    for key in found:
        if key not in known:
            raise Refused(f"{what} has the parameter '{shown(key)}', which this server does not support")
    return found


def _flag(parameters: Mapping[str, Any], key: str, what: str, usual: bool) -> bool:
    found = parameters.get(key, usual)
    if not isinstance(found, bool):
        raise Refused(f"the parameter '{key}' of {what} must be true or false, not {told(found)}")
    return found
