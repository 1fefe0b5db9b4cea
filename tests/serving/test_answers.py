"""Labels of every dtype are answered as values of that dtype, and missing results as null."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from tests.projects import built, one_model
from tests.serving.servers import served

LABELS = {"bool": ("true", "false"), "int": ("3", "7"), "string": ("yes", "no")}
DATATYPES = {"bool": "BOOL", "int": "INT64", "string": "BYTES"}


@pytest.mark.parametrize("dtype", LABELS)
def test_labels(tmp_path: Path, dtype: str) -> None:
    texts = LABELS[dtype]
    rows = "x,y\n" + "".join(f"{i},{texts[i < 100]}\n" for i in range(200))
    learner = "type: lightgbm.classifier, params: {num_iterations: 20}, features: [x], target: y"
    built(one_model(tmp_path, f"x: float, y: {dtype}", rows, learner))
    session = onnxruntime.InferenceSession(tmp_path / "dist/one/model.onnx")
    x = np.array([[3.0], [150.0], [25.5]])
    label, probabilities = session.run(None, {"x": x})
    assert len({*label.ravel().tolist()}) == 2
    with served(tmp_path) as server:
        told = server.ask("/predict/one", [{"x": value} for value in x.ravel().tolist()]).told
        tensor = {"name": "x", "shape": [3, 1], "datatype": "FP64", "data": x.ravel().tolist()}
        tensors = server.ask("/v2/models/one/infer", {"inputs": [tensor]}).told["outputs"]
        binary = {"inputs": [tensor], "parameters": {"binary_data_output": True}}
        answer = server.ask("/v2/models/one/infer", binary)
    classes = ["false", "true"] if dtype == "bool" else sorted(texts)
    assert told["rows"] == [
        {"label": one, "probabilities": dict(zip(classes, shares, strict=True))}
        for one, shares in zip(label.ravel().tolist(), probabilities.tolist(), strict=True)
    ]
    kinds = {"bool": bool, "int": int, "string": str}
    assert all(type(row["label"]) is kinds[dtype] for row in told["rows"])
    assert tensors[0] == {
        "name": "label",
        "datatype": DATATYPES[dtype],
        "shape": [3, 1],
        "data": label.ravel().tolist(),
    }
    rest = answer.body[int(answer.headers["inference-header-content-length"]) :]
    assert rest.endswith(probabilities.tobytes())
    assert dtype == "string" or rest.startswith(label.tobytes())


def test_results_that_are_no_numbers_are_null(tmp_path: Path) -> None:
    rows = "x,y\n" + "".join(f"{i},{i * 3 % 7}\n" for i in range(9))
    learner = "type: sklearn.linear_regression, features: [x], target: y"
    built(one_model(tmp_path, "x: float, y: float", rows, learner))
    with served(tmp_path) as server:
        told = server.ask("/predict/one", b"x\ninf\n2\n", content_type="text/csv").told
        tensor: dict[str, Any] = {"name": "x", "shape": [1, 1], "datatype": "FP64", "data": [float("inf")]}
        tensors = server.ask("/v2/models/one/infer", {"inputs": [tensor]}).told
    assert told["rows"][0] == {"prediction": None} and told["rows"][1]["prediction"] is not None
    assert tensors["outputs"][0]["data"] == [None]
    assert json.loads(tensors["parameters"]["violations"]) == [{"row": 0, "column": "x", "rule": "finite"}]
