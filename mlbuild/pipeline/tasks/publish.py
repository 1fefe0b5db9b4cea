"""Task `publish:O`: the folder of an output, with every file that other tasks ship.

It adds the rules of the sources' contracts to `contract.json`. So another bound publishes again, and nothing else runs.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mlbuild.bundle.contract import with_rules
from mlbuild.diagnostics import Unusable
from mlbuild.engine.graph import Job, Task
from mlbuild.folders import dist_of
from mlbuild.params import Json
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.private import logged
from mlbuild.pipeline.scope import OutputScope
from mlbuild.pipeline.tasks.artifact import CONTRACT
from mlbuild.pipeline.tasks.contracts.client_rules import client_rules
from mlbuild.pipeline.tasks.monitoring import drift
from mlbuild.spec.spec import Spec

KIND = "publish"
_STORE = ".mlbuild"


def place_of(spec: Spec, out: Path | None = None) -> str | None:
    """Return the parent folder of the outputs: `out`, or by default `dist` or `dist-PROFILE`.

    It is None for a spec with settings, which is a trial and is not published. A folder of the project is relative to the
    project, any other one absolute.

    Raises:
        Unusable: `out` is in the store.
    """
    if out is None:
        return None if spec.settings else dist_of(spec.profiles)
    root, named = os.path.abspath(spec.root), os.path.abspath(out)  # noqa: PTH100  # without ".."
    if os.path.commonpath([root, named]) != root:
        return named
    inside = Path(os.path.relpath(named, root))
    if inside.parts[:1] == (_STORE,):
        raise Unusable(str(out), f"'{_STORE}' is reserved for the store", "choose another folder")
    return inside.as_posix()


def plan(scope: OutputScope) -> Iterator[Task]:
    shipped = (*scope.shipped, *scope.model.shipped)
    parts = tuple(part for one in shipped for part in one.parts)
    assert not (twice := _repeated(parts)), f"two tasks ship '{twice[0]}'"
    assert not (twice := _repeated(one.slot for one in shipped)), f"two tasks of kind '{twice[0]}' ship files"
    yield scope.task(
        KIND,
        {},
        rank=MODELS,
        run=run,
        params={
            "files": {one.slot: list(one.parts) for one in shipped},
            "rules": client_rules(scope.spec, scope.item),
            **_pii(scope),
        },
        inputs=(*shipped, *scope.verdicts, *drift.found(scope.model.dataset)),
        parts=parts,
        reported=parts if scope.place is None else (),  # a folder is compared instead
        exports=None if scope.place is None else Path(scope.place, scope.item.name).as_posix(),
        generated=scope.place == place_of(scope.spec),
    )


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def folder_of(output: str, profiles: Sequence[str]) -> str:
    """Return the default folder of an output that is built with profiles."""
    return f"{dist_of(profiles)}/{output}"


def task_of(output: str) -> str:
    """Return the name of the task that publishes an output."""
    return f"{KIND}:{output}"


def run(job: Job) -> None:
    for slot, names in job.params["files"].items():
        for name in names:
            content = job.read(slot, name)
            job.write(name, _whole(job, content) if name == CONTRACT else content)


def _pii(scope: OutputScope) -> Json:
    """Return what logs have of the values of inputs and of the target, if not simply all."""
    found, target = logged(scope.spec, scope.item), scope.model.item.target.column
    inputs = {one.name: found[one.name] for one in scope.item.serving.inputs if one.name in found}
    told: Json = {"pii": inputs} if inputs else {}
    return told | ({"target_pii": found[target]} if target in found else {})


def _whole(job: Job, content: bytes) -> bytes:
    params = job.params
    return with_rules(content, params["rules"], params.get("pii", {}), params.get("target_pii"))
