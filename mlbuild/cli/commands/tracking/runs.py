"""`mlbuild runs`: the builds of a project, what differed between them, and how good their models were."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlbuild.cli.amounts import number
from mlbuild.cli.exits import OK, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import show, show_document
from mlbuild.cli.output.tracking.runs import rows_json, rows_text
from mlbuild.cli.reading.history import history_of, offered
from mlbuild.diagnostics import Rejected
from mlbuild.engine.store.store import open_store
from mlbuild.hints import did_you_mean, listed
from mlbuild.shown import shown
from mlbuild.tracking.table import columns_of, rows_of
from mlbuild.tracking.where import fulfilling

FORMATS = ("text", "json")
_LAST = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "List the builds of this spec, the oldest first: how each ended, its git revision (+ with changed files), the metrics of its models on the test "
        "rows with the difference from the row above, and what else differs from it: settings of the spec, data, and libraries. "
        "A * marks a difference that is statistically significant: its 95% interval, on the same rows and with their clusters, does not contain 0. "
        "There is no mark if the predictions of one of the two builds are no longer in the store, or if the rows are not the same."
    )
    parser.add_argument(
        "--where",
        metavar="CONDITION",
        help="list only builds that satisfy an SQL condition, such as 'roc_auc > 0.68' or \"outcome = 'ok'\"; \"MODEL.SPLIT.METRIC\" names a metric in full",
    )
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="show all metrics of this model (default: of several models, the first metric of each)",
    )
    parser.add_argument(
        "--last",
        type=number,
        metavar="N",
        default=_LAST,
        help=f"list the last N builds; 0: all (default: {_LAST})",
    )
    parser.add_argument(
        "--from",
        dest="folder",
        metavar="DIR",
        help="read the records of another folder: a project, or a folder of record files",
    )


def run(args: argparse.Namespace) -> int:
    history = history_of(args, Path(args.folder) if args.folder is not None else None)
    builds = list(history.builds)
    models = dict.fromkeys(name for build in builds for name in build.metrics)
    if args.model is not None and args.model not in models:
        near = did_you_mean(args.model, models) or f"models: {listed(models) or 'none'}"
        raise UsageError(f"no build has metrics of a model '{shown(args.model)}'", near)
    if args.where is not None:
        try:
            builds = fulfilling(builds, args.where, args.model)
        except Rejected as rejected:
            problem = rejected.problems[0]
            raise UsageError(f"--where: {problem.message}", problem.help) from None
    chosen = builds[-args.last :] if args.last else builds
    columns = columns_of(chosen, args.model)
    rows = [*rows_of(open_store(history.root), chosen, columns)]
    if args.json:
        show_document(document(args.command, OK, {"builds": rows_json(rows, columns)}))
        return OK
    show(rows_text(rows, columns))
    if not args.quiet:
        offered(len(builds) - len(chosen))
    return OK
