"""Files with the input columns of a model on the command line."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mlbuild.bundle.inputs import RawInput
from mlbuild.bundle.reading import parsing_of
from mlbuild.cli.exits import DATA, Stopped, UsageError
from mlbuild.cli.output.printing import say
from mlbuild.cli.reading.like import options_text, plainly, way_of_reading
from mlbuild.data.crashes import try_reading
from mlbuild.data.faults import MISSING, failure_lines, faulty
from mlbuild.data.formats.format import Format
from mlbuild.params import params_of
from mlbuild.regular import is_regular
from mlbuild.spec.spec import SourceSpec

if TYPE_CHECKING:
    import polars as pl

_OTHERWISE = "if the file has another format, use --like SOURCE or options such as --delimiter"


def rows_of_file(
    args: argparse.Namespace, model: Path, inputs: tuple[RawInput, ...]
) -> tuple[pl.DataFrame, SourceSpec | None]:
    """Return the input columns in the file `args.rows`, and the source with whose options it was read, if any.

    Raises:
        Failed: Of kind `data`: a column is missing, or a value does not parse.
        Stopped: The file cannot be read.
    """
    called = "standard input" if args.rows == "-" else f"'{args.rows}'"
    with _named_file(args.rows) as file:
        form, like = way_of_reading(args, model, file, [item.name for item in inputs])
        try_reading(form, file)
        if like and form != plainly(form) and not args.quiet:
            say([f"reading {called} like source '{like.name}': {options_text(form)}"])
        return _read(file, called, form, inputs), like


@contextmanager
def _named_file(word: str) -> Iterator[Path]:
    """Give the file with the rows: for `-`, a temporary one with what comes on standard input."""
    if word != "-":
        if not is_regular(word):
            raise UsageError(f"there is no file '{word}'")
        yield Path(word)
        return
    with TemporaryDirectory() as folder:
        file = Path(folder, "stdin.csv")
        with file.open("wb") as stream:
            shutil.copyfileobj(sys.stdin.buffer, stream)
        yield file


def _read(file: Path, called: str, form: Format, inputs: tuple[RawInput, ...]) -> pl.DataFrame:
    """Read the input columns of the model from a file.

    Raises:
        Failed: Of kind `data`: a column is missing, or a value does not parse.
        Stopped: The file cannot be opened; or all columns are missing, perhaps because of how the file is read.
    """
    try:
        rows, faults = form.read(file, {item.name: parsing_of(item) for item in inputs})
    except OSError as error:
        raise UsageError(f"cannot read {called}: {(error.strerror or str(error)).casefold()}") from None
    if faults:
        lost = all(fault.rule == MISSING for fault in faults) and len(faults) == len(inputs)
        failed = faulty(f"{called} does not have the input columns of the model", faults)
        if lost and params_of(type(form)):
            raise Stopped(failed.failure.message, _OTHERWISE, DATA, failure_lines(failed.failure))
        raise failed
    return rows
