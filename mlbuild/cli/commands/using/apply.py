"""`mlbuild apply OUTPUT rows.csv`: what each preprocessing step makes of rows, natively and in the graph."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mlbuild import api
from mlbuild.bundle.stepwise import SeenStep, stepwise
from mlbuild.bundle.trained import Recipe
from mlbuild.cli.amounts import count
from mlbuild.cli.built import build_for, failed
from mlbuild.cli.exits import DATA, OK, PARITY, STALE, Stopped, UsageError
from mlbuild.cli.output.building.applied import applied_json, applied_text, differences
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import counted, show, show_document
from mlbuild.cli.project import find_file, load_spec
from mlbuild.cli.reading.input_rows import rows_of_file
from mlbuild.cli.reading.names import unknown
from mlbuild.cli.reading.row_files import READABLE, add_options
from mlbuild.data.faults import failure_lines, without_values
from mlbuild.diagnostics import Failed
from mlbuild.engine.store.store import open_store
from mlbuild.folders import MODEL
from mlbuild.ops.op import State
from mlbuild.pipeline.tasks.artifact import fitted_of
from mlbuild.spec.spec import Spec

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Show what each preprocessing step of an output makes of the rows of a file: the columns that the step adds or changes, as the native "
        "pipeline computes them and as the graph does. Values that differ are marked, and the command then ends with exit code 5. The steps are "
        "fitted first if they are out of date; nothing is trained or published."
    )
    parser.add_argument("output", metavar="OUTPUT", help="an output of the spec")
    parser.add_argument(
        "rows", help=f"{READABLE} file with the input columns of the model, or '-' for CSV on standard input"
    )
    parser.add_argument(
        "--row",
        type=count,
        metavar="N",
        action="append",
        help="show this row of the file, counted from 1 (repeatable; default: rows that differ, and the first ones)",
    )
    parser.add_argument(
        "--like",
        metavar="SOURCE",
        help="read the rows with the options of this source of the spec (default: the source that the model was trained on, if only "
        "one matches)",
    )
    add_options(parser)


def run(args: argparse.Namespace) -> int:
    args.file = str(find_file(args.file))
    spec, name = load_spec(args, warned=False), args.output
    if name not in spec.outputs:
        raise unknown("output", name, spec.outputs)
    recipe, states = _fitted(args, spec, name)
    try:
        rows, _ = rows_of_file(args, Path(spec.root, "dist", name, MODEL), recipe.inputs)
    except Failed as error:
        failure = without_values(error.failure) if args.no_samples else error.failure
        raise Stopped(failure.message, code=DATA, lines=failure_lines(failure)) from None
    for row in args.row or ():
        if row > rows.height:
            raise UsageError(f"there is no row {row}: the file has {counted(rows.height, 'row')}")
    if args.row:
        rows = rows[[row - 1 for row in args.row]]
    steps = stepwise(recipe, states, rows)
    numbers = args.row or range(1, rows.height + 1)
    return _told(args, name, numbers, steps)


def _told(args: argparse.Namespace, name: str, numbers: list[int] | range, steps: list[SeenStep]) -> int:
    code = PARITY if differences(steps) else OK
    if args.json:
        show_document(document(args.command, code, {"output": name} | applied_json(numbers, steps)))
    else:
        show(applied_text(numbers, steps, chosen=bool(args.row)))
    return code


def _fitted(args: argparse.Namespace, spec: Spec, name: str) -> tuple[Recipe, tuple[State, ...]]:
    """Return the steps of an output, which are fitted first."""
    recipe, states = fitted_of(api.plan(spec), name)
    result = build_for(args, spec, [states.task])
    if not result.ok:
        raise failed(result, f"the steps of '{name}' cannot be fitted")
    content = open_store(spec.root).contents.get(result.actions[states.task].digests[states.parts[0]])
    if content is None:
        raise Stopped(f"a result of '{name}' was removed from the store", "run the command again", STALE)
    return recipe, tuple(json.loads(content))
