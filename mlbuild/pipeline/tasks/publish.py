"""Task `publish:O`: the files of `dist/O/`."""

from __future__ import annotations

from mlbuild.engine.graph import Job

#: What is shipped, by the input that gives it.
FILES = {
    "artifact": ("model.onnx", "contract.json"),
    "verify": ("parity.json",),
    "evaluate": ("metrics.json",),
}


def run(job: Job) -> None:
    for slot, names in FILES.items():
        for name in names:
            job.write(name, job.read(slot, name))
