"""What a server imports, and what it needs to start."""

from __future__ import annotations

import re
from pathlib import Path

from tests.serving.rides import RIDE
from tests.serving.servers import served

_IMPORT = re.compile(r"^import time: +\d+ \| +\d+ \| +(\S+)$", re.MULTILINE)
#: Libraries that build models.
BUILDING = {
    "polars",
    "lightgbm",
    "onnx",
    "pandera",
    "sqlglot",
    "networkx",
    "sklearn",
    "jsonschema",
    "yaml",
    "pandas",
}


def test_a_server_imports_nothing_that_builds_models(project: Path) -> None:
    with served(project, "fare", options=("-X", "importtime")) as server:
        assert server.ask("/predict/fare", RIDE).status == 200
        assert server.ask("/predict/fare", RIDE | {"kn": 1}).status == 400
        code, _, err = server.stop()
    imported = set(_IMPORT.findall(err))
    assert code == 0 and {"onnxruntime", "uvicorn", "uvloop", "httptools", "msgspec"} <= imported
    assert not {name.partition(".")[0] for name in imported} & BUILDING
    rooms = {name.split(".")[1] for name in imported if name.startswith("mlbuild.")}
    assert not rooms & {
        "spec",
        "data",
        "ops",
        "models",
        "expressions",
        "evaluation",
        "verdicts",
        "reports",
        "api",
    }


def test_a_server_is_small(project: Path) -> None:
    with served(project) as server:
        assert server.ask("/predict/fare", [RIDE] * 500).status == 200
        assert server.memory() < 110_000_000
        assert len([*Path(f"/proc/{server.pid}/task").iterdir()]) < 20
