"""`mlbuild predict`: compute predictions for the rows of a file with a built model, as any onnxruntime would."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.bundle.inputs import Arrays, RawInput
from mlbuild.bundle.opened import NotOurs, Opened
from mlbuild.bundle.reading import parsing_of
from mlbuild.cli.exits import DATA, OK, Stopped, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import say, show_document
from mlbuild.cli.reading.like import options_text, plainly, way_of_reading
from mlbuild.cli.reading.row_files import READABLE, WRITTEN, add_options, print_rows, writable, write_rows
from mlbuild.data.crashes import try_reading
from mlbuild.data.faults import MISSING, failure_lines, faulty, without_values
from mlbuild.data.formats.format import Format
from mlbuild.diagnostics import Failed
from mlbuild.params import params_of
from mlbuild.regular import is_regular

if TYPE_CHECKING:
    import polars as pl

FORMATS = ("text", "json")
_OTHERWISE = "if the file has another format, use --like SOURCE or options such as --delimiter"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="a model.onnx file built by mlbuild")
    parser.add_argument("rows", help=f"{READABLE} file with the input columns of the model")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help=f"write to a {WRITTEN} file instead of printing CSV"
    )
    parser.add_argument(
        "--like",
        metavar="SOURCE",
        help="read the rows with the options of this source of the spec (default: the source that the model was trained on, if only "
        "one matches)",
    )
    add_options(parser)


def run(args: argparse.Namespace) -> int:
    model, file = Path(args.model), Path(args.rows)
    if not is_regular(model):
        raise UsageError(f"there is no file '{model}'")
    if not is_regular(file):
        raise UsageError(f"there is no file '{file}'")
    target = Path(args.output) if args.output else None
    written = writable(target)().for_file(target.name) if target else None
    try:
        opened = Opened(model)
        form, like = way_of_reading(args, model, file, [item.name for item in opened.inputs])
        try_reading(form, file)
        if like and form != plainly(form) and not args.quiet:
            say([f"reading '{file}' like source '{like.name}': {options_text(form)}"])
        answers = _frame(opened, opened.answers(_read(file, form, opened.inputs)))
        if target and written:
            write_rows(answers, written, target)
    except NotOurs as error:
        raise UsageError(f"'{model}' {error}") from None
    except Failed as failed:
        failure = without_values(failed.failure) if args.no_samples else failed.failure
        raise Stopped(failure.message, code=DATA, lines=failure_lines(failure)) from None
    if args.json:
        told = {"file": args.output} if target else {"rows": answers.to_dicts()}
        told |= {"like": like.name} if like else {}
        show_document(document(args.command, OK, told))
    elif not target:
        print_rows(answers)
    return OK


def _read(file: Path, form: Format, inputs: tuple[RawInput, ...]) -> pl.DataFrame:
    """Read the input columns of the model from a file.

    Raises:
        Failed: Of kind `data`: a column is missing, or a value does not parse.
        Stopped: The file cannot be opened; or all columns are missing, perhaps because of how the file is read.
    """
    try:
        rows, faults = form.read(file, {item.name: parsing_of(item) for item in inputs})
    except OSError as error:
        raise UsageError(f"cannot read '{file}': {(error.strerror or str(error)).casefold()}") from None
    if faults:
        lost = all(fault.rule == MISSING for fault in faults) and len(faults) == len(inputs)
        failed = faulty(f"'{file}' does not have the input columns of the model", faults)
        if lost and params_of(type(form)):
            raise Stopped(failed.failure.message, _OTHERWISE, DATA, failure_lines(failed.failure))
        raise failed
    return rows


def _frame(opened: Opened, answers: Arrays) -> pl.DataFrame:
    """Return one row of plain columns for each prediction."""
    import polars as pl

    return pl.DataFrame(
        [
            pl.Series(column, list(answers[name][:, index]), strict=False)
            for name, columns in opened.outputs.items()
            for index, column in enumerate(columns)
        ]
    )
