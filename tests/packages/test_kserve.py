"""The InferenceService has the keys that KServe's own models have. KServe itself cannot run here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests import budget
from tests.packages.written import files, written
from tests.python import only, site

KNOWN = """
import json, re, sys
import kserve.models
from kubernetes import client

def check(type_, value):
    inner = re.fullmatch(r"(?:list\\[|dict\\(str, )(.*)[\\])]", type_)
    if inner:
        values = value.values() if isinstance(value, dict) else value
        return [one for some in values for one in check(inner[1], some)]
    cls = getattr(kserve.models, type_, None) or getattr(client, type_, None)
    if cls is None or not hasattr(cls, "openapi_types"):
        return []
    names = {key: name for name, key in cls.attribute_map.items()}
    unknown = [f"{type_}.{key}" for key in value if key not in names]
    return unknown + [one for key in value if key in names for one in check(cls.openapi_types[names[key]], value[key])]

print(json.dumps(check("V1beta1InferenceService", json.load(sys.stdin))))
"""


def test_it_is_a_service_of_the_model(project: Path, tmp_path: Path) -> None:
    folder = written(project, "fare", "kserve", tmp_path / "fare")
    told = yaml.safe_load((folder / "inferenceservice.yaml").read_text())
    assert (told["apiVersion"], told["kind"]) == ("serving.kserve.io/v1beta1", "InferenceService")
    assert told["spec"]["predictor"]["model"]["storageUri"] == "s3://models/here"
    repository = files(written(project, "fare", "triton", tmp_path / "triton"))
    assert files(folder / "models") == repository


@pytest.mark.parametrize("release", budget.examples([], ["0.21.0"]))
def test_its_keys_are_those_of_kserve(project: Path, tmp_path: Path, release: str) -> None:
    """Only in a soak, because it needs 400 MB of libraries."""
    packages = site("serving", f"kserve=={release}", whole=True)
    folder = written(project, "fare", "kserve", tmp_path / "fare")
    told = yaml.safe_load((folder / "inferenceservice.yaml").read_text())
    for change, unknown in (({}, []), ({"storageURI": "x"}, ["V1beta1ModelSpec.storageURI"])):
        told["spec"]["predictor"]["model"] |= change
        done = subprocess.run(
            [sys.executable, "-S", "-c", KNOWN],
            input=json.dumps(told),
            env=only(packages),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == unknown
