"""`mlbuild gc`: show or remove what the store does not need."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from mlbuild import api
from mlbuild.cli.amounts import number, size
from mlbuild.cli.exits import OK
from mlbuild.cli.output.building.reasons import waiting_text
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import counted, say, show, show_document
from mlbuild.cli.project import load_spec
from mlbuild.engine.store.garbage import Garbage
from mlbuild.pipeline.builds.published import Published
from mlbuild.process.allowance import size_text

FORMATS = ("text", "json")

#: The maximum number of builds that are named.
_TOLD = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "List the stored results that are no longer needed, with their size. Nothing is removed without --delete. The results "
        "that the current spec needs are kept, and so are those of the last builds."
    )
    parser.add_argument(
        "--delete", action="store_true", help="delete the listed results, after waiting for running builds"
    )
    parser.add_argument(
        "--keep-builds",
        type=number,
        metavar="N",
        default=3,
        help="keep the results of the last N successful builds (default: 3)",
    )
    parser.add_argument(
        "--max-size",
        type=size,
        metavar="SIZE",
        help="remove the oldest results only until the store is at most this large, such as 500M or 2G (default: remove all)",
    )


def run(args: argparse.Namespace) -> int:
    spec = load_spec(args)
    garbage, orphans = api.clean(
        spec,
        builds=args.keep_builds,
        budget=args.max_size,
        delete=args.delete,
        waits=lambda holder: say([waiting_text(holder)]),
    )
    if args.json:
        show_document(document("gc", OK, _content(garbage, orphans, args)))
        return OK
    show([*_lines(garbage, args.delete), *_folders(orphans, args.delete)])
    if args.max_size is not None and garbage.staying > args.max_size:
        say(
            [
                f"mlbuild: the store cannot be reduced to {size_text(args.max_size)}: everything that is left is needed"
            ]
        )
    elif (garbage.files or orphans) and not args.delete and not args.quiet:
        say(["  help: use --delete to remove them"])
    return OK


def _lines(garbage: Garbage, deleted: bool) -> Iterator[str]:
    if not garbage.files:
        yield f"nothing to remove: the store has {size_text(garbage.staying)}"
        return
    what = [
        counted(len(garbage.actions), "result"),
        counted(len(garbage.contents), "content"),
        counted(len(garbage.others), "leftover"),
    ]
    done = "removed" if deleted else "removable"
    yield f"{done}: {', '.join(what)} ({size_text(garbage.size)}); {size_text(garbage.staying)} is kept"
    newest = sorted(garbage.builds, reverse=True)
    for build in newest[:_TOLD]:
        yield f"  {counted(garbage.builds[build], 'result')} of build {build}"
    if newest[_TOLD:]:
        yield f"  and results of {counted(len(newest) - _TOLD, 'older build')}"


def _folders(orphans: Iterable[Published], deleted: bool) -> Iterator[str]:
    """Yield lines about the published folders that no output produces any more."""
    for one in orphans:
        done = ("removed" if deleted else "removable") if one.untouched else "kept"
        why = "" if one.untouched else ", but contains files that no build wrote"
        yield f"{done}: {one.folder}, which no longer belongs to an output{why}"


def _content(garbage: Garbage, orphans: Iterable[Published], args: argparse.Namespace) -> dict[str, object]:
    return {
        "deleted": args.delete,
        "results": len(garbage.actions),
        "contents": len(garbage.contents),
        "leftovers": len(garbage.others),
        "orphans": [{"folder": one.folder, "removable": one.untouched} for one in orphans],
        "bytes": garbage.size,
        "builds": dict(garbage.builds),
        "staying_bytes": garbage.staying,
        "needed_bytes": garbage.needed,
        "max_bytes": args.max_size,
    }
