"""LightGBM is imported without what it does not need, and other code can import that afterwards."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from mlbuild.models import LEARNERS
heavy = {"lightgbm", "sklearn", "pandas", "numpy", "polars", "onnx"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
from mlbuild.models.lightgbm.library import lightgbm
assert lightgbm() is lightgbm()
assert not {"sklearn", "pandas"} & set(sys.modules)
import sklearn
"""


def test_a_fresh_process() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
