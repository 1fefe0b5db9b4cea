"""`mlbuild package`: write a built model as what other programs run."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlbuild.cli.exits import DATA, OK, Stopped, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import show, show_document
from mlbuild.cli.reading.folders import Folders
from mlbuild.hints import did_you_mean, listed
from mlbuild.packages import PACKAGES
from mlbuild.packages.package import Unpackable
from mlbuild.packages.shipped import Shipped
from mlbuild.regular import writing_regular
from mlbuild.serving.model import Unservable
from mlbuild.shown import shown

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = "; ".join(f"{name}: {kind.doc}" for name, kind in PACKAGES.items())
    parser.add_argument("model", metavar="MODEL", help="an output, a folder of a built model, or a channel")
    parser.add_argument("--as", dest="kind", metavar="KIND", required=True, help=kinds)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        help="new or empty folder to write to (default: packages/KIND/OUTPUT)",
    )
    parser.add_argument("--uri", help="kserve: the place to which you copy the model repository")


def run(args: argparse.Namespace) -> int:
    if args.kind not in PACKAGES.names:
        near = did_you_mean(args.kind, PACKAGES.names) or f"kinds: {listed(PACKAGES.names)}"
        raise UsageError(f"there is no package '{shown(args.kind)}'", near)
    found = Folders(args).find(args.model)
    target = Path(args.output) if args.output else Path("packages", args.kind, found.name)
    _check_empty(target)
    try:
        shipped = Shipped.of(found.name, found.folder)
        files = dict(PACKAGES.named(args.kind).files(shipped, args.uri))
    except Unservable as error:
        raise Stopped(str(error), "build the output again", DATA) from None
    except Unpackable as error:
        raise UsageError(str(error), error.help) from None
    for path, content in files.items():
        _write(target / path, content)
    if args.json:
        told = {"folder": str(target), "files": [*files], "model": f"sha256:{shipped.model.digest}"}
        show_document(document(args.command, OK, told))
    else:
        show([f"{target}: {len(files)} files, model {shipped.model.version}"])
    return OK


def _check_empty(folder: Path) -> None:
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(
                f"'{shown(str(folder))}' is not empty", "remove it, or choose another folder with -o"
            )
    except OSError as error:
        raise _unwritable(folder, error) from None


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with writing_regular(file) as stream:
            stream.write(content)
    except OSError as error:
        raise _unwritable(file, error) from None


def _unwritable(file: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot write '{shown(str(file))}': {(error.strerror or str(error)).casefold()}")
