"""`mlbuild rows TABLE`: print or write the rows of a source or dataset, as models get them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.cli.built import built
from mlbuild.cli.exits import OK, STALE, Stopped, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import say, show_document
from mlbuild.cli.project import load_spec
from mlbuild.cli.reading.names import unknown
from mlbuild.cli.reading.row_files import WRITTEN, print_rows, writable, write_rows
from mlbuild.cli.reading.unparsed import notes, unparsed
from mlbuild.data.faults import Fault
from mlbuild.engine.store.store import open_store
from mlbuild.hints import listed
from mlbuild.pipeline.parts import SPLITS, WHOLE, stored_table
from mlbuild.shown import shown
from mlbuild.spec.spec import Spec

if TYPE_CHECKING:
    import polars as pl

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print the rows of a source or dataset as CSV, or write them to a file. For a dataset, these are the rows and columns after its last step. "
        "NAME:PART is one part of its split; without a part, all parts are printed one after another. The table is built first if it is out of date. "
        "The rows of a source are those before its contract is checked: values that do not parse are missing, and notes on standard error count them."
    )
    parser.add_argument("table", metavar="TABLE", help="source, dataset, or NAME:PART, such as birds:test")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help=f"write to a {WRITTEN} file instead of printing CSV"
    )


def run(args: argparse.Namespace) -> int:
    target = Path(args.output) if args.output else None
    form = writable(target)().for_file(target.name) if target else None
    spec = load_spec(args, warned=False)
    name, _, part = args.table.partition(":")
    if name not in spec.sources and name not in spec.datasets:
        raise unknown("source or dataset", name, [*spec.sources, *spec.datasets], "sources and datasets")
    rows, faults = _rows(args, spec, name, part)
    if target and form:
        write_rows(rows, form, target)
    if args.json:
        told = {
            "rows": rows.height,
            "columns": rows.columns,
            "violations": [fault.to_json() for fault in faults],
        } | ({"file": args.output} if target else {})
        show_document(document(args.command, OK, told))
    else:
        say(notes(name, faults))
        if not target:
            print_rows(rows)
    return OK


def _rows(args: argparse.Namespace, spec: Spec, name: str, part: str) -> tuple[pl.DataFrame, list[Fault]]:
    """Return the rows of a table, which is built first, and the values of a source that could not be read.

    Raises:
        Stopped: It cannot be built.
        UsageError: It does not have this part.
    """
    import polars as pl

    task = f"{'source' if name in spec.sources else 'dataset'}:{name}"
    table = spec.sources[name].table if name in spec.sources else spec.datasets[name].table
    action = built(args, spec, task, f"'{name}' cannot be built")
    parts = [one for one in (*SPLITS, WHOLE) if any(known.startswith(f"{one}/") for known in action.digests)]
    if part and part not in parts:
        help_ = f"its parts: {listed(parts)}" if parts != [WHOLE] else "it is not split"
        raise UsageError(f"'{name}' has no part '{shown(part)}'", help_)
    contents = open_store(spec.root).contents
    found = [stored_table(contents, action, one, table.columns) for one in ([part] if part else parts)]
    frames = [frame for frame in found if frame is not None]
    source = spec.sources.get(name)  # the tasks of a dataset run only if the contracts hold
    faults = unparsed(args, source, action, contents) if source else []
    if len(frames) < len(found) or faults is None:
        raise Stopped(f"the rows of '{name}' were removed from the store", "run the command again", STALE)
    return pl.concat(frames), faults
