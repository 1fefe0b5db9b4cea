"""`mlbuild contract infer`: a contract that the rows of a table satisfy."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mlbuild.cli.built import built
from mlbuild.cli.exits import DATA, OK, STALE, Stopped, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import say, show_document
from mlbuild.cli.project import load_spec
from mlbuild.cli.reading.like import options_text
from mlbuild.cli.reading.names import unknown
from mlbuild.cli.reading.row_files import readable
from mlbuild.data.contracts import Column
from mlbuild.data.evidence.promises import promised
from mlbuild.data.faults import failure_lines
from mlbuild.data.inference import infer
from mlbuild.data.rules.nullable import Nullable
from mlbuild.diagnostics import Failed
from mlbuild.drafts.block import block
from mlbuild.drafts.draft import contract_section
from mlbuild.drafts.names import name_of
from mlbuild.engine.store.store import open_store
from mlbuild.pipeline.parts import WHOLE, stored_table
from mlbuild.pipeline.private import private_of
from mlbuild.regular import is_regular
from mlbuild.shown import shown
from mlbuild.spec.language import NAME
from mlbuild.spec.spec import SourceSpec, Spec


def run_infer(args: argparse.Namespace) -> int:
    file = Path(args.first)
    if args.name is not None and not re.search(NAME, args.name):
        message = f"'{shown(args.name)}' cannot be the name of a contract"
        raise UsageError(message, "use letters, digits, _ and -")
    if is_regular(file):
        name, columns, refused = _of_file(args, file)
    else:
        spec = load_spec(args, warned=False)
        if args.first not in spec.sources:
            raise unknown("source or file", args.first, spec.sources, "sources")
        name, columns, refused = _of_source(args, spec, spec.sources[args.first])
    name = args.name or name
    lines = [*block(contract_section(name, columns, refused))]
    if args.json:
        told = {
            "name": name,
            "columns": [*columns],
            "left_out": dict(refused),
            "yaml": "\n".join(lines) + "\n",
        }
        show_document(document(args.command, OK, told))
    else:
        show_document("\n".join(lines))
    return OK


def _of_file(args: argparse.Namespace, file: Path) -> tuple[str, Mapping[str, Column], Mapping[str, str]]:
    readable(file)
    try:
        found = infer(file)
    except Failed as failed:
        message = f"{file}: {failed.failure.message}"
        raise Stopped(message, code=DATA, lines=failure_lines(failed.failure)) from None
    except OSError as error:
        raise UsageError(f"cannot read '{file}': {(error.strerror or str(error)).casefold()}") from None
    if (options := options_text(found.format)) and not (args.quiet or args.json):
        say([f"reading '{file}' with {options}"])
    return name_of(file.stem, "data"), found.columns, found.refused


def _of_source(
    args: argparse.Namespace, spec: Spec, source: SourceSpec
) -> tuple[str, Mapping[str, Column], Mapping[str, str]]:
    """Infer the rules of the columns of a source, which is read first if it is out of date. Its values must parse."""
    action = built(args, spec, f"source:{source.name}", f"'{source.name}' cannot be read")
    columns = source.contract.columns
    rows = stored_table(open_store(spec.root).contents, action, WHOLE, columns)
    if rows is None:
        raise Stopped(
            f"the rows of '{source.name}' were removed from the store", "run the command again", STALE
        )
    private = private_of(source)
    plain = {name: replace(_plain(column), private=name in private) for name, column in columns.items()}
    return source.contract_name, {name: promised(column, rows[name]) for name, column in plain.items()}, {}


def _plain(column: Column) -> Column:
    """Return a column without its rules, which are inferred again."""
    told = {
        name: vars(column)[name]
        for name in ("dtype", "empty_is_null", "null_token", "serving", "description")
    }
    return type(column)(**told).ruled(Nullable(nullable=True))
