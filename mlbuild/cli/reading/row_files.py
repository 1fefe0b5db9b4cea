"""Data files on the command line: their formats, and the options of formats as flags."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.cli.exits import UsageError
from mlbuild.cli.output.printing import show, show_document
from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.by_suffix import KNOWN, NAMED, WRITABLE, format_of
from mlbuild.data.formats.format import Format
from mlbuild.params import ListOf, MapOf, Param, params_of
from mlbuild.regular import is_regular, writing_regular
from mlbuild.shown import is_unicode, shown

if TYPE_CHECKING:
    import polars as pl

#: The suffixes of files to read and of files to write, for help texts.
READABLE, WRITTEN = (f"{', '.join([*some][:-1])} or {[*some][-1]}" for some in (NAMED, WRITABLE))
#: Values that are hard to type in a shell.
_TYPED = {"\\t": "\t"}


def readable(file: Path) -> type[Format]:
    """Return the format of a file to read.

    Raises:
        UsageError: The file does not exist, or its suffix does not determine a format.
    """
    if not is_regular(file):
        raise UsageError(f"there is no file '{file}'")
    kind = format_of(file)
    if kind is None:
        raise UsageError(
            f"cannot read rows from '{file}'", help=f"the name of a data file must end in {', '.join(KNOWN)}"
        )
    return kind


def writable(file: Path) -> type[Format]:
    """Return the format of a file to write.

    Raises:
        UsageError: Its suffix does not determine a format.
    """
    kind = WRITABLE.get(file.suffix.casefold())
    if kind is None:
        raise UsageError(f"cannot write '{file}'", help=f"the name of the file must end in {WRITTEN}")
    return kind


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each option of a format."""
    for flag, (param, kinds) in _flags().items():
        many, doc = isinstance(param.kind, ListOf), param.doc[0].casefold() + param.doc[1:].rstrip(".")
        parser.add_argument(
            flag,
            dest=param.name,
            metavar="TEXT",
            action="append" if many else "store",
            help=f"{', '.join(kind.type for kind in kinds)}: {doc}{' (repeatable)' if many else ''}",
        )


def options_of(args: argparse.Namespace, kind: type[Format]) -> dict[str, Any]:
    """Return the options of a format that are given as flags, by key.

    Raises:
        UsageError: An option is for other formats, or its value is invalid.
    """
    given: dict[str, Any] = {}
    for flag, (param, kinds) in _flags().items():
        typed = vars(args)[param.name]
        if typed is None:
            continue
        if kind not in kinds:
            raise UsageError(f"{flag} is only for {', '.join(one.type for one in kinds)} files")
        value: Any = [*dict.fromkeys(typed)] if isinstance(typed, list) else _TYPED.get(typed, typed)
        if _takes(param, 1) and re.fullmatch("[0-9]{1,9}", str(typed)):
            value = int(typed)
        if not _takes(param, value) or not is_unicode("".join(typed)):
            raise UsageError(f"{flag} must be {param.kind.phrase()}")
        given[param.key] = value
    return given


@cache
def _flags() -> Mapping[str, tuple[Param, tuple[type[Format], ...]]]:
    """Return each flag, such as `--null-value`, with its option and the formats that have it."""
    found: dict[str, tuple[Param, tuple[type[Format], ...]]] = {}
    for kind in FORMATS:
        flat = {key: one for key, one in params_of(kind).items() if not isinstance(one.kind, MapOf)}
        for key, param in flat.items():
            one = key.removesuffix("s") if isinstance(param.kind, ListOf) else key
            flag = f"--{one.replace('_', '-')}"
            found[flag] = (param, (*found.get(flag, (param, ()))[1], kind))
    return found


def _takes(param: Param, value: Any) -> bool:
    from jsonschema import Draft7Validator

    return bool(Draft7Validator(param.kind.json_schema()).is_valid(value))


def print_rows(rows: pl.DataFrame) -> None:
    """Print CSV, with values escaped on a terminal. Files and other programs get everything unchanged."""
    if sys.stdout.isatty():
        show(_escaped(rows))
    else:
        show_document(rows.write_csv().removesuffix("\n"))


def _escaped(rows: pl.DataFrame) -> list[str]:
    import polars as pl

    header = pl.DataFrame([[shown(name) for name in rows.columns]], orient="row")
    body = rows.with_columns(pl.col(pl.String).map_elements(shown, return_dtype=pl.String))
    return "".join(part.write_csv(include_header=False) for part in (header, body)).splitlines()


def _polars_error() -> type[Exception]:
    """The error that polars raises when it cannot write, such as to a full disk."""
    import polars as pl

    return pl.exceptions.PolarsError


def write_rows(rows: pl.DataFrame, form: Format, target: Path) -> None:
    """Write a table to a file.

    Raises:
        UsageError: The file cannot be written.
        Failed: Of kind `data`: the format cannot represent a value.
    """
    try:
        with writing_regular(target) as stream:
            form.write(rows, stream)
    except (OSError, _polars_error()) as error:
        reason = (getattr(error, "strerror", None) or str(error) or "unknown error").casefold()
        raise UsageError(f"cannot write '{target}': {reason}") from None
