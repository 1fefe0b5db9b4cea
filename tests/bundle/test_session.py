"""Models are run in this module and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mlbuild.lowering.graph import Graph

RUN = "import sys; from mlbuild.bundle.session import Session; Session(sys.stdin.buffer.read())"


def test_onnxruntime_tells_nobody(tmp_path: Path) -> None:
    graph = Graph()
    graph.output("same", graph.call("Neg", graph.input("x", "double")))
    kept = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", RUN], input=graph.serialize({}, {}), env=kept | home, check=True)
    assert list(tmp_path.rglob("*")) == []
