"""`mlbuild adopt`: write the best parameters of a matrix or a search into the spec."""

from __future__ import annotations

import argparse
import codecs
import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlbuild.cli.built import built
from mlbuild.cli.exits import OK, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import show, show_document, shown_path
from mlbuild.cli.project import load_spec
from mlbuild.cli.reading.names import unknown
from mlbuild.engine.store.store import open_store
from mlbuild.hints import listed
from mlbuild.pipeline.tasks.trials import select
from mlbuild.regular import replace_regular
from mlbuild.shown import shown, visible
from mlbuild.spec.spec import ModelSpec, Spec
from mlbuild.spec.text.adopted import Edited, adopted

FORMATS = ("text", "json")
#: The keys that make the trials.
_KEYS = ("matrix", "choose", "search")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Write the parameters of the best trial of a model into its 'params', and remove its 'matrix' or 'search'. Comments and "
        "layout are kept. The next build makes the same model without any trials. Trials that are not up to date are built first."
    )
    parser.add_argument(
        "model", metavar="MODEL", help="a model with a 'search', or with a 'matrix' and 'choose'"
    )
    parser.add_argument("-n", "--dry-run", action="store_true", help="print the change without writing it")


def run(args: argparse.Namespace) -> int:
    if args.profiles or args.settings:
        raise UsageError("'adopt' changes the spec as it is written", "leave out --profile and --set")
    spec = load_spec(args)
    model = _model(spec, args.model)
    result = built(
        args, spec, select.task_of(model.name), f"the best trial of '{shown(model.name)}' is not known"
    )
    content = open_store(spec.root).contents.get(result.digests[select.TRIALS])
    trials = json.loads(content or b"null")
    best = next(one for one in trials["trials"] if one["trial"] == trials["best"])
    plain = dict(_seed(model, spec, trials["best"]))
    edited = adopted(spec.document, model.at, best["params"], plain, _KEYS)
    if edited is None:
        values = ", ".join(f"{key}: {value}" for key, value in {**best["params"], **plain}.items())
        message = f"the text of '{shown(model.name)}' cannot be changed without changing something else"
        raise UsageError(message, f"write this into its 'params', and remove {listed(_KEYS)}: {values}")
    if not args.dry_run:
        file = Path(edited.file)
        mark = codecs.BOM_UTF8 if file.read_bytes().startswith(codecs.BOM_UTF8) else b""
        replace_regular(file, mark + edited.after.encode())
    _tell(args, model, trials, {"params": best["params"], **plain}, edited)
    return OK


def _model(spec: Spec, name: str) -> ModelSpec:
    """Return the model with a name, which is chosen among trials."""
    chosen = {one.name: one for one in spec.models.values() if one.trials is not None}
    if name in chosen:
        return chosen[name]
    if name in spec.models:
        raise UsageError(
            f"model '{shown(name)}' has no trials to choose from", "give it a 'search' or a 'matrix'"
        )
    raise unknown("model", name, chosen, "models with trials")


def _seed(model: ModelSpec, spec: Spec, label: str) -> Iterator[tuple[str, int]]:
    """Yield the seed of the model that was handed on, if the matrix varies it: the first of the combination."""
    for group in model.trials.groups if model.trials else ():
        one = spec.models[group.models[0]]
        if group.label == label and ("seed",) in one.places:
            yield "seed", one.seed


def _tell(
    args: argparse.Namespace, model: ModelSpec, trials: dict[str, Any], values: dict[str, Any], edited: Edited
) -> None:
    file = shown_path(edited.file)
    if args.json:
        content = {"model": model.name, "file": edited.file, "trial": trials["best"], **values}
        show_document(document(args.command, OK, content | {"written": not args.dry_run}))
        return
    before, after = edited.before.splitlines(), edited.after.splitlines()
    show(visible(line) for line in difflib.unified_diff(before, after, file, file, lineterm="", n=2))
    done = "would be changed" if args.dry_run else "changed"
    show([f"{file}: {done} to the best of {len(trials['trials'])} trials, {shown(trials['best'])}"])
