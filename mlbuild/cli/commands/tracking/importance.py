"""`mlbuild importance OUTPUT`: how much a model relies on each input, and what contributes to the predictions for rows."""

from __future__ import annotations

import argparse
import json

from mlbuild import api
from mlbuild.cli.amounts import count
from mlbuild.cli.built import build_for, built, failed
from mlbuild.cli.exits import OK, STALE, Stopped, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import counted, show, show_document
from mlbuild.cli.output.tracking.importance import contributions_json, contributions_text, importance_text
from mlbuild.cli.project import load_spec
from mlbuild.cli.reading.names import unknown
from mlbuild.engine.store.store import open_store
from mlbuild.params import Json
from mlbuild.pipeline.contributions import Explanation, NoRow, Removed, explanation_of, needed
from mlbuild.pipeline.parts import SPLITS
from mlbuild.pipeline.tasks.explanations import importance
from mlbuild.spec.spec import Spec

FORMATS = ("text", "json")
_SPLIT = "test"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Show by how much the metric of an output's model gets worse if the values of an input are shuffled, with 95% intervals, and the "
        "share of each input in what the learner gained in training. With --row, show what each input contributes to the prediction for "
        "this row instead. Tasks that are needed for it run first if they are out of date; nothing is published."
    )
    parser.add_argument("output", metavar="OUTPUT", help="an output of the spec")
    parser.add_argument(
        "--row",
        type=count,
        metavar="N",
        action="append",
        help="show the contributions of the inputs for this row, counted in its part of the dataset (repeatable)",
    )
    parser.add_argument(
        "--split", choices=SPLITS, help=f"part of the dataset that --row counts in (default: {_SPLIT})"
    )


def run(args: argparse.Namespace) -> int:
    spec, name = load_spec(args, warned=False), args.output
    if name not in spec.outputs:
        raise unknown("output", name, spec.outputs)
    if args.row:
        found = _explanation(args, spec, name)
        content, lines = {"contributions": contributions_json(found)}, contributions_text(found)
    elif args.split:
        raise UsageError("--split needs --row")
    else:
        told = _importance(args, spec, name)
        content, lines = {"importance": told}, importance_text(name, told)
    if args.json:
        show_document(document(args.command, OK, {"output": name, **content}))
    else:
        show(lines)
    return OK


def _importance(args: argparse.Namespace, spec: Spec, name: str) -> Json:
    """Return the content of `importance.json`."""
    if not spec.outputs[name].importance.rows:
        raise UsageError(f"output '{name}' has 'importance: false'", "remove this key from the output")
    task = importance.task_of(name)
    action = built(args, spec, task, f"the importance of the inputs of '{name}' cannot be measured")
    content = open_store(spec.root).contents.get(action.digests[importance.REPORT])
    if content is None:
        raise _removed(name)
    told: Json = json.loads(content)
    return told


def _explanation(args: argparse.Namespace, spec: Spec, name: str) -> Explanation:
    model = spec.models[spec.outputs[name].model]
    if not model.learner.explains:
        raise UsageError(
            f"'{model.learner.type}' cannot tell what inputs contribute to a prediction",
            "leave out --row to see how much the model relies on each input",
        )
    plan, split = api.plan(spec), args.split or _SPLIT
    result = build_for(args, spec, needed(spec, plan, name))
    if not result.ok:
        raise failed(result, f"the predictions of '{name}' cannot be explained")
    rows, contents = [*dict.fromkeys(args.row)], open_store(spec.root).contents
    try:
        return explanation_of(spec, plan, name, split, rows, result.actions, contents)
    except NoRow as error:
        raise UsageError(
            f"there is no row {error.row}: the {split} part has {counted(error.rows, 'row')}"
        ) from None
    except Removed:
        raise _removed(name) from None


def _removed(name: str) -> Stopped:
    return Stopped(f"a result of '{name}' was removed from the store", "run the command again", STALE)
