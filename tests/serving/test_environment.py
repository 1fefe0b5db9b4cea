"""A server runs with nothing but onnxruntime, numpy and the libraries of the extra `serve`."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from tests.python import only, site
from tests.serving.rides import RIDE
from tests.serving.servers import ROOT, served

#: What a server may need on the disk, with onnxruntime and numpy.
MOST = 175_000_000


def test_a_server_needs_few_libraries(project: Path) -> None:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["serve"]
    needed = [one for one in extra if (marker := Requirement(one).marker) is None or marker.evaluate()]
    packages = site("serving", "onnxruntime", "numpy", *needed, whole=True)
    size = sum(file.stat().st_size for file in packages.rglob("*") if file.is_file())
    assert 100_000_000 < size < MOST
    with served(project, options=("-S",), environment=only(packages, ROOT)) as server:
        assert server.ask("/predict/fare", RIDE).status == 200
        assert server.ask("/openapi.json").status == 200
        code, _, err = server.stop()
        assert code == 0 and "Traceback" not in err
