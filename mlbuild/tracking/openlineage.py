"""Writes builds as events of OpenLineage: which files a build read, and which models it made of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from mlbuild.params import Json
from mlbuild.tracking.builds import Build, at
from mlbuild.tracking.written import measurements, times

_PRODUCER = "https://github.com/mlbuild/mlbuild"
_SPEC = "https://openlineage.io/spec"
_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_ENDS = {"ok": "COMPLETE", "interrupted": "ABORT", "unfinished": "ABORT"}


def events(build: Build, namespace: str | None = None) -> Iterator[Json]:
    """Yield the start and the end of a build. `namespace` replaces the name of the project."""
    when = times(build)
    if when is None:
        return
    space = namespace or str(build.record.get("project") or "mlbuild")
    yield _event(build, space, "START", when[0].isoformat(), [])
    outputs = [*_outputs(build, space)]
    yield _event(build, space, _ENDS.get(build.outcome, "FAIL"), when[1].isoformat(), outputs)


def _event(build: Build, space: str, kind: str, time: str, outputs: list[Json]) -> Json:
    job = {
        "jobType": _facet(
            "JobTypeJobFacet", "2-0-4", processingType="BATCH", integration="MLBUILD", jobType="BUILD"
        ),
        **_documentation(build),
    }
    return {
        "eventType": kind,
        "eventTime": time,
        "producer": _PRODUCER,
        "schemaURL": _EVENT,
        "run": {
            "runId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"mlbuild:{build.name}")),
            "facets": _run(build, kind),
        },
        "job": {"namespace": space, "name": build.file, "facets": job},
        "inputs": [*_inputs(build, space)],
        "outputs": outputs,
    }


def _run(build: Build, kind: str) -> Json:
    version = str(build.record["mlbuild"])
    facets = {
        "processing_engine": _facet(
            "ProcessingEngineRunFacet",
            "1-1-1",
            version=version,
            name="mlbuild",
            openlineageAdapterVersion=version,
        ),
        "mlbuild": {
            **_base(f"{_PRODUCER}#build"),
            "build": build.name,
            "git": build.record["git"],
            "libraries": build.record["libraries"],
            "metrics": dict(measurements(build)) if kind != "START" else {},
        },
    }
    failures = [
        task["failure"] for task in build.record["tasks"].values() if isinstance(task.get("failure"), dict)
    ]
    if kind == "FAIL" and failures:
        message = str(failures[0].get("message"))
        facets["errorMessage"] = _facet(
            "ErrorMessageRunFacet", "1-0-1", message=message, programmingLanguage="Python"
        )
    return facets


def _documentation(build: Build) -> Json:
    text = build.values.get("description")
    found = _facet("DocumentationJobFacet", "1-1-0", description=text) if isinstance(text, str) else None
    return {"documentation": found} if found else {}


def _inputs(build: Build, space: str) -> Iterator[Json]:
    for name, digest in build.record["sources"].items():
        source = at(build.values, "sources", name)
        path, columns = (
            at(source, "path"),
            at(build.values, "contracts", str(at(source, "contract")), "columns"),
        )
        facets = {"version": _version(digest)}
        if isinstance(columns, dict):
            facets["schema"] = _facet("SchemaDatasetFacet", "1-2-0", fields=[*map(_field, columns.items())])
        yield {"namespace": space, "name": path if isinstance(path, str) else name, "facets": facets}


def _field(column: tuple[str, Any]) -> Json:
    name, written = column
    dtype = written if isinstance(written, str) else at(written, "dtype")
    return {"name": name, "type": str(dtype)}


def _outputs(build: Build, space: str) -> Iterator[Json]:
    for folder, files in build.record["outputs"].items():
        for file, digest in files.items():
            if file.endswith(".onnx"):
                yield {
                    "namespace": space,
                    "name": f"{folder}/{file}",
                    "facets": {"version": _version(digest)},
                }


def _version(digest: Any) -> Json:
    return _facet("DatasetVersionDatasetFacet", "1-0-1", datasetVersion=str(digest))


def _facet(kind: str, since: str, /, **values: Any) -> Json:
    """Return a facet of the standard."""
    return {**_base(f"{_SPEC}/facets/{since}/{kind}.json#/$defs/{kind}"), **values}


def _base(schema: str) -> Json:
    return {"_producer": _PRODUCER, "_schemaURL": schema}
