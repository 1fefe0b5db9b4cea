"""Questions to a runtime and its answers, as files in a folder that any language can read.

`questions.json` is a list of `{model, feed}`. `answers.json` contains `{version, answers}` with one entry per
question. A column of a feed, or an output, is `{type, values}`: texts as they are, numbers in base64,
little-endian.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlbuild.frozen import frozen

Array = np.ndarray[Any, Any]


@frozen
class Question:
    """A model, and columns [N, 1] of rows for it. `wanted` is the expected result, by output.

    A number may differ by `tolerance`, relative to values above 1 and absolute below.
    """

    name: str
    model: bytes
    feed: Mapping[str, Array]
    wanted: Mapping[str, Array]
    tolerance: float = 0.0

    def difference(self, answer: Mapping[str, Array]) -> float:
        """Return the largest difference of an answer.

        Raises:
            AssertionError: It exceeds the tolerance, or a text differs.
        """
        largest = 0.0
        for name, wanted in self.wanted.items():
            found = answer[name]
            assert found.shape == wanted.shape, f"{name} of {self.name}"
            if wanted.dtype.kind == "f":
                same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
                with np.errstate(invalid="ignore"):
                    apart = np.abs(found - wanted) / np.maximum(1.0, np.abs(wanted))
                difference = np.where(same, 0.0, apart)
                assert (difference <= self.tolerance).all(), f"{name} of {self.name}"
                largest = max(largest, float(difference.max()))
            else:
                assert (found == wanted).all(), f"{name} of {self.name}"
        return largest


def ask(questions: Sequence[Question], folder: Path) -> None:
    """Write the questions into a folder that does not exist yet."""
    folder.mkdir()
    told = []
    for number, question in enumerate(questions):
        model = f"{number}.onnx"
        (folder / model).write_bytes(question.model)
        told.append({"model": model, "feed": {name: _column(rows) for name, rows in question.feed.items()}})
    (folder / "questions.json").write_text(json.dumps(told), encoding="utf-8")


def _column(rows: Array) -> dict[str, Any]:
    if rows.dtype == object:
        return {"type": "string", "values": rows.ravel().tolist()}
    values = base64.b64encode(np.ascontiguousarray(rows).tobytes()).decode()
    return {"type": rows.dtype.name, "values": values}


def answers(folder: Path) -> tuple[str, list[dict[str, Array]]]:
    """Return the version of the runtime, and its answer to each question."""
    told = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return told["version"], [
        {name: _array(one) for name, one in answer.items()} for answer in told["answers"]
    ]


def _array(told: Mapping[str, Any]) -> Array:
    if told["type"] == "string":
        return np.array(told["values"], dtype=object).reshape(told["shape"])
    found: Array = np.frombuffer(base64.b64decode(told["values"]), dtype=told["type"])
    return found.reshape(told["shape"])
