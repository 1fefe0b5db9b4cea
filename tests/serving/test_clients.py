"""Clients of others get what the model answers, and understand refusals. Each is in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from tests.python import site
from tests.serving.servers import PATIENCE, Server

HERE = Path(__file__).parent
TRITON = "tritonclient[http]==2.73.0"
NAT = -(2**63)


def asked(script: str, packages: Path, *words: str) -> Any:
    """Run a script with some packages, and return the JSON that it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-S", str(HERE / script), *words],
        env=environment | {"PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def wanted(project: Path) -> tuple[list[str], list[list[float]]]:
    """Return what onnxruntime answers for the rows of the clients."""
    session = onnxruntime.InferenceSession(project / "dist/zone/model.onnx")
    km, fare = np.array([[12.5], [np.nan], [3.25]]), np.array([[30.25], [4.5], [11.0]])
    start = np.array([[NAT], [1_709_195_400_000_000], [NAT]])
    label, probabilities = session.run(None, {"km": km, "fare": fare, "start": start})
    return label.ravel().tolist(), probabilities.tolist()


def test_the_client_of_triton(server: Server, project: Path) -> None:
    packages = site("serving", "triton-2.73.0", TRITON, whole=True)
    told = asked("triton_client.py", packages, "{}:{}".format(*server.place))
    assert (told["live"], told["ready"], told["model_ready"], told["other_ready"]) == (
        True,
        True,
        True,
        False,
    )
    assert told["server"] == server.ask("/v2").told
    assert told["model"] == server.ask("/v2/models/zone").told
    labels, probabilities = wanted(project)
    assert told["answers"] == [["zone", "7", labels, probabilities]] * 16
    assert told["unknown"].endswith("there is nothing at '/v2/models/other/infer'")
    assert told["wrong"].endswith("input 'fare' is missing")
    assert "not '2'" in told["version"]
