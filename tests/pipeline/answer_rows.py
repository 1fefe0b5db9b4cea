"""Answers the raw rows of a .npz file with a model, with numpy and onnxruntime alone: MODEL ROWS ANSWERS."""

import sys

import numpy as np
import onnxruntime

model, rows, answers = sys.argv[1:]
strange = {"mlbuild", "polars", "lightgbm", "onnx", "sklearn", "pandas", "sqlglot"} & set(sys.modules)
assert not strange, strange

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options)
feed = {}
with np.load(rows) as file:
    for value in session.get_inputs():
        column = file[value.name]
        feed[value.name] = (column.astype(object) if column.dtype.kind == "U" else column).reshape(-1, 1)
names = [value.name for value in session.get_outputs()]
found = dict(zip(names, session.run(names, feed), strict=True))
np.savez(
    answers, **{name: value.astype(str) if value.dtype == object else value for name, value in found.items()}
)
