"""LightGBM is imported without what it does not need, and other code can import that afterwards."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

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


@pytest.mark.parametrize(
    ("given", "spins"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, "None")],
)
def test_threads_soon_sleep_while_they_wait_unless_it_is_said_otherwise(
    given: dict[str, str], spins: str
) -> None:
    program = """
import os
from mlbuild.models.lightgbm.library import lightgbm
lightgbm()
print(os.environ.get("GOMP_SPINCOUNT"))
"""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("GOMP", "OMP"))}
    done = subprocess.run([sys.executable, "-c", program], env=others | given, capture_output=True, text=True)
    assert done.stdout == f"{spins}\n", done.stderr
