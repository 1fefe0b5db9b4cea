"""An MLflow server for tests: the real one, if MLBUILD_MLFLOW names its command, or one in this process.

The one in this process keeps what it is told, with the limits of the real one. It knows no requests but those of `export`.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.data.file_servers import Quiet, answer, served

_KEY = re.compile(r"[\w\-. :/]{1,250}", re.ASCII)


class BadRequest(Exception):
    pass


class Memory:
    """What the server in this process was told, and the requests that it got."""

    def __init__(self) -> None:
        self.experiments: dict[str, str] = {}
        self.runs: dict[str, Any] = {}
        self.asked: list[tuple[str, Any, dict[str, str]]] = []
        self.fails_at: str | None = None

    def answer(self, path: str, content: Any) -> Any:
        parts = urlsplit(path)
        what = parts.path.removeprefix("/api/2.0/mlflow/")
        if what == self.fails_at:
            raise BadRequest("INTERNAL_ERROR", "it fails")
        if what == "experiments/get-by-name":
            (name,) = parse_qs(parts.query)["experiment_name"]
            if name not in self.experiments:
                raise BadRequest("RESOURCE_DOES_NOT_EXIST", f"no experiment '{name}'")
            return {"experiment": {"experiment_id": self.experiments[name]}}
        if what == "experiments/create":
            return {
                "experiment_id": self.experiments.setdefault(content["name"], str(len(self.experiments) + 1))
            }
        if what == "runs/search":
            assert content["filter"] == "tags.`mlbuild.build` LIKE '%'"
            found = [
                run for run in self.runs.values() if run["info"]["experiment_id"] in content["experiment_ids"]
            ]
            first = int(content.get("page_token", 0))
            more = {"next_page_token": str(first + 1)} if first + 1 < len(found) else {}
            return {"runs": found[first : first + 1]} | more
        if what == "runs/create":
            return {"run": self._create(content)}
        run = self.runs[content["run_id"]]
        if what == "runs/log-batch":
            self._log(run["data"], content)
        elif what == "runs/log-inputs":
            for one in content["datasets"]:
                assert len(one["dataset"]["digest"]) <= 36
            run["inputs"] = content["datasets"]
        elif what == "runs/update":
            run["info"] |= {"status": content["status"], "end_time": content["end_time"]}
        else:
            raise BadRequest("ENDPOINT_NOT_FOUND", what)
        return {}

    def _create(self, content: Any) -> Any:
        name = f"run{len(self.runs)}"
        info = {"run_id": name, "status": "RUNNING", "experiment_id": content["experiment_id"]}
        info |= {"run_name": content["run_name"], "start_time": content["start_time"]}
        for tag in content["tags"]:
            assert _KEY.fullmatch(tag["key"]) and len(tag["value"]) <= 8000, tag
        self.runs[name] = {
            "info": info,
            "data": {"tags": content["tags"], "metrics": [], "params": []},
            "inputs": [],
        }
        return self.runs[name]

    def _log(self, data: Any, content: Any) -> None:
        for kind, most in (("metrics", 1000), ("params", 100)):
            for one in content.get(kind, []):
                if not _KEY.fullmatch(one["key"]) or len(content[kind]) > most:
                    raise BadRequest("INVALID_PARAMETER_VALUE", one["key"])
                former = [other for other in data[kind] if other["key"] == one["key"]]
                if kind == "params" and any(other != one for other in former):
                    raise BadRequest("INVALID_PARAMETER_VALUE", f"{one['key']} was logged with another value")
                data[kind] += [] if one in former else [one]


@contextmanager
def in_this_process() -> Iterator[tuple[str, Memory]]:
    """Yield the address of a server, and what it was told."""
    memory = Memory()

    class Handler(Quiet):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            content = json.loads(self.rfile.read(length)) if length else None
            memory.asked.append((self.path, content, dict(self.headers)))
            try:
                code, told = 200, memory.answer(self.path, content)
            except BadRequest as bad:
                code, told = 400, {"error_code": bad.args[0], "message": bad.args[1]}
            answer(self, code, json.dumps(told).encode())

        do_POST = do_GET

    with served(Handler) as port:
        yield f"http://127.0.0.1:{port}", memory


@contextmanager
def mlflow(folder: Path) -> Iterator[str]:
    """Yield the address of a server."""
    command = os.environ.get("MLBUILD_MLFLOW")
    if not command:
        with in_this_process() as (uri, _):
            yield uri
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--backend-store-uri", f"sqlite:///{folder}/runs.db", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(
        [command, "server", "--workers", "1", *words], cwd=folder, start_new_session=True
    ) as server:
        try:
            for _ in range(600):
                if _healthy(port):
                    break
                time.sleep(0.5)  # a server that starts offers no event to wait for
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, 15)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10):
            return True
    except OSError:
        return False


def runs_of(uri: str, experiment: str) -> dict[str, Any]:
    """Return the runs of an experiment by the build that they are of."""
    base = f"{uri}/api/2.0/mlflow"
    with urllib.request.urlopen(
        f"{base}/experiments/get-by-name?experiment_name={experiment}", timeout=60
    ) as answer:
        number = json.loads(answer.read())["experiment"]["experiment_id"]
    found, token = [], None
    while True:
        asked = {"experiment_ids": [number], "filter": "tags.`mlbuild.build` LIKE '%'"}
        asked |= {"page_token": token} if token else {}
        request = urllib.request.Request(
            f"{base}/runs/search", json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            page = json.loads(answer.read())
        found += page.get("runs", [])
        token = page.get("next_page_token")
        if not token:
            break
    named = [({tag["key"]: tag["value"] for tag in run["data"]["tags"]}, run) for run in found]
    assert len({tags["mlbuild.build"] for tags, _ in named}) == len(named), "a build has one run"
    return {tags["mlbuild.build"]: run for tags, run in named}
