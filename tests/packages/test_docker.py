"""The folder for Docker: there is no Docker here, so what its image runs is run in the folder."""

from __future__ import annotations

import json
from pathlib import Path

from tests.packages.written import written
from tests.python import only, site
from tests.serving.servers import served


def instructions(folder: Path) -> dict[str, list[str]]:
    """Return the instructions of the Dockerfile by their names."""
    found: dict[str, list[str]] = {}
    for line in (folder / "Dockerfile").read_text().splitlines():
        if not line.startswith("#"):
            name, _, rest = line.partition(" ")
            found.setdefault(name, []).append(rest)
    return found


def test_what_the_image_runs_answers_the_examples(project: Path, tmp_path: Path) -> None:
    folder = written(project, "fare", "docker", tmp_path / "fare")
    told = instructions(folder)
    assert told["COPY"] == ["requirements.txt .", "app app", "model model"]
    for copied in told["COPY"]:
        assert (folder / copied.split()[0]).exists()
    entry, (more,) = json.loads(told["ENTRYPOINT"][0]), [json.loads(one) for one in told["CMD"]]
    assert entry[:4] == ["python", "-m", "mlbuild", "serve"] and entry[-2:] == ["--port", "8080"]
    pinned = (folder / "requirements.txt").read_text().split()
    packages = site("packages", *pinned)
    environment = only(packages, folder / "app")
    (settings,) = told["ENV"]
    assert "PYTHONPATH=/srv/app" in settings.split() and told["WORKDIR"] == ["/srv"]
    with served(folder, *entry[4:-2], *more, options=("-S",), environment=environment) as server:
        examples = json.loads((folder / "model/fare/examples.json").read_text())["examples"]
        for one in examples:
            found = server.ask("/predict/fare", one["inputs"])
            assert found.status == 200
            assert [*found.told["rows"][0].values()] == [*one["outputs"].values()]
        (check,) = told["HEALTHCHECK"]
        assert "/v2/health/ready" in check and server.ask("/v2/health/ready").status == 200
