"""`mlbuild store verify`: read the whole store, and report what is damaged."""

from __future__ import annotations

import argparse

from mlbuild import api
from mlbuild.allowance import size_text
from mlbuild.cli.exits import OK, TASK
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import counted, say, show, show_document, shown_path
from mlbuild.cli.output.reasons import waiting_text
from mlbuild.cli.project import find_file

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Read every file of the store, and compare it with the digest that it was kept under. Exit with 1 where one is "
        "damaged; builds do not need this, as they compare what they read."
    )
    parser.add_argument("action", choices=["verify"], metavar="verify", help="the only thing to do with it")
    parser.add_argument(
        "--repair", action="store_true", help="remove what is damaged: what is needed of it is made again"
    )


def run(args: argparse.Namespace) -> int:
    found = api.verify(
        find_file(args.file).parent, repair=args.repair, waits=lambda holder: say([waiting_text(holder)])
    )
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
    show([f"{', '.join(read)} of {size_text(found.size)}: {_verdict(len(damaged), found.incomplete)}"])
    if code and not args.quiet:
        say(["  help: --repair removes it; the next build makes again what it needs"])
    return code


def _verdict(damaged: int, incomplete: int) -> str:
    one = "lacks contents, and is made again when needed"
    several = "lack contents, and are made again when needed"
    lacking = f"; {counted(incomplete, 'result')} {one if incomplete == 1 else several}" if incomplete else ""
    return (f"{damaged:,} damaged" if damaged else "all sound") + lacking
