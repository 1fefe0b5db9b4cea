"""`mlbuild store verify`: read the whole store, and report what is damaged."""

from __future__ import annotations

import argparse
import sys

from mlbuild import api
from mlbuild.cli.exits import OK, TASK
from mlbuild.cli.output.building.progress import LastLine, progress_text
from mlbuild.cli.output.building.reasons import waiting_text
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import counted, say, show, show_document, shown_path
from mlbuild.cli.project import find_file
from mlbuild.engine.paced import Paced
from mlbuild.process.allowance import size_text

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compare every stored file with its digest. Exits with code 1 if a file is "
        "damaged. Builds do not need this command: they check the files that they read."
    )
    parser.add_argument(
        "action", choices=["verify"], metavar="verify", help="compare every stored file with its digest"
    )
    parser.add_argument(
        "--repair",
        action="store_true",
        help="remove damaged files; the next build recreates the ones that it needs",
    )


def run(args: argparse.Namespace) -> int:
    last = LastLine(None if args.quiet or args.json else sys.stderr)
    try:
        found = api.verify(
            find_file(args.file).parent,
            repair=args.repair,
            waits=lambda holder: say([waiting_text(holder)]),
            progress=Paced(lambda progress: last.show(f"reading {progress_text(progress)}")),
        )
    finally:
        last.clear()
    code = TASK if found.damaged and not args.repair else OK
    damaged = [shown_path(str(path)) for path in found.damaged]
    if args.json:
        content = {
            "contents": found.contents,
            "results": found.actions,
            "notes": found.notes,
            "bytes": found.size,
            "incomplete": found.incomplete,
            "damaged": damaged,
            "repaired": args.repair,
        }
        show_document(document("store", code, content))
        return code
    done = "removed" if args.repair else "damaged"
    show(f"{done}: {path}" for path in damaged)
    read = [
        counted(found.contents, "content"),
        counted(found.actions, "result"),
        counted(found.notes, "note"),
    ]
    show([f"{', '.join(read)} ({size_text(found.size)}): {_verdict(len(damaged), found.incomplete)}"])
    if code and not args.quiet:
        say(["  help: use --repair to remove them; the next build recreates the ones that it needs"])
    return code


def _verdict(damaged: int, incomplete: int) -> str:
    one = "is incomplete and will be recreated when needed"
    several = "are incomplete and will be recreated when needed"
    lacking = f"; {counted(incomplete, 'result')} {one if incomplete == 1 else several}" if incomplete else ""
    return (f"{damaged:,} damaged" if damaged else "no damage found") + lacking
