"""Writes builds as runs of an MLflow server, over its REST API. The client of MLflow is not needed.

Each run has the tag `mlbuild.build`. A build whose run has ended is not written again, and an unfinished run is completed.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http.client import HTTPException
from itertools import islice
from typing import Any
from urllib.parse import quote, urlsplit

from mlbuild.params import Json
from mlbuild.tracking.builds import Build
from mlbuild.tracking.written import measurements, parameters, times

_TAG = "mlbuild.build"
_PATIENCE = 60.0
#: Limits of the server: items of a batch, and characters of a key, a parameter, a tag and the digest of a dataset.
_METRICS, _PARAMS, _KEY, _VALUE, _TEXT, _DIGEST = 1000, 100, 250, 6000, 5000, 36
_FORBIDDEN = re.compile(r"[^\w\-. :/]", re.ASCII)
_STATUS = {"ok": "FINISHED", "interrupted": "KILLED", "unfinished": "KILLED"}
_LARGEST = 100_000_000


class NotReached(Exception):
    """The server cannot be reached, or does not answer as MLflow does."""


class Refused(Exception):
    """The server refused a request; with its message."""


class Server:
    """An MLflow server. `headers` can authorize its requests."""

    def __init__(self, uri: str, headers: Mapping[str, str]) -> None:
        try:
            parts = urlsplit(uri)
        except ValueError:
            raise NotReached("it is not an http or https URL") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NotReached("it is not an http or https URL")
        if "@" in parts.netloc:
            raise NotReached(
                "user and password belong into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
            )
        self._base = f"{uri.rstrip('/')}/api/2.0/mlflow/"
        self._headers = {"Content-Type": "application/json", **headers}

    def experiment(self, name: str) -> str:
        """Return the id of an experiment, which is created if there is none."""
        try:
            found = self._ask(f"experiments/get-by-name?experiment_name={quote(name, safe='')}")
            return str(found["experiment"]["experiment_id"])
        except Refused as refused:
            if "RESOURCE_DOES_NOT_EXIST" not in str(refused):
                raise
        return str(self._ask("experiments/create", {"name": name})["experiment_id"])

    def known(self, experiment: str) -> dict[str, tuple[str, str]]:
        """Return the id and the status of the run of each build in an experiment."""
        found: dict[str, tuple[str, str]] = {}
        token = None
        while True:
            asked: Json = {
                "experiment_ids": [experiment],
                "filter": f"tags.`{_TAG}` LIKE '%'",
                "max_results": 1000,
            }
            answer = self._ask("runs/search", asked | ({"page_token": token} if token else {}))
            for run in answer.get("runs", []):
                tags = {tag["key"]: tag["value"] for tag in run["data"].get("tags", [])}
                found[tags[_TAG]] = (run["info"]["run_id"], run["info"]["status"])
            token = answer.get("next_page_token")
            if not token:
                return found

    def write(self, experiment: str, build: Build, run: str | None = None) -> None:
        """Write a build as a run, or complete its unfinished run."""
        started, ended = (int(time.timestamp() * 1000) for time in times(build) or ())
        if run is None:
            tags = _pairs(_tags(build), _TEXT)
            about = {"experiment_id": experiment, "start_time": started, "run_name": build.name, "tags": tags}
            run = str(self._ask("runs/create", about)["run"]["info"]["run_id"])
        for params in _batches(_pairs(_keyed(parameters(build)), _VALUE), _PARAMS):
            self._ask("runs/log-batch", {"run_id": run, "params": params})
        values = [
            {"key": key, "value": value, "timestamp": ended, "step": 0}
            for key, value in _keyed(measurements(build))
        ]
        for metrics in _batches(values, _METRICS):
            self._ask("runs/log-batch", {"run_id": run, "metrics": metrics})
        if datasets := [*_datasets(build)]:
            self._ask("runs/log-inputs", {"run_id": run, "datasets": datasets})
        status = _STATUS.get(build.outcome, "FAILED")
        self._ask("runs/update", {"run_id": run, "status": status, "end_time": ended})

    def _ask(self, path: str, content: Json | None = None) -> Json:
        """Return the answer of the server.

        Raises:
            NotReached: There is no answer, or it is not one of MLflow.
            Refused: It is an error.
        """
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self._base + path, data, self._headers)
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
                found = json.loads(answer.read(_LARGEST))
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None
        except (OSError, ValueError, HTTPException) as error:
            raise NotReached(str(getattr(error, "reason", error))) from None
        if not isinstance(found, dict):
            raise NotReached("the answer is not one of MLflow")
        return found


def _refusal(error: urllib.error.HTTPError) -> Exception:
    try:
        with error:
            told = json.loads(error.read(_LARGEST))
        return Refused(f"{told['error_code']}: {told['message']}")
    except (OSError, ValueError, KeyError, TypeError):
        return NotReached(f"HTTP status {error.code}")


def export(server: Server, experiment: str, builds: Sequence[Build]) -> tuple[int, int]:
    """Write builds that the server does not have; return how many were written, and how many it had.

    Builds that are still running are left out.
    """
    name = server.experiment(experiment)
    known = server.known(name)
    written = had = 0
    for build in builds:
        run, status = known.get(build.name, (None, ""))
        if run is not None and status != "RUNNING":
            had += 1
        elif times(build) is not None:
            server.write(name, build, run)
            written += 1
    return written, had


def _tags(build: Build) -> Iterator[tuple[str, str]]:
    record, spec = build.record, build.record["spec"]
    yield _TAG, build.name
    yield "mlbuild.outcome", build.outcome
    yield "mlbuild.version", record["mlbuild"]
    yield "mlbuild.profiles", ",".join(spec["profiles"])
    yield "mlbuild.settings", "\n".join(spec["settings"])
    yield "mlbuild.libraries", json.dumps(record["libraries"])
    yield "mlflow.user", str(record.get("user") or "")
    yield "mlflow.source.name", build.file
    if record["git"] is not None:
        yield "mlflow.source.git.commit", record["git"]["revision"]
        yield "mlbuild.git.dirty", json.dumps(record["git"]["dirty"])
    for folder, files in record["outputs"].items():
        for file, digest in files.items():
            if file.endswith(".onnx"):
                yield f"mlbuild.sha256.{folder}/{file}", digest


def _datasets(build: Build) -> Iterator[Json]:
    """Yield the sources. The same digest means the same content."""
    for name, digest in build.record["sources"].items():
        about = {
            "name": name,
            "digest": str(digest)[:_DIGEST],
            "source_type": "mlbuild",
            "source": json.dumps({"name": name}),
        }
        yield {"dataset": about, "tags": [{"key": "mlflow.data.context", "value": "training"}]}


def _keyed(items: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Replace characters that keys cannot have, such as those of `f_beta(beta=2)`."""
    return ((_FORBIDDEN.sub("_", key)[:_KEY], value) for key, value in items)


def _pairs(items: Iterable[tuple[str, str]], longest: int) -> list[Json]:
    return [{"key": key, "value": value[:longest]} for key, value in items if value]


def _batches(items: Iterable[Json], size: int) -> Iterator[list[Json]]:
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch
