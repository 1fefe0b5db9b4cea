"""Finds what model files are compared on: an output of the spec whose rows of today they can predict."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mlbuild.bundle.opened import NotOurs
from mlbuild.cli.built import build_for
from mlbuild.cli.exits import UsageError
from mlbuild.cli.project import check_file, find_file
from mlbuild.cli.reading.history import Side
from mlbuild.engine.store.store import DiskStore, open_store
from mlbuild.pipeline.tasks import artifact
from mlbuild.shown import shown
from mlbuild.spec.spec import OutputSpec, Spec
from mlbuild.tracking.builds import Build, History
from mlbuild.tracking.files import (
    FileComparison,
    ModelFile,
    Today,
    compare_files,
    fitting,
    same_answers,
    todays,
)
from mlbuild.tracking.results import result_of


def compared_files(
    args: argparse.Namespace, history: History, asked: Sequence[str], sides: Sequence[Side]
) -> FileComparison:
    """Compare two model files, at least one of which no recorded build made.

    Raises:
        UsageError: mlbuild did not write one of them, or a build has no single model to compare with.
    """
    store = open_store(history.root)
    plain = next(side.model for side in sides if side.build is None)
    assert plain is not None
    old, new = (_opened(store, name, side, plain) for name, side in zip(asked, sides, strict=True))
    today, why = _today(args, store, (old, new))
    try:
        return compare_files(old, new, today, why)
    except NotOurs as error:
        raise UsageError(f"a model file {error}") from None


def _opened(store: DiskStore, asked: str, side: Side, other: Path) -> ModelFile:
    """Open the model of a side. A build that is named otherwise has the one with the outputs of the `other` file."""
    try:
        if side.model is not None:
            return ModelFile.at(side.model, str(side.model))
        assert side.build is not None
        wanted = ModelFile.at(other, str(other)).opened.outputs
        found = [one for one in _models(store, side.build, asked) if one.opened.outputs == wanted]
    except NotOurs as error:
        raise UsageError(f"'{shown(str(side.model or other))}' {error}") from None
    if len(found) != 1:
        how = "no model in the store" if not found else f"{len(found)} models"
        raise UsageError(
            f"build '{shown(asked)}' has {how} with the outputs of '{shown(str(other))}'",
            "name a published folder, such as dist/NAME",
        )
    return found[0]


def _models(store: DiskStore, build: Build, asked: str) -> list[ModelFile]:
    """Return the models of a build that are still in the store."""
    found = []
    for name in build.values.get("outputs", {}):
        action = result_of(store, build, f"artifact:{name}")
        digest = action.digests.get(artifact.MODEL) if action else None
        if digest and store.contents.verify(digest):
            found.append(ModelFile.at(store.contents.path(digest), f"{asked}:{name}"))
    return found


def _today(
    args: argparse.Namespace, store: DiskStore, both: Sequence[ModelFile]
) -> tuple[Today | None, str | None]:
    """Return rows of today that both files can predict, or why there are none."""
    spec, _ = check_file(args, find_file(args.file))
    if spec is None:
        return None, "the spec has errors"
    why = "the spec has no outputs"
    for output in _candidates(spec, both):
        unfit = fitting(output, both)
        found = unfit if unfit is not None else _rows(args, spec, output, store)
        if isinstance(found, Today):
            other = same_answers(found, both)
            if other is None:
                return found, None
            found = other
        why = found
    return None, why


def _candidates(spec: Spec, both: Sequence[ModelFile]) -> list[OutputSpec]:
    """Return the outputs of a spec in the order in which they are tried: those that the folders are named after come last, because the
    reason of the last one is told if none fits.
    """
    names = [Path(one.called).parent.name for one in both]
    named = [one for one in spec.outputs.values() if one.name in names]
    if any(fitting(one, both) is None for one in named):
        return named
    return [*(one for one in spec.outputs.values() if one not in named), *named]


def _rows(args: argparse.Namespace, spec: Spec, output: OutputSpec, store: DiskStore) -> Today | str:
    """Return the rows of today of an output, which are prepared if they are out of date."""
    model = spec.models[output.model]
    tasks = f"dataset:{model.dataset}", f"target:{model.name}"
    result = build_for(args, spec, tasks)
    if not result.ok:
        return f"{next(iter(result.failures))} failed"
    dataset, target = (result.actions[task] for task in tasks)
    return todays(output, model, spec.datasets[model.dataset].cluster, dataset, target, store.contents)
