"""`mlbuild predict`: answer the rows of a file with a built model, as any onnxruntime would."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.session import NotOurs, Session, encode, inputs_of, outputs_of
from mlbuild.bundle.trained import RawInput
from mlbuild.cli.document import document
from mlbuild.cli.exits import DATA, OK, Stopped, UsageError
from mlbuild.data import SOURCES, SUFFIXES
from mlbuild.data.contracts import Column
from mlbuild.diagnostics import Failed, data_failure
from mlbuild.params import read

if TYPE_CHECKING:
    import polars as pl

_SOURCES = {cls.discriminator[1]: cls for cls in SOURCES}

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="a model.onnx that mlbuild wrote")
    parser.add_argument("rows", help="a .csv or .parquet file with the model's input columns")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write a .csv or .parquet file instead of printing CSV"
    )
    parser.add_argument(
        "--null-value",
        metavar="TEXT",
        action="append",
        default=[],
        help="a text of the CSV that means missing (repeatable)",
    )


def run(args: argparse.Namespace) -> int:
    model, file = Path(args.model), Path(args.rows)
    for path in (model, file):
        if not path.is_file():
            raise UsageError(f"there is no file '{path}'")
    if args.output and Path(args.output).suffix not in SUFFIXES:
        raise UsageError(f"cannot write '{args.output}'", help=f"a file ends in {' or '.join(SUFFIXES)}")
    try:
        session = Session(model)
        inputs = inputs_of(session)
        rows = _read(file, inputs, args.null_value)
    except NotOurs as error:
        raise UsageError(f"'{model}' {error}") from None
    except Failed as failed:
        raise Stopped(
            failed.failure.message, code=DATA, lines=failed.failure.details.get("lines", ())
        ) from None
    answers = _frame(session, session.run(encode(rows, inputs)))
    if args.output:
        _write(answers, Path(args.output))
    if args.json:
        told = {"file": args.output} if args.output else {"rows": answers.to_dicts()}
        print(document(args.command, OK, told))
    elif not args.output:
        sys.stdout.write(answers.write_csv())
    return OK


def _write(answers: pl.DataFrame, target: Path) -> None:
    try:
        with target.open("wb") as file:
            answers.write_parquet(file) if target.suffix == ".parquet" else answers.write_csv(file)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise UsageError(f"cannot write '{target}': {reason}") from None


def _read(file: Path, inputs: tuple[RawInput, ...], null_values: list[str]) -> pl.DataFrame:
    """The model's input columns of a file.

    Raises:
        Failed: of kind `data`: a column is missing, or a value does not parse.
    """
    kind = SUFFIXES.get(file.suffix)
    if kind is None:
        raise UsageError(
            f"cannot read rows from '{file}'", help=f"a file of rows ends in {' or '.join(SUFFIXES)}"
        )
    options: dict[str, Any] = {"path": "", "contract": ""}
    if kind == "csv":
        options["null_values"] = null_values
    elif null_values:
        raise UsageError("--null-value is for CSV files")
    columns = {item.name: _column(item) for item in inputs}
    rows, faults = read(_SOURCES[kind], options).read(file, columns)
    if faults:
        lines = [str(fault) + (f" ({fault.help})" if fault.help else "") for fault in faults]
        raise data_failure(f"'{file}' does not hold what the model takes", lines=lines)
    return rows


def _column(item: RawInput) -> Column:
    told: dict[str, Any] = {"dtype": item.type.dtype, "nullable": True}
    if item.type.dtype == "string" and item.null_token != "":
        told |= {"empty_is_null": False, "null_token": item.null_token}
    return read(Column, {key: value for key, value in told.items() if value is not None})


def _frame(session: Session, answers: dict[str, Any]) -> pl.DataFrame:
    """A row of plain columns for each answer: outputs with several columns say what these are called."""
    import polars as pl

    columns: dict[str, Any] = {}
    for output in outputs_of(session):
        array = answers[output["name"]]
        for index, name in enumerate(output.get("columns", [output["name"]])):
            columns[name] = array[:, index]
    return pl.DataFrame(
        {name: pl.Series(name, list(values), strict=False) for name, values in columns.items()}
    )
