"""`mlbuild check`: find every mistake of the spec, without reading data."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from mlbuild.cli.exits import OK, USAGE, UsageError
from mlbuild.cli.output.printing import counted, show, show_document, shown_path
from mlbuild.cli.project import DEFAULT, check_document, check_file, find_file, tell
from mlbuild.regular import walk
from mlbuild.spec.sections import SECTIONS
from mlbuild.spec.spec import Spec

#: Folders with third-party files.
_FOREIGN = ("node_modules",)

FORMATS = ("text", "json", "github", "sarif")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="*",
        metavar="SPEC",
        help="spec files or folders, searched recursively (default: the spec in the current folder)",
    )


def run(args: argparse.Namespace) -> int:
    if args.files and args.file:
        raise UsageError(
            "specs are given both with -f and as arguments", help="pass all of them as arguments"
        )
    files = [file for named in args.files for file in _files(named)] or [find_file(args.file)]
    checked = [(file, *check_file(args, file)) for file in files]
    code = OK if all(spec is not None for _, spec, _ in checked) else USAGE
    told = [one for _, spec, found in checked if spec is None or not args.quiet for one in found]
    if args.json:
        show_document(check_document(args, told, code))
        return code
    tell(args, told, code)
    if args.format == "text":
        show(
            f"{shown_path(str(file))}: ok ({contents(spec)})" for file, spec, _ in checked if spec is not None
        )
    return code


def _files(named: str) -> list[Path]:
    """Return the named spec, or all specs in a named folder, except those in hidden and third-party folders.

    Raises:
        UsageError: There is none.
    """
    if not os.path.isdir(named):  # noqa: PTH112  # the name can be any text
        return [find_file(named)]
    found: list[Path] = []
    for folder, below, names in walk(named):
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in _FOREIGN)
        found += (Path(folder, name) for name in sorted(names) if f".{name}".endswith(f".{DEFAULT}"))
    if not found:
        raise UsageError(f"there is no spec in '{named}' or its subfolders")
    return found


def contents(spec: Spec) -> str:
    """Count the definitions of each section. The trials of a model lead to one definition."""
    defined = {section: {one.at for one in spec.of(section.key).values()} for section in SECTIONS}
    counts = [(len(places), section) for section, places in defined.items() if section.counted]
    return ", ".join(counted(count, section.one) for count, section in counts if count or not section.rare)
