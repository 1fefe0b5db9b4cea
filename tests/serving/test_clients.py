"""Clients of others get what the model answers, and understand refusals. Each is in an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from tests import budget
from tests.python import only, site
from tests.serving.servers import PATIENCE, Server, served

HERE = Path(__file__).parent
TRITON, KSERVE, SCHEMATHESIS = "tritonclient[http]==2.73.0", "kserve==0.21.0", "schemathesis==4.32.5"
SETTINGS = ("--no-color", "--exclude-checks", "positive_data_acceptance")
NAT = -(2**63)


def asked(script: str, packages: Path, *words: str) -> Any:
    """Run a script with some packages, and return the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, "-S", str(HERE / script), *words],
        env=only(packages),
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
    packages = site("serving", TRITON, whole=True)
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


@pytest.mark.parametrize("client", budget.examples([], ["kserve_client.py"]))
def test_the_client_of_kserve(server: Server, project: Path, client: str) -> None:
    """Only in a soak, because it needs 400 MB of libraries."""
    packages = site("serving", KSERVE, whole=True)
    told = asked(client, packages, "{}:{}".format(*server.place))
    assert (told["live"], told["ready"], told["model_ready"]) == (True, True, True)
    labels, probabilities = wanted(project)
    assert told["answers"] == [["zone", "7", labels, probabilities]] * 2
    assert "input 'start' is missing" in told["wrong"]
    assert "there is nothing at '/v2/models/other/infer'" in told["unknown"]


@pytest.mark.parametrize("command", budget.examples([], ["schemathesis"]))
def test_generated_requests_for_the_description(project: Path, tmp_path: Path, command: str) -> None:
    """schemathesis makes requests from `/openapi.json`, and checks the answers. Only in a soak, because it takes long.

    The server is strict, because schemathesis expects that what violates a schema is refused. Not all that fits a schema is
    answered: a schema cannot say that tensors have the same number of rows, and has no bounds of dates.
    """
    packages = site("serving", SCHEMATHESIS, whole=True)
    with served(project, "--strict") as server:
        done = subprocess.run(
            [
                sys.executable,
                "-S",
                "-m",
                "schemathesis.cli",
                "run",
                f"{server.address}/openapi.json",
                *SETTINGS,
            ],
            cwd=tmp_path,
            env=only(packages),
            capture_output=True,
            text=True,
            timeout=10 * PATIENCE,
        )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
