"""`mlbuild predict`: compute predictions for new rows with a built model, as any onnxruntime would."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.bundle.inputs import Arrays
from mlbuild.bundle.opened import NotOurs, Opened
from mlbuild.cli.exits import DATA, OK, Stopped, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import show_document
from mlbuild.cli.reading.folders import Folders
from mlbuild.cli.reading.input_rows import rows_of_file
from mlbuild.cli.reading.like import source_like
from mlbuild.cli.reading.new_files import NewFiles
from mlbuild.cli.reading.row_files import READABLE, WRITTEN, add_options, print_rows, writable, write_rows
from mlbuild.data.faults import failure_lines, without_values
from mlbuild.diagnostics import Failed
from mlbuild.folders import MODEL
from mlbuild.params import Json
from mlbuild.regular import is_regular, real
from mlbuild.shown import shown

if TYPE_CHECKING:
    import polars as pl

FORMATS = ("text", "json")
#: How many rows are predicted at once, which limits the memory.
_AT_ONCE = 1 << 14


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Predict the rows of a file that has the input columns of a model. Or give new files of the sources with --source: the steps of the "
        "dataset, such as its joins, make the rows of them, and the result has one line for each. Values that are not known yet, such as the "
        "target, need not be in these files."
    )
    parser.add_argument("model", help="an output, a channel, or a model.onnx file built by mlbuild")
    parser.add_argument(
        "rows",
        nargs="?",
        help=f"{READABLE} file with the input columns of the model, or '-' for CSV on standard input",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help=f"write to a {WRITTEN} file instead of printing CSV"
    )
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="new file that takes the place of a source (repeatable); the other sources are those of the spec",
    )
    parser.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="COLUMNS",
        help="with --source: also write these columns of the dataset, such as id,ts (repeatable)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="with --source: check the new files against the contracts of the sources",
    )
    parser.add_argument(
        "--like",
        metavar="SOURCE",
        help="read the rows with the options of this source of the spec (default: the source that the model was trained on, if only "
        "one matches)",
    )
    add_options(parser)


def run(args: argparse.Namespace) -> int:
    _check_options(args)
    model, output = _model(args)
    target = Path(args.output) if args.output else None
    written = writable(target)().for_file(target.name) if target else None
    try:
        opened = Opened(model)
        answers, told = _of_sources(args, opened, output) if args.source else _of_file(args, opened, model)
        if target and written:
            write_rows(answers, written, target)
    except NotOurs as error:
        raise UsageError(f"'{model}' {error}") from None
    except Failed as failed:
        failure = without_values(failed.failure) if args.no_samples else failed.failure
        raise Stopped(failure.message, code=DATA, lines=failure_lines(failure)) from None
    if args.json:
        found = {"file": args.output} if target else {"rows": answers.to_dicts()}
        show_document(document(args.command, OK, found | told))
    elif not target:
        print_rows(answers)
    return OK


def _check_options(args: argparse.Namespace) -> None:
    if args.source and args.rows is not None:
        raise UsageError("there are both a file with rows and --source", "the rows come from one of them")
    if not args.source:
        if args.rows is None:
            raise UsageError(
                "there are no rows to predict", "add a file, or new files of sources with --source"
            )
        for flag, value in (("--keep", args.keep), ("--check", args.check)):
            if value:
                raise UsageError(f"{flag} needs --source")


def _model(args: argparse.Namespace) -> tuple[Path, str]:
    """Return the file of the model and the name of the output."""
    file = Path(args.model)
    if is_regular(file):
        return file, real(file).parent.name
    if file.suffix == Path(MODEL).suffix:
        raise UsageError(f"there is no file '{file}'")
    name, folder, _ = Folders(args).find(args.model)
    return folder / MODEL, name


def _of_sources(args: argparse.Namespace, opened: Opened, output: str) -> tuple[pl.DataFrame, Json]:
    """Return the predictions for the rows that a dataset makes of new files, and what a program is told about them."""
    import polars as pl

    files = NewFiles(args, output)
    rows = files.prepared()
    if {*rows.inputs.columns} != {item.name for item in opened.inputs}:
        raise UsageError("the spec has other inputs than the model", "build the output again")
    kept, answers = files.kept(rows), _answers(opened, rows.inputs)
    if both := [name for name in kept.columns if name in answers.columns]:
        raise UsageError(f"the predictions have a column '{shown(both[0])}', too", "leave it out of --keep")
    return pl.concat([kept, answers], how="horizontal"), files.document(rows)


def _of_file(args: argparse.Namespace, opened: Opened, model: Path) -> tuple[pl.DataFrame, Json]:
    """Return the predictions for the rows of a file, and what a program is told about them."""
    try:
        rows, like = rows_of_file(args, model, opened.inputs)
    except UsageError:
        raise
    except (Failed, Stopped):
        source = source_like(args, model, [item.name for item in opened.inputs])
        if source is None:
            raise
        told = f"'{shown(args.rows)}' does not have the input columns of the model"
        help_ = f"it looks like source '{shown(source.name)}': use --source {source.name}={args.rows}"
        raise Stopped(told, help_, DATA) from None
    return _answers(opened, rows), {"like": like.name} if like else {}


def _answers(opened: Opened, rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row of plain columns for each prediction."""
    import polars as pl

    starts = range(0, max(rows.height, 1), _AT_ONCE)
    return pl.concat(_frame(opened, opened.answers(rows[start : start + _AT_ONCE])) for start in starts)


def _frame(opened: Opened, answers: Arrays) -> pl.DataFrame:
    import numpy as np
    import polars as pl

    made = []
    for name, columns in opened.outputs.items():
        for index, column in enumerate(columns):
            values = answers[name][:, index]
            texts = values.dtype == object
            made.append(
                pl.Series(column, values.tolist(), dtype=pl.String)
                if texts
                else pl.Series(column, np.ascontiguousarray(values))
            )
    return pl.DataFrame(made)
