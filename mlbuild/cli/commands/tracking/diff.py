"""`mlbuild diff A B`: what differs between two builds, in the spec, the data, the metrics and the predictions."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mlbuild.cli.exits import OK, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import show, show_document
from mlbuild.cli.output.tracking.comparison import comparison_json, comparison_md, comparison_text
from mlbuild.cli.output.tracking.comparison_page import comparison_page
from mlbuild.cli.output.written import written_file
from mlbuild.cli.reading.history import Side, find_side, history_of
from mlbuild.cli.reading.model_files import compared_files
from mlbuild.engine.store.store import open_store
from mlbuild.hints import listed
from mlbuild.shown import shown
from mlbuild.tracking.comparison import Comparison, compare
from mlbuild.tracking.files import FileComparison

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compare two builds: what differs in the spec (with file and line), the data and the libraries; the metrics, with 95% intervals of their "
        "differences on the same rows; which labels flip, from right to wrong or the other way around; how much the models rely on each input; and their size. "
        "To name a build, use the start of its name, last, previous, last~2 (of the builds that evaluated a model), a git revision that was built without changes, a channel, an output, a published folder, or model.onnx. "
        "A..B is the same as A B. Nothing is built. A folder or file that no recorded build made is compared, too: inputs and outputs, and the predictions for rows "
        "of today, which are prepared if they are out of date; or else the metrics next to it."
    )
    parser.add_argument("old", nargs="?", metavar="A", help="build, or A..B (default: previous)")
    parser.add_argument("new", nargs="?", metavar="B", help="build (default: last)")
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="compare only this model (default: all models that both builds evaluated)",
    )
    parser.add_argument("--md", action="store_true", help="write Markdown, for a pull request")
    parser.add_argument("--html", metavar="FILE", help="write an HTML page to this file, and print its path")
    parser.add_argument(
        "--data",
        action="store_true",
        help="compare changed sources row by row, by the unique key of their contracts",
    )
    parser.add_argument(
        "--predictions", action="store_true", help="list the rows whose predictions differ most"
    )


def run(args: argparse.Namespace) -> int:
    if sum(map(bool, (args.md, args.html, args.json))) > 1:
        raise UsageError("only one of --md, --html and --json can be used")
    history = history_of(args)
    first, second = _asked(args)
    sides = find_side(history, first, args.model), find_side(history, second, args.model)
    if None in (sides[0].build, sides[1].build):
        if args.model is not None or args.data:
            raise UsageError("--model and --data need two recorded builds", _names_files(sides))
        found_files = compared_files(args, history, (first, second), sides)
        return _show(args, found_files)
    old, new = (side.build for side in sides)
    assert old is not None and new is not None
    if args.model is not None and not (args.model in old.metrics and args.model in new.metrics):
        known = [name for name in new.metrics if name in old.metrics]
        raise UsageError(
            f"no metrics of a model '{shown(args.model)}' in both builds",
            f"models: {listed(known) or 'none'}",
        )
    return _show(args, compare(open_store(history.root), old, new, args.model, rows=args.data))


def _names_files(sides: Sequence[Side]) -> str:
    files = [str(side.model) for side in sides if side.build is None]
    return f"no recorded build made '{shown(files[0])}'"


def _show(args: argparse.Namespace, found: Comparison | FileComparison) -> int:
    samples = not args.no_samples
    if args.json:
        content = comparison_json(found, predictions=args.predictions, samples=samples)
        show_document(document(args.command, OK, content))
    elif args.html:
        page = comparison_page(found, predictions=args.predictions, samples=samples)
        show([str(written_file(args.html, page.encode()))])
    elif args.md:
        show(comparison_md(found, predictions=args.predictions, samples=samples))
    else:
        show(comparison_text(found, predictions=args.predictions, samples=samples))
    return OK


def _asked(args: argparse.Namespace) -> tuple[str, str]:
    if args.old is None:
        return "previous", "last"
    if args.new is not None:
        return args.old, args.new
    first, dots, second = args.old.partition("..")
    if second.startswith("."):
        raise UsageError("name two builds as A..B", "A...B has no meaning here")
    return (first or "previous", second or "last") if dots else (args.old, "last")
