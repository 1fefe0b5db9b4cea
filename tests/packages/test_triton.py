"""`config.pbtxt` is read with the schema that Triton publishes. The server itself cannot run here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packages.written import written
from tests.python import only, site

READ = """
import sys
from google.protobuf import json_format, text_format
from tritonclient.grpc import model_config_pb2
print(json_format.MessageToJson(text_format.Parse(sys.stdin.read(), model_config_pb2.ModelConfig())))
"""
TYPES = {"double": "TYPE_FP64", "int64": "TYPE_INT64", "string": "TYPE_STRING", "bool": "TYPE_BOOL"}


@pytest.mark.parametrize("output", ["fare", "zone"])
def test_the_configuration_is_that_of_the_model(project: Path, tmp_path: Path, output: str) -> None:
    folder = written(project, output, "triton", tmp_path / output) / output
    packages = site("packages", "tritonclient[grpc]==2.73.0", whole=True)
    done = subprocess.run(
        [sys.executable, "-S", "-c", READ],
        input=(folder / "config.pbtxt").read_text(),
        env=only(packages),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found, contract = (
        json.loads(done.stdout),
        json.loads((project / "dist" / output / "contract.json").read_text()),
    )
    assert (found["name"], found["backend"], found["maxBatchSize"]) == (output, "onnxruntime", 4096)
    for key in ("input", "output"):
        assert found[key] == [
            {"name": one["name"], "dataType": TYPES[one["type"]], "dims": [str(one["shape"][1])]}
            for one in contract[f"{key}s"]
        ]
