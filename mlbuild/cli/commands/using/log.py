"""`mlbuild log compact PATH -o FILE`: write a log as one Parquet file."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlbuild.cli.exits import DATA, OK, Stopped, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import counted, say, show, show_document
from mlbuild.cli.reading.logs import log_files, readable_log
from mlbuild.monitoring.compact import compact
from mlbuild.monitoring.compacted import COMPACT
from mlbuild.monitoring.log import SUFFIX
from mlbuild.regular import writing_regular
from mlbuild.shown import shown

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "'log compact PATH -o FILE' writes the rows of a log into one Parquet file, which is smaller and which every tool for tables reads. "
        "'mlbuild monitor' reads it like the log. The files of the log stay."
    )
    parser.add_argument("action", choices=["compact"], metavar="compact", help="what to do")
    parser.add_argument("log", metavar="PATH", help=f"the log: a folder with *{SUFFIX} files, or one file")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help=f"*{COMPACT} file to write")


def run(args: argparse.Namespace) -> int:
    target = Path(args.output)
    if target.suffix != COMPACT:
        raise UsageError(f"'{shown(args.output)}' does not end with {COMPACT}")
    with readable_log(args.log):
        files = [file for file in log_files(Path(args.log), (SUFFIX,)) if file.suffix == SUFFIX]
        found = compact(files, lambda: writing_regular(target))
    lost = [f"{counted(found.broken, 'line')} could not be read"] if found.broken else []
    if not found.rows:
        raise Stopped(f"there are no rows in '{shown(args.log)}'", code=DATA, lines=lost)
    if args.json:
        content = {
            "file": args.output,
            "files": found.files,
            "rows": found.rows,
            "broken_lines": found.broken,
        }
        show_document(document(args.command, OK, content))
        return OK
    say(lost)
    show([f"{args.output}: {counted(found.rows, 'row')} of {counted(found.files, 'file')}"])
    return OK
