"""Asks a model the rows in its `examples.json`: it must answer them as it did when it was built."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mlbuild.bundle.comparison import SCORE
from mlbuild.bundle.opened import NotOurs
from mlbuild.bundle.runtime import onnxruntime
from mlbuild.folders import EXAMPLES
from mlbuild.process.machine import cpu
from mlbuild.regular import NOTE_LIMIT, read_regular
from mlbuild.serving.columns.column import Column
from mlbuild.serving.outputs import Output
from mlbuild.serving.refused import Refused
from mlbuild.shown import shown

if TYPE_CHECKING:
    from mlbuild.bundle.inputs import Arrays


class Answering(Protocol):
    """A model that answers rows, of which this needs only some attributes."""

    @property
    def digest(self) -> str: ...

    @property
    def columns(self) -> Sequence[Column]: ...

    @property
    def outputs(self) -> Sequence[Output]: ...

    def answers(self, columns: Sequence[Sequence[Any]], rows: int) -> Arrays: ...


def check_examples(model: Answering, file: Path) -> None:
    """Check that a model answers its examples as when it was built: bit for bit with the same onnxruntime on the same model of CPU. Others
    may add in another order, so their numbers may differ as much as the certificate allows.

    Raises:
        NotOurs: It does not, or they cannot be read.
    """
    try:
        told = json.loads(read_regular(file, NOTE_LIMIT))
        if told["model"] != model.digest:
            raise NotOurs(f"does not match the {EXAMPLES} next to it")
        inputs, wanted = ([one[key] for one in told["examples"]] for key in ("inputs", "outputs"))
        columns = [one.from_json([row[one.name] for row in inputs]) for one in model.columns]
        exact = told["made_by"] == {"onnxruntime": onnxruntime().__version__, "cpu": cpu()}
    except (OSError, ValueError, RecursionError, KeyError, TypeError, Refused):
        raise NotOurs(f"cannot be used: the {EXAMPLES} next to it cannot be read") from None
    same = _identical if exact else _close
    for name, values in _answers(model, columns, len(inputs)):
        for number, (got, row) in enumerate(zip(values, wanted, strict=True), 1):
            if not isinstance(row, dict) or name not in row or not same(got, row[name]):
                raise NotOurs(
                    f"does not answer as it was built: '{shown(name)}' of example {number} in {EXAMPLES} is different"
                )


def _answers(model: Answering, columns: list[Any], rows: int) -> Iterator[tuple[str, list[Any]]]:
    """Yield the values of each column of the outputs, as they are in the file."""
    found = model.answers(columns, rows)
    for output in model.outputs:
        for place, name in enumerate(output.columns):
            values = output.logged(found[output.name][:, place])
            yield name, [None if value != value else value for value in values]


def _identical(got: Any, wanted: Any) -> bool:
    """Whether two values have the same bits: also 0 and -0 are different as JSON."""
    return json.dumps(got) == json.dumps(wanted)


def _close(got: Any, wanted: Any) -> bool:
    if isinstance(got, float) and isinstance(wanted, float):
        return abs(got - wanted) <= SCORE * max(1.0, abs(wanted))
    return _identical(got, wanted)
